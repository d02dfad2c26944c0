"""The rooms of all sessions, and who may join them."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from infra.local.simulators.espeak import EspeakRequest, synthesize
from infra.local.simulators.liveavatar.account import LiveAvatarAccount
from infra.local.simulators.liveavatar.session import LiveAvatarSession, Quality
from infra.local.simulators.liveavatar.tokens import LIVEKIT_KEY
from infra.local.simulators.livekit import RoomGrant, no_room, read_grant

if TYPE_CHECKING:
    from infra.local.simulators.face import FaceSheet
    from infra.local.simulators.liveavatar.media.stage import SessionStage
    from infra.local.simulators.livekit.room import LiveKitRoom

SIZES: dict[Quality, tuple[int, int]] = {
    "very_high": (640, 480),
    "high": (480, 360),
    "medium": (480, 360),
    "low": (320, 240),
}
"""Pixels of the video by its quality. The provider's are larger; these leave the processor free."""


def speak_english(text: str) -> bytes:
    """Return the avatar's own voice in FULL mode: 24 kHz, 16 bit, mono."""
    return synthesize(EspeakRequest(text))


class SessionRooms:
    """Opens the room of a running session for its first viewer.

    Packages of the media are imported by then. `speak` is the voice of sessions in FULL mode.
    A room that no viewer joins within `opening_seconds` is closed.
    """

    def __init__(
        self,
        account: LiveAvatarAccount,
        speak: Callable[[str], bytes] = speak_english,
        *,
        opening_seconds: float = 10.0,
    ) -> None:
        self._account = account
        self._speak = speak
        self._opening_seconds = opening_seconds
        self._stages: dict[str, SessionStage] = {}
        self._sheets: dict[tuple[int, int], FaceSheet] = {}

    def authorize(self, token: str) -> RoomGrant:
        """Return the grant of a token. Raises `AccessRefusedError` unless the session runs."""
        tokens = self._account.tokens
        grant = read_grant(token, LIVEKIT_KEY, tokens.secret, tokens.unix())
        self._account.settle()
        session = self._account.sessions.get(grant.room)
        if session is None or session.state != "running":
            raise no_room()
        return grant

    def open_room(self, grant: RoomGrant) -> "LiveKitRoom":
        """Return the room of a session."""
        stage = self._stages.get(grant.room)
        if stage is None:
            stage = self._open(self._account.sessions[grant.room])
            self._stages[grant.room] = stage
        return stage.room

    def stage(self, session_id: str) -> "SessionStage | None":
        """Return the open room of a session. None while it has no viewer."""
        return self._stages.get(session_id)

    async def close(self) -> None:
        """End all rooms."""
        for stage in list(self._stages.values()):
            await stage.close()

    def _open(self, session: LiveAvatarSession) -> "SessionStage":
        stages = import_module("infra.local.simulators.liveavatar.media.stage")
        size = SIZES[session.plan.quality]
        if size not in self._sheets:
            self._sheets[size] = import_module("infra.local.simulators.face").FaceSheet(*size)
        stage: SessionStage = stages.SessionStage(
            self._account,
            session,
            self._sheets[size],
            self._speak,
            lambda: self._stages.pop(session.id, None),
            self._opening_seconds,
        )
        return stage
