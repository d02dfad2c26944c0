"""The avatar provider, as the use cases need it. The real one is in `common/adapters`.

Every method raises only what `common.domain.errors` names under `Upstream`.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from common.domain.avatar_session import EndReason
from common.domain.ids import AvatarSessionId, UtteranceId

NO_KEY = "unconfigured"
"""`kind` of the `Failed` that every method raises before the deployment has a key of the account."""


@dataclass(frozen=True)
class SessionToken:
    """A session that the provider knows and does not run yet: nothing is billed."""

    session: AvatarSessionId
    token: str = field(repr=False)


@dataclass(frozen=True)
class StartedSession:
    """The provider's answer to a start: the session runs and bills."""

    livekit_url: str
    livekit_token: str = field(repr=False)
    ws_url: str = field(repr=False)


@dataclass(frozen=True)
class ProviderRecord:
    """The provider's record of a session.

    `seconds` is how long an ended session ran; None if the provider does not say.
    """

    session: AvatarSessionId
    running: bool
    seconds: float | None


class AvatarProvider(Protocol):
    """The avatar provider. One account, many sessions."""

    async def create_session_token(self, avatar: str, quality: str, seconds: int) -> SessionToken:
        """Bound to end by itself `seconds` after its start."""

    async def start(self, ticket: SessionToken) -> StartedSession:
        """`Busy` or `Failed`: it does not run. `Ambiguous`: it may run; stop it."""

    async def stop(self, session: AvatarSessionId, reason: EndReason) -> None:
        """Stop a session; safe to repeat.

        Raises `UpstreamNotFound` or `Failed` if the provider refused, which it also does for a
        session that is over: ask for its standing. Raises `Unavailable` or `Ambiguous` if it is not
        known what happened.
        """

    async def keep_alive(self, session: AvatarSessionId) -> None:
        """Keep a session from being ended as idle. Raises as `stop` does."""

    async def active(self) -> list[AvatarSessionId]:
        """Every session that runs in the account, ours or not."""

    async def record(self, session: AvatarSessionId) -> ProviderRecord:
        """`Missing`: the provider has never heard of it, or forgot."""

    async def credits(self) -> float:
        """How many are left in the account. Asking costs none."""

    async def connect(self, ws_url: str) -> "AvatarConnection":
        """Open the websocket that makes the avatar speak. Does not wait until it is ready."""


AvatarEventKind = Literal["connected", "started", "ended", "interrupted", "closed", "error"]


@dataclass(frozen=True)
class AvatarEvent:
    """`connected`: what is sent from now on is heard.

    `started`, `ended`: playback of an utterance began, ended (`utterance` only where the provider
    says which). `interrupted`: it was cut. `closed`: nothing more comes; always the last.
    """

    kind: AvatarEventKind
    utterance: UtteranceId | None = None
    detail: str = ""


class AvatarConnection(Protocol):
    """An open socket to a running avatar."""

    async def speak(self, utterance: UtteranceId, pcm: bytes) -> None:
        """Send one chunk: signed 16-bit little endian, mono, 24,000 Hz, at most 700 KB."""

    async def finish(self, utterance: UtteranceId) -> None: ...

    async def interrupt(self) -> None:
        """Stop the speech now, and drop what is queued."""

    async def keep_alive(self) -> None: ...

    def events(self) -> AsyncIterator[AvatarEvent]:
        """To be read by one reader, from the opening on, until `closed`."""

    async def close(self) -> None: ...
