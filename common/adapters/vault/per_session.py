"""One secret for each session. A session needs 3 writes of Secret Manager's 600 a minute.

So at most 200 sessions can start in a minute.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from common.adapters.google.secret_manager import Secret, SecretManagerClient
from common.domain import errors
from common.domain.ids import AvatarSessionId
from common.ports.vault import LEEWAY, StoredTokens

CACHE_SECONDS = 300.0
"""How long tokens are kept in this process, for the session's next turn."""
MAX_CACHED = 1000
"""Sessions whose tokens are kept in this process at the same time."""
FIRST_VERSION = "1"
"""A version that is read by its number is visible at once. Google's `latest` may lag."""


class SecretVault:
    """A `TokenVault` with one secret for each session. `now` returns seconds since 1970."""

    def __init__(
        self, secrets: SecretManagerClient, *, now: Callable[[], float] = time.time
    ) -> None:
        self._secrets = secrets
        self._now = now
        self._cache: dict[AvatarSessionId, tuple[float, StoredTokens]] = {}

    async def prepare(self, session: AvatarSessionId, expires_at: datetime) -> None:
        await self._secrets.create(_name(session), expires_at + LEEWAY)

    async def keep(
        self, session: AvatarSessionId, tokens: StoredTokens, expires_at: datetime
    ) -> Mapping[str, str]:
        data = json.dumps(asdict(tokens)).encode()
        try:
            await self._secrets.add(_name(session), data)
        except errors.UpstreamNotFound:
            await self.prepare(session, expires_at)
            await self._secrets.add(_name(session), data)
        self._add_to_cache(session, tokens, expires_at.timestamp())
        return {}

    async def open(self, session: AvatarSessionId, fields: Mapping[str, Any]) -> StoredTokens:  # noqa: ARG002 - a parameter of the port; the secret holds everything
        until, tokens = self._cache.get(session, (0.0, None))
        if tokens and self._now() < until:
            return tokens
        tokens = _read(await self._secrets.access(_name(session), FIRST_VERSION))
        if tokens is None:
            raise errors.Failed("vault", "malformed tokens")
        self._add_to_cache(session, tokens, self._now() + CACHE_SECONDS)
        return tokens

    async def forget(self, session: AvatarSessionId) -> None:
        self._cache.pop(session, None)
        await self._secrets.delete(_name(session))

    def _add_to_cache(self, session: AvatarSessionId, tokens: StoredTokens, until: float) -> None:
        self._cache.pop(session, None)
        self._cache[session] = (min(until, self._now() + CACHE_SECONDS), tokens)
        if len(self._cache) > MAX_CACHED:
            del self._cache[next(iter(self._cache))]


def _read(secret: Secret) -> StoredTokens | None:
    """Return the tokens, or None. An exception would quote the secret."""
    try:
        return StoredTokens.read(json.loads(secret.data))
    except (ValueError, TypeError, KeyError):
        return None


def _name(session: AvatarSessionId) -> str:
    return f"avatar-session-{session}"
