"""A secret a session: three of Secret Manager's 600 writes a minute, so 200 starts a minute."""

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

REMEMBERED = 300.0
"""Seconds for which opened tokens are kept in this process, for the session's next turn."""
MOST = 1000
"""Sessions whose tokens are kept in this process at once."""
FIRST = "1"
"""Read by number, which holds at once; Google's `latest` may lag behind."""


class SecretVault:
    """`now` gives seconds since 1970."""

    def __init__(
        self, secrets: SecretManagerClient, *, now: Callable[[], float] = time.time
    ) -> None:
        self._secrets = secrets
        self._now = now
        self._opened: dict[AvatarSessionId, tuple[float, StoredTokens]] = {}

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
        self._remember(session, tokens, expires_at.timestamp())
        return {}

    async def open(self, session: AvatarSessionId, fields: Mapping[str, Any]) -> StoredTokens:  # noqa: ARG002 - the port's; all of it lies in the secret
        until, tokens = self._opened.get(session, (0.0, None))
        if tokens and self._now() < until:
            return tokens
        tokens = _read(await self._secrets.access(_name(session), FIRST))
        if tokens is None:
            raise errors.Failed("vault", "not what was kept")
        self._remember(session, tokens, self._now() + REMEMBERED)
        return tokens

    async def forget(self, session: AvatarSessionId) -> None:
        self._opened.pop(session, None)
        await self._secrets.delete(_name(session))

    def _remember(self, session: AvatarSessionId, tokens: StoredTokens, until: float) -> None:
        self._opened.pop(session, None)
        self._opened[session] = (min(until, self._now() + REMEMBERED), tokens)
        if len(self._opened) > MOST:
            del self._opened[next(iter(self._opened))]


def _read(secret: Secret) -> StoredTokens | None:
    """None, where an exception would carry what it could not read."""
    try:
        return StoredTokens(**json.loads(secret.data))
    except (ValueError, TypeError):
        return None


def _name(session: AvatarSessionId) -> str:
    return f"avatar-session-{session}"
