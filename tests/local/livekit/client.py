"""A client of LiveKit rooms that knows only its protocol: protobuf by websocket, media by aiortc."""

import asyncio
import base64
import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import av
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from livekit.protocol import models, rtc
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

SECONDS = 60


def join_request(**fields: Any) -> str:
    """Return the query value of a join request, packed as livekit-client does."""
    raw = gzip.compress(rtc.JoinRequest(**fields).SerializeToString())
    wrapped = rtc.WrappedJoinRequest(
        compression=rtc.WrappedJoinRequest.GZIP, join_request=raw
    ).SerializeToString()
    return base64.urlsafe_b64encode(wrapped).decode()


@dataclass
class Viewer:
    """A participant. `single`: one connection (`/rtc/v1`), else two (`/rtc`)."""

    socket: ClientConnection
    single: bool
    peer: RTCPeerConnection
    sending: RTCPeerConnection | None = None
    messages: list[rtc.SignalResponse] = field(default_factory=list)
    data: list[tuple[str, str, Any]] = field(default_factory=list)
    tracks: dict[str, MediaStreamTrack] = field(default_factory=dict)
    closed: bool = False
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _channels: dict[str, RTCDataChannel] = field(default_factory=dict)

    @property
    def join(self) -> rtc.JoinResponse:
        return next(each.join for each in self.messages if each.HasField("join"))

    def kinds(self) -> list[str | None]:
        return [each.WhichOneof("message") for each in self.messages]

    async def until(self, holds: Any, what: str = "") -> None:
        """Wait until a condition holds."""
        async with asyncio.timeout(SECONDS), self._changed:
            await self._changed.wait_for(lambda: self.closed or holds())
        assert holds(), (what, self.kinds(), self.data)

    async def message(self, kind: str) -> Any:
        """Wait for the first message of a kind."""
        await self.until(lambda: kind in self.kinds(), kind)
        found = next(each for each in self.messages if each.WhichOneof("message") == kind)
        return getattr(found, kind)

    async def send(self, **fields: Any) -> None:
        await self.socket.send(rtc.SignalRequest(**fields).SerializeToString())

    async def say(self, value: Any, topic: str = "agent-control", **more: Any) -> None:
        """Send JSON to the room, reliably."""
        await self.until(lambda: self._channels["_reliable"].readyState == "open", "channel")
        user = models.UserPacket(payload=json.dumps(value).encode(), topic=topic)
        packet = models.DataPacket(kind=models.DataPacket.RELIABLE, user=user, **more)
        self._channels["_reliable"].send(packet.SerializeToString())

    async def frames(self, kind: str, count: int) -> list[Any]:
        """Return the next decoded frames of a track."""
        await self.until(lambda: kind in self.tracks, kind)
        async with asyncio.timeout(SECONDS):
            return [await self.tracks[kind].recv() for _ in range(count)]

    async def until_frame(self, kind: str, holds: Callable[[Any], bool]) -> None:
        """Read frames until a condition holds for one. Frames that were not read yet come first."""
        async with asyncio.timeout(SECONDS):
            while not holds((await self.frames(kind, 1))[0]):
                pass

    async def read(self) -> None:
        with suppress(ConnectionClosed):
            async for raw in self.socket:
                assert isinstance(raw, bytes)
                await self._take(rtc.SignalResponse.FromString(raw))
        self.closed = True
        await self.notify()

    async def _take(self, message: rtc.SignalResponse) -> None:
        self.messages.append(message)
        match message.WhichOneof("message"):
            case "offer":
                await self.peer.setRemoteDescription(
                    RTCSessionDescription(message.offer.sdp, "offer")
                )
                await self.peer.setLocalDescription(await self.peer.createAnswer())
                sdp = self.peer.localDescription.sdp
                await self.send(answer=rtc.SessionDescription(type="answer", sdp=sdp, id=1))
            case "answer":
                peer = self.peer if self.single else self.sending
                assert peer is not None
                await peer.setRemoteDescription(RTCSessionDescription(message.answer.sdp, "answer"))
        await self.notify()

    async def notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def watch(self, peer: RTCPeerConnection) -> None:
        """Note the tracks and the data of a connection."""

        async def on_track(track: MediaStreamTrack) -> None:
            self.tracks[track.kind] = track
            await self.notify()

        peer.on("track", on_track)
        peer.on("datachannel", self.use)

    def use(self, channel: RTCDataChannel, *, sends: bool = False) -> None:
        async def on_message(raw: bytes) -> None:
            packet = models.DataPacket.FromString(raw)
            value = json.loads(packet.user.payload)
            self.data.append((packet.participant_identity, packet.user.topic, value))
            await self.notify()

        channel.on("message", on_message)
        if sends:
            channel.on("open", self.notify)
            self._channels[channel.label] = channel

    async def publish(self, track: MediaStreamTrack) -> None:
        """Publish a microphone."""
        peer = self.peer if self.single else self.sending
        assert peer is not None
        await self.send(add_track=rtc.AddTrackRequest(cid="mic", type=models.AUDIO))
        peer.addTrack(track)
        await self.negotiate(peer)

    async def negotiate(self, peer: RTCPeerConnection) -> None:
        await peer.setLocalDescription(await peer.createOffer())
        sdp = peer.localDescription.sdp
        await self.send(offer=rtc.SessionDescription(type="offer", sdp=sdp, id=2))

    async def leave(self) -> None:
        await self.send(leave=rtc.LeaveRequest(reason=models.CLIENT_INITIATED))
        await self.until(lambda: self.closed, "closed")


@asynccontextmanager
async def viewing(
    url: str, token: str, *, single: bool, audios: int = 1, videos: int = 1
) -> AsyncIterator[Viewer]:
    """Join a room while the block runs. At its end the client just goes away."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    query, sending = f"access_token={token}", None
    channels: list[RTCDataChannel] = []
    if single:
        for kind, count in (("audio", audios), ("video", videos)):
            for _ in range(count):
                peer.addTransceiver(kind, direction="recvonly")
        channels = [peer.createDataChannel("_reliable")]
        await peer.setLocalDescription(await peer.createOffer())
        sdp = peer.localDescription.sdp
        offer = rtc.SessionDescription(type="offer", sdp=sdp, id=1)
        query += f"&join_request={join_request(publisher_offer=offer)}"
    path = "/rtc/v1" if single else "/rtc"
    async with connect(f"{url}{path}?{query}", proxy=None, max_size=None) as socket:
        viewer = Viewer(socket, single, peer)
        viewer.watch(peer)
        if not single:
            viewer.sending = sending = RTCPeerConnection(RTCConfiguration(iceServers=[]))
            channels = [sending.createDataChannel("_reliable")]
        for channel in channels:
            viewer.use(channel, sends=True)
        reading = asyncio.create_task(viewer.read())
        try:
            await viewer.message("join")
            if sending is not None:
                await viewer.negotiate(sending)
            yield viewer
        finally:
            reading.cancel()
            await asyncio.wait({reading})
            for each in (peer, sending):
                if each is not None:
                    await each.close()


async def until_ended(track: MediaStreamTrack) -> None:
    """Read a track until its sender ends it."""
    with suppress(MediaStreamError):
        while True:
            await track.recv()


def loudness(frames: list[av.AudioFrame]) -> float:
    """Return the root mean square of some audio, 0 to 1."""
    total = sum(float((each.to_ndarray().astype("f8") ** 2).mean()) for each in frames)
    return float((total / len(frames)) ** 0.5 / 32768)
