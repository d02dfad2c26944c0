"""A room: its clients, the participants that this process plays, and the data between them."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from livekit.protocol import models, rtc

from infra.local.simulators.livekit.access import RoomGrant
from infra.local.simulators.livekit.client import LEAVE, RoomClient
from infra.local.simulators.livekit.hosted import HostedParticipant, new_sid
from infra.local.simulators.livekit.peers import Offered

DEPARTURE_SECONDS = 10.0
"""Time in which a client may return whose websocket was lost. Its media go on until then."""
PING_SECONDS, PONG_SECONDS = 5, 15


class LiveKitRoom:
    """One room. Belongs to one event loop.

    `now` returns seconds since 1970. `on_change` is called after a client has joined or left.
    """

    def __init__(
        self,
        name: str,
        *,
        now: Callable[[], float] = time.time,
        departure_seconds: float = DEPARTURE_SECONDS,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.now = now
        self.departure_seconds = departure_seconds
        self.clients: dict[str, RoomClient] = {}
        self._sid = new_sid("RM")
        self._hosted: list[HostedParticipant] = []
        self._opened = int(now())
        self._on_change = on_change
        self._tasks: set[asyncio.Task[None]] = set()
        self._departures: set[asyncio.Task[None]] = set()

    def add(self, participant: HostedParticipant) -> None:
        """Let a participant of this process join."""
        self._hosted.append(participant)
        self._tell(participant.info(int(self.now())))
        for client in self.clients.values():
            self._run(client.offer_tracks())

    def join(self, client: RoomClient) -> None:
        """Let a client join. An older one of the same identity is dropped."""
        older = self.clients.get(client.grant.identity)
        if older is not None:
            older.dismiss(models.DUPLICATE_IDENTITY, LEAVE.DISCONNECT)
            self.leave(older, models.DUPLICATE_IDENTITY)
        self.clients[client.grant.identity] = client
        client.send(rtc.SignalResponse(join=self._welcome(client)))
        self._tell(client.info, but=client)
        self._on_change()

    def find(self, grant: RoomGrant, sid: str) -> RoomClient | None:
        """Return the client that returns. None if it is not in the room any longer."""
        client = self.clients.get(grant.identity)
        return client if client is not None and client.sid == sid else None

    def welcome_back(self, client: RoomClient) -> None:
        """Tell a client that returned how the room is now."""
        back = rtc.ReconnectResponse(server_info=_server(), last_message_seq=client.last_sequence)
        client.send(rtc.SignalResponse(reconnect=back))
        client.send(
            rtc.SignalResponse(update=rtc.ParticipantUpdate(participants=self._others(client)))
        )

    def lose(self, client: RoomClient) -> None:
        """Take a client out whose websocket was lost, unless it returns in time."""
        task = asyncio.create_task(self._depart(client))
        self._departures.add(task)
        task.add_done_callback(self._departures.discard)

    def leave(self, client: RoomClient, reason: models.DisconnectReason) -> None:
        """Take a client out, and end its media. No-op for one that has left."""
        if client.left:
            return
        client.left = True
        if client.outbox is not None:
            client.outbox.put_nowait(None)
        if self.clients.get(client.grant.identity) is client:
            del self.clients[client.grant.identity]
        client.info.state = models.ParticipantInfo.DISCONNECTED
        client.info.disconnect_reason = reason
        self._run(client.peers.close())
        self._tell(client.info)
        self._on_change()

    def close(self, reason: models.DisconnectReason = models.ROOM_DELETED) -> None:
        """Tell all clients to leave, and end their media."""
        for client in list(self.clients.values()):
            client.dismiss(reason, LEAVE.DISCONNECT)
            self.leave(client, reason)
        for departure in self._departures:
            departure.cancel()

    async def wait_closed(self) -> None:
        """Wait until everything that runs for the room has ended."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def send_data(self, sender: HostedParticipant, topic: str, payload: bytes) -> None:
        """Send reliable data of a participant to all clients."""
        user = models.UserPacket(
            participant_identity=sender.identity,
            participant_sid=sender.sid,
            payload=payload,
            topic=topic,
        )
        packet = models.DataPacket(
            kind=models.DataPacket.RELIABLE,
            participant_identity=sender.identity,
            participant_sid=sender.sid,
            user=user,
        )
        for client in self.clients.values():
            client.peers.send(packet)

    # ── for clients ──────────────────────────────────────────────────────────────────────────────

    def tracks_for(self, client: RoomClient) -> Offered:
        """Return the tracks that a client may receive."""
        if not client.grant.can_subscribe:
            return []
        return [(each.sid, track) for each in self._hosted for track in each.tracks]

    def publish(self, client: RoomClient) -> None:
        """Tell the other clients how this one is."""
        self._tell(client.info, but=client)

    def forward(self, client: RoomClient, packet: models.DataPacket) -> None:
        """Pass a client's data to the participants for which they are meant."""
        packet.participant_identity, packet.participant_sid = client.grant.identity, client.sid
        packet.sequence = 0
        wanted = set(packet.destination_identities)
        if packet.WhichOneof("value") == "user":
            wanted |= set(packet.user.destination_identities)
            packet.user.participant_identity = client.grant.identity
            packet.user.participant_sid = client.sid
            for hosted in self._hosted:
                if hosted.audience is not None and (not wanted or hosted.identity in wanted):
                    hosted.audience.receive_data(
                        client.grant.identity, packet.user.topic, packet.user.payload
                    )
        for other in self.clients.values():
            if other is not client and (not wanted or other.grant.identity in wanted):
                other.peers.send(packet)

    def receive_track(self, client: RoomClient, track: MediaStreamTrack) -> None:
        """Give a client's track to the first participant that takes tracks. Else discard it."""
        for hosted in self._hosted:
            if hosted.audience is not None:
                hosted.audience.receive_track(client.grant.identity, track)
                return
        self._run(_discard(track))

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    def _welcome(self, client: RoomClient) -> rtc.JoinResponse:
        server = _server()
        return rtc.JoinResponse(
            room=models.Room(
                sid=self._sid,
                name=self.name,
                creation_time=self._opened,
                num_participants=len(self.clients) + len(self._hosted),
            ),
            participant=client.info,
            other_participants=self._others(client),
            server_version=server.version,
            server_info=server,
            subscriber_primary=not client.single,
            ping_interval=PING_SECONDS,
            ping_timeout=PONG_SECONDS,
            enabled_publish_codecs=[
                models.Codec(mime=mime) for mime in ("audio/opus", "video/VP8", "video/H264")
            ],
        )

    def _others(self, client: RoomClient) -> list[models.ParticipantInfo]:
        hosted = [each.info(self._opened) for each in self._hosted]
        return hosted + [each.info for each in self.clients.values() if each is not client]

    def _tell(self, info: models.ParticipantInfo, but: RoomClient | None = None) -> None:
        update = rtc.ParticipantUpdate(participants=[info])
        for client in self.clients.values():
            if client is not but:
                client.send(rtc.SignalResponse(update=update))

    async def _depart(self, client: RoomClient) -> None:
        await asyncio.sleep(self.departure_seconds)
        if client.outbox is None:
            self.leave(client, models.SIGNAL_CLOSE)

    def _run(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _discard(track: MediaStreamTrack) -> None:
    """Read a track to its end: aiortc keeps what is not read."""
    with suppress(MediaStreamError):
        while True:
            await track.recv()


def _server() -> models.ServerInfo:
    return models.ServerInfo(version="1.9.0", protocol=16, region="local", node_id="local")
