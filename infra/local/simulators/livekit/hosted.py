"""Participants that this process plays, such as an avatar, and their tracks."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from aiortc import MediaStreamTrack
from livekit.protocol import models

Kind = Literal["audio", "video"]
Codec = Literal["VP8", "H264"]


def new_sid(prefix: str) -> str:
    """Return a random id as LiveKit makes them: `PA_` for participants, `TR_` for tracks."""
    return f"{prefix}_{secrets.token_hex(6)}"


class PausableTrack(MediaStreamTrack):
    """A track whose viewer may switch it off: then it makes nothing."""

    def pause(self, *, paused: bool) -> None:
        """Stop making media, or go on."""
        raise NotImplementedError


@dataclass(frozen=True)
class HostedTrack:
    """A track of a hosted participant. `open` returns a new one for one viewer."""

    kind: Kind
    open: Callable[[], PausableTrack]
    codec: Codec = "VP8"
    size: tuple[int, int] = (0, 0)
    sid: str = field(default_factory=lambda: new_sid("TR"))

    def info(self) -> models.TrackInfo:
        """Return the description that clients are sent."""
        video = self.kind == "video"
        return models.TrackInfo(
            sid=self.sid,
            type=models.VIDEO if video else models.AUDIO,
            source=models.CAMERA if video else models.MICROPHONE,
            name=self.kind,
            mime_type=f"video/{self.codec}" if video else "audio/opus",
            width=self.size[0],
            height=self.size[1],
            stream="avatar",
        )


class Audience(Protocol):
    """Receives what clients send to a hosted participant."""

    def receive_data(self, identity: str, topic: str, payload: bytes) -> None:
        """Take a data message of the client `identity`."""

    def receive_track(self, identity: str, track: MediaStreamTrack) -> None:
        """Take a track that the client `identity` publishes. It must be read until it ends."""


@dataclass(frozen=True)
class HostedParticipant:
    """A participant that is no client. `audience` may be None: it takes nothing."""

    identity: str
    tracks: tuple[HostedTrack, ...] = ()
    audience: Audience | None = None
    sid: str = field(default_factory=lambda: new_sid("PA"))

    def info(self, joined_at: int) -> models.ParticipantInfo:
        """Return the description that clients are sent. `joined_at` counts seconds since 1970."""
        return models.ParticipantInfo(
            sid=self.sid,
            identity=self.identity,
            name=self.identity,
            state=models.ParticipantInfo.ACTIVE,
            joined_at=joined_at,
            is_publisher=bool(self.tracks),
            kind=models.ParticipantInfo.AGENT,
            version=1,
            tracks=[track.info() for track in self.tracks],
        )
