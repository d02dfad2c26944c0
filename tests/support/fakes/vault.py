from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from common.domain import errors
from common.domain.ids import AvatarSessionId
from common.ports.vault import LEEWAY, StoredTokens


class Seconds:
    """A clock that a test moves: seconds since 1970."""

    def __init__(self, at: float = 1_800_000_000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += seconds

    def after(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(self.at + seconds, UTC)


class MemoryVault:
    """A `TokenVault` in memory. `failing`, if set, is raised by every method."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.prepared: list[AvatarSessionId] = []
        self.kept: dict[AvatarSessionId, tuple[float, StoredTokens]] = {}
        self.failing: errors.Upstream | None = None

    async def prepare(self, session: AvatarSessionId, expires_at: datetime) -> None:  # noqa: ARG002 - a parameter of the port
        self._fail()
        self.prepared.append(session)

    async def keep(
        self, session: AvatarSessionId, tokens: StoredTokens, expires_at: datetime
    ) -> Mapping[str, str]:
        self._fail()
        self.kept.setdefault(session, ((expires_at + LEEWAY).timestamp(), tokens))
        return {}

    async def open(self, session: AvatarSessionId, fields: Mapping[str, Any]) -> StoredTokens:  # noqa: ARG002 - a parameter of the port
        self._fail()
        until, tokens = self.kept.get(session, (0.0, None))
        if tokens is None or self._now() > until:
            raise errors.UpstreamNotFound("vault", "not kept")
        return tokens

    async def forget(self, session: AvatarSessionId) -> None:
        self._fail()
        self.kept.pop(session, None)

    def _fail(self) -> None:
        if self.failing:
            raise self.failing
