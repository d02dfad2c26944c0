"""One client of a room: what it sends by signalling, and what it is told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from aiortc import MediaStreamTrack
from livekit.protocol import models, rtc

from infra.local.simulators.livekit.access import RoomGrant
from infra.local.simulators.livekit.hosted import new_sid
from infra.local.simulators.livekit.peers import Offered, PeerConnections, PeerEvents

Outbox = asyncio.Queue[rtc.SignalResponse | None]
"""Messages for a client's websocket. None closes it."""
LEAVE = rtc.LeaveRequest


class ClientRoom(Protocol):
    """The room, as its clients need it."""

    def tracks_for(self, client: "RoomClient") -> Offered:
        """Return the tracks that the client may receive."""

    def publish(self, client: "RoomClient") -> None:
        """Tell the other clients that this one has changed."""

    def forward(self, client: "RoomClient", packet: models.DataPacket) -> None:
        """Pass a client's data on."""

    def receive_track(self, client: "RoomClient", track: MediaStreamTrack) -> None:
        """Take a track that a client publishes."""

    def leave(self, client: "RoomClient", reason: models.DisconnectReason) -> None:
        """Take a client out of the room."""


@dataclass
class RoomClient:
    """A client in a room, from its join to its end. It survives the loss of its websocket.

    `single`: it uses one WebRTC connection (`/rtc/v1`). `now` returns seconds since 1970.
    """

    grant: RoomGrant
    room: ClientRoom
    single: bool
    now: Callable[[], float]
    sid: str = field(default_factory=lambda: new_sid("PA"))
    left: bool = False
    outbox: Outbox | None = None
    last_sequence: int = 0
    """Number of the client's last reliable packet that arrived."""
    info: models.ParticipantInfo = field(init=False)
    peers: PeerConnections = field(init=False)

    def __post_init__(self) -> None:
        events = PeerEvents(
            on_packet=self._receive_packet,
            on_track=lambda track: self.room.receive_track(self, track),
            on_lost=self._lose_peer,
        )
        self.peers = PeerConnections(events, self.single)
        grant = self.grant
        self.info = models.ParticipantInfo(
            sid=self.sid,
            identity=grant.identity,
            name=grant.name,
            metadata=grant.metadata,
            state=models.ParticipantInfo.ACTIVE,
            joined_at=int(self.now()),
            version=1,
            permission=models.ParticipantPermission(
                can_subscribe=grant.can_subscribe,
                can_publish=grant.can_publish,
                can_publish_data=grant.can_publish_data,
                can_update_metadata=True,
            ),
        )

    def send(self, message: rtc.SignalResponse) -> None:
        """Queue a message for the websocket. It is lost while there is none."""
        if self.outbox is not None:
            self.outbox.put_nowait(message)

    def dismiss(self, reason: models.DisconnectReason, action: LEAVE.Action) -> None:
        """Tell the client to leave, and close its websocket."""
        self.send(rtc.SignalResponse(leave=LEAVE(reason=reason, action=action)))
        if self.outbox is not None:
            self.outbox.put_nowait(None)

    async def handle(self, request: rtc.SignalRequest) -> None:
        """Obey one message. Messages that need neither an answer nor an act are ignored."""
        match request.WhichOneof("message"):
            case "offer":
                await self.answer(request.offer)
            case "answer":
                await self.peers.accept(request.answer)
            case "trickle":
                await self.peers.add_candidate(request.trickle)
            case "leave":
                self.room.leave(self, models.CLIENT_INITIATED)
            case _:
                self._note(request)

    def _note(self, request: rtc.SignalRequest) -> None:
        """Obey a message that needs no connection."""
        match request.WhichOneof("message"):
            case "ping_req":
                at = int(self.now() * 1000)
                pong = rtc.Pong(last_ping_timestamp=request.ping_req.timestamp, timestamp=at)
                self.send(rtc.SignalResponse(pong_resp=pong))
            case "ping":
                self.send(rtc.SignalResponse(pong=int(self.now() * 1000)))
            case "add_track":
                self._add_track(request.add_track)
            case "mute":
                self._mute(request.mute)
            case "subscription":
                wanted = request.subscription
                self._pause(list(wanted.track_sids), paused=not wanted.subscribe)
            case "track_setting":
                setting = request.track_setting
                self._pause(list(setting.track_sids), paused=setting.disabled)
            case "update_metadata":
                self._update(request.update_metadata)

    async def answer(self, offer: rtc.SessionDescription) -> None:
        """Answer an offer of the client."""
        self.send(await self.peers.answer(offer, self.room.tracks_for(self)))

    async def offer_tracks(self) -> None:
        """Offer the client the tracks that it does not have yet."""
        offered = self.room.tracks_for(self)
        if not self.single:
            message = await self.peers.offer(offered)
            if message is not None:
                self.send(message)
            return
        missing = [track.kind for _, track in offered if track.sid not in self.peers.tracks]
        if missing:  # with one connection only the client offers
            needed = rtc.MediaSectionsRequirement(
                num_audios=missing.count("audio"), num_videos=missing.count("video")
            )
            self.send(rtc.SignalResponse(media_sections_requirement=needed))

    def _lose_peer(self) -> None:
        if self.outbox is None:
            self.room.leave(self, models.CONNECTION_TIMEOUT)

    def _receive_packet(self, packet: models.DataPacket) -> None:
        if packet.sequence and packet.kind == models.DataPacket.RELIABLE:
            if packet.sequence <= self.last_sequence:  # sent again after a return
                return
            self.last_sequence = packet.sequence
        if self.grant.can_publish_data:
            self.room.forward(self, packet)

    def _pause(self, sids: list[str], *, paused: bool) -> None:
        for sid in sids:
            if sid in self.peers.tracks:
                self.peers.tracks[sid].pause(paused=paused)

    def _add_track(self, wanted: rtc.AddTrackRequest) -> None:
        if not self.grant.can_publish:
            refused = rtc.RequestResponse(
                reason=rtc.RequestResponse.NOT_ALLOWED, add_track=wanted, message="not allowed"
            )
            self.send(rtc.SignalResponse(request_response=refused))
            return
        audio = wanted.type == models.AUDIO
        track = models.TrackInfo(
            sid=new_sid("TR"),
            type=wanted.type,
            name=wanted.name,
            muted=wanted.muted,
            source=wanted.source,
            width=wanted.width,
            height=wanted.height,
            stream=wanted.stream,
            mime_type="audio/opus" if audio else "video/VP8",
        )
        published = rtc.TrackPublishedResponse(cid=wanted.cid, track=track)
        self.info.tracks.append(track)
        self.info.is_publisher = True
        self._change()
        self.send(rtc.SignalResponse(track_published=published))

    def _mute(self, wanted: rtc.MuteTrackRequest) -> None:
        for track in self.info.tracks:
            if track.sid == wanted.sid:
                track.muted = wanted.muted
        self._change()

    def _update(self, wanted: rtc.UpdateParticipantMetadata) -> None:
        self.info.name = wanted.name or self.info.name
        self.info.metadata = wanted.metadata or self.info.metadata
        for name, value in wanted.attributes.items():
            self.info.attributes[name] = value
        done = rtc.RequestResponse(
            request_id=wanted.request_id, reason=rtc.RequestResponse.OK, update_metadata=wanted
        )
        self.send(rtc.SignalResponse(request_response=done))
        self._change()
        self.send(rtc.SignalResponse(update=rtc.ParticipantUpdate(participants=[self.info])))

    def _change(self) -> None:
        self.info.version += 1
        self.room.publish(self)
