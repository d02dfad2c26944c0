"""Tokens encrypted in the session's own document. A session needs no call to Secret Manager.

A text is bound to the session's id (`sealer.py`).
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from common.adapters.google.secret_manager import SecretManagerClient
from common.adapters.vault.sealer import BYTES, KEY, NONCE_BYTES, Sealer
from common.domain import errors
from common.domain.ids import AvatarSessionId
from common.ports.vault import LEEWAY, StoredTokens

__all__ = ["BYTES", "KEY", "NONCE_BYTES", "SealedVault"]


class SealedVault:
    """A `TokenVault` that encrypts. `now` returns seconds since 1970, `entropy` n random bytes."""

    def __init__(
        self,
        secrets: SecretManagerClient,
        *,
        now: Callable[[], float] = time.time,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._sealer = Sealer(secrets, entropy)
        self._now = now

    async def prepare(self, session: AvatarSessionId, expires_at: datetime) -> None:  # noqa: ARG002 - a parameter of the port; all sessions share one key
        await self._sealer.prepare()

    async def keep(
        self, session: AvatarSessionId, tokens: StoredTokens, expires_at: datetime
    ) -> Mapping[str, str]:
        plain = json.dumps({"until": (expires_at + LEEWAY).timestamp(), "tokens": asdict(tokens)})
        return {"sealed": await self._sealer.seal(plain.encode(), session.encode())}

    async def open(self, session: AvatarSessionId, fields: Mapping[str, Any]) -> StoredTokens:
        sealed = fields.get("sealed")
        if sealed is None:
            raise errors.UpstreamNotFound("vault", "no sealed text")
        content = json.loads(await self._sealer.open(str(sealed), session.encode()))
        if self._now() > content["until"]:
            raise errors.UpstreamNotFound("vault", "expired")
        return StoredTokens.read(content["tokens"])

    async def forget(self, session: AvatarSessionId) -> None:
        """Do nothing: the caller removes the field that holds the tokens."""
