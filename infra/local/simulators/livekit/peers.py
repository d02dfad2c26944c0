"""The WebRTC connections of one client of a room."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import aioice.ice
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.rtcrtptransceiver import RTCRtpTransceiver
from aiortc.sdp import SessionDescription as ParsedDescription
from aiortc.sdp import candidate_from_sdp
from livekit.protocol import models, rtc

from infra.local.simulators.livekit.hosted import HostedTrack, PausableTrack

RELIABLE, LOSSY = "_reliable", "_lossy"
MOST_WAITING = 100
"""Data packets that wait for a channel to open. Later ones replace the first."""
UNSTABLE = ("failed", "closed")

Channel = Literal["_reliable", "_lossy"]
Offered = Sequence[tuple[str, HostedTrack]]
"""Tracks for a client, each with the sid of its participant."""

_network_addresses = aioice.ice.get_host_addresses


def _addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    """Return the addresses to listen at: those of the network, and the loopback.

    aioice leaves the loopback out. A machine without a network has no other address.
    """
    return [*_network_addresses(use_ipv4, use_ipv6), *(["127.0.0.1"] if use_ipv4 else [])]


aioice.ice.get_host_addresses = _addresses


@dataclass
class PeerEvents:
    """Receives what a client sends over its connections, and their end."""

    on_packet: Callable[[models.DataPacket], None]
    on_track: Callable[[MediaStreamTrack], None]
    on_lost: Callable[[], None]


@dataclass
class PeerConnections:
    """One connection for both directions (`single`), or one for each.

    With two connections the server offers the one that carries its tracks and its data (`receiving`,
    as the client receives them), and the client the other one (`sending`).
    """

    events: PeerEvents
    single: bool
    sending: RTCPeerConnection | None = None
    receiving: RTCPeerConnection | None = None
    tracks: dict[str, PausableTrack] = field(default_factory=dict)
    """The tracks that are sent, by sid."""
    _channels: dict[str, RTCDataChannel] = field(default_factory=dict)
    _waiting: dict[str, deque[bytes]] = field(default_factory=dict)
    _transceivers: dict[str, RTCRtpTransceiver] = field(default_factory=dict)
    _negotiating: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def answer(self, offer: rtc.SessionDescription, offered: Offered) -> rtc.SignalResponse:
        """Return the answer to a client's offer. With one connection it carries the tracks."""
        async with self._negotiating:
            if self.sending is None:
                self.sending = self._new()
            if self.single:
                self._attach_to_offer(self.sending, offer.sdp, offered)
            await self.sending.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
            await self.sending.setLocalDescription(await self.sending.createAnswer())
            answer = rtc.SessionDescription(
                type="answer",
                sdp=self.sending.localDescription.sdp,
                id=offer.id,
                mid_to_track_id=self._track_ids(self.sending),
            )
        return rtc.SignalResponse(answer=answer)

    async def offer(self, offered: Offered) -> rtc.SignalResponse | None:
        """Return an offer of the tracks. None if the last one waits for its answer."""
        async with self._negotiating:
            if self.receiving is None:
                self.receiving = self._new()
                self._keep(self.receiving.createDataChannel(RELIABLE))
                lossy = self.receiving.createDataChannel(LOSSY, ordered=False, maxRetransmits=0)
                self._keep(lossy)
            if self.receiving.signalingState != "stable":
                return None
            for participant, track in offered:
                if track.sid not in self.tracks:
                    self._attach(self.receiving, participant, track)
            await self.receiving.setLocalDescription(await self.receiving.createOffer())
            offer = rtc.SessionDescription(
                type="offer",
                sdp=self.receiving.localDescription.sdp,
                id=1,
                mid_to_track_id=self._track_ids(self.receiving),
            )
        return rtc.SignalResponse(offer=offer)

    async def accept(self, answer: rtc.SessionDescription) -> None:
        """Take the client's answer to the last offer."""
        async with self._negotiating:
            if self.receiving is not None and self.receiving.signalingState == "have-local-offer":
                await self.receiving.setRemoteDescription(
                    RTCSessionDescription(answer.sdp, "answer")
                )

    async def add_candidate(self, trickle: rtc.TrickleRequest) -> None:
        """Take an address of the client.

        Names of multicast DNS, behind which browsers hide their addresses, are left out: the
        browser's own checks tell where it is.
        """
        init = json.loads(trickle.candidateInit)
        text = init.get("candidate", "")
        peer = self.receiving if trickle.target == rtc.SUBSCRIBER else self.sending
        if peer is None or not text or ".local " in text:
            return
        candidate = candidate_from_sdp(text.removeprefix("candidate:"))
        candidate.sdpMid, candidate.sdpMLineIndex = init.get("sdpMid"), init.get("sdpMLineIndex")
        await peer.addIceCandidate(candidate)

    def send(self, packet: models.DataPacket) -> None:
        """Send a data packet. It waits if the channel is not open yet."""
        label = RELIABLE if packet.kind == models.DataPacket.RELIABLE else LOSSY
        channel = self._channels.get(label)
        raw = packet.SerializeToString()
        if channel is not None and channel.readyState == "open":
            channel.send(raw)
        elif label == RELIABLE:
            self._waiting.setdefault(label, deque(maxlen=MOST_WAITING)).append(raw)

    async def close(self) -> None:
        """End the connections and their tracks."""
        for peer in (self.sending, self.receiving):
            if peer is not None:
                await peer.close()
        for track in self.tracks.values():
            track.stop()

    def _new(self) -> RTCPeerConnection:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))  # the default is a public server

        def on_state() -> None:
            if peer.connectionState in UNSTABLE:
                self.events.on_lost()

        peer.on("track", self.events.on_track)
        peer.on("connectionstatechange", on_state)
        peer.on("datachannel", self._receive_channel)
        return peer

    def _receive_channel(self, channel: RTCDataChannel) -> None:
        if self.single:
            self._keep(channel)
        else:
            self._listen(channel)

    def _keep(self, channel: RTCDataChannel) -> None:
        """Send over this channel from now on."""
        self._channels[channel.label] = channel
        self._listen(channel)

        def flush() -> None:
            waiting = self._waiting.pop(channel.label, deque())
            for raw in waiting:
                channel.send(raw)

        if channel.readyState == "open":
            flush()
        else:
            channel.on("open", flush)

    def _listen(self, channel: RTCDataChannel) -> None:
        def on_message(message: str | bytes) -> None:
            if isinstance(message, bytes):
                self.events.on_packet(models.DataPacket.FromString(message))

        channel.on("message", on_message)

    def _attach_to_offer(self, peer: RTCPeerConnection, sdp: str, offered: Offered) -> None:
        """Give each new track a section of the offer in which the client wants to receive."""
        free = [
            (index, media)
            for index, media in enumerate(ParsedDescription.parse(sdp).media)
            if media.direction in {"recvonly", "sendrecv"}
            and media.rtp.muxId not in self._track_ids(peer)
        ]
        for participant, track in offered:
            fit = next((each for each in free if each[1].kind == track.kind), None)
            if track.sid in self.tracks or fit is None:
                continue
            free.remove(fit)
            mid = fit[1].rtp.muxId
            inactive = next((each for each in peer.getTransceivers() if each.mid == mid), None)
            transceiver = self._attach(peer, participant, track, inactive)
            if (
                inactive is None
            ):  # aiortc takes the first section, also one in which nothing is sent
                transceiver._set_mid(mid)  # noqa: SLF001 - no public way
                transceiver._set_mline_index(fit[0])  # noqa: SLF001 - no public way

    def _attach(
        self,
        peer: RTCPeerConnection,
        participant: str,
        track: HostedTrack,
        transceiver: RTCRtpTransceiver | None = None,
    ) -> RTCRtpTransceiver:
        """Send a track, over a transceiver that sends nothing yet, or over a new one."""
        opened = track.open()
        direction = "sendrecv" if self.single else "sendonly"  # the client may send there as well
        if transceiver is None:
            transceiver = peer.addTransceiver(opened, direction=direction)
        else:
            transceiver.sender.replaceTrack(opened)
            transceiver.direction = direction
        if track.kind == "video":
            codecs = RTCRtpSender.getCapabilities("video").codecs
            wanted = f"video/{track.codec}".lower()
            codecs.sort(key=lambda codec: codec.mimeType.lower() != wanted)
            transceiver.setCodecPreferences(codecs)
        # Clients read "participant|stream" here. One stream for both tracks keeps lips in time.
        transceiver.sender._stream_id = f"{participant}|avatar"  # noqa: SLF001 - no public way
        transceiver.sender._track_id = track.sid  # noqa: SLF001 - no public way
        self.tracks[track.sid] = opened
        self._transceivers[track.sid] = transceiver
        return transceiver

    def _track_ids(self, peer: RTCPeerConnection) -> dict[str, str]:
        """Return the sids of the sent tracks by the ids of their sections."""
        mine = peer.getTransceivers()
        return {
            each.mid: sid
            for sid, each in self._transceivers.items()
            if each in mine and each.mid is not None
        }
