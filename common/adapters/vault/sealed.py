"""Tokens encrypted in the session's own document. A session needs no call to Secret Manager.

The text is `1.<version of the key>.<nonce and AES-256-GCM, base64url>`. It is bound to the
session's id: a text that was moved to another document, or changed, cannot be opened.
"""

import base64
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from common.adapters.google.secret_manager import Secret, SecretManagerClient
from common.domain import errors
from common.domain.ids import AvatarSessionId
from common.ports.vault import LEEWAY, StoredTokens

KEY = "session-tokens-key"
"""The secret that holds the key: 32 bytes, or their base64.

A new version rotates the key. The old version must stay enabled for as long as a session may run.
"""
BYTES = 32
NONCE_BYTES = 12
"""Each text has its own random nonce. One key is safe for 2^32 texts (NIST SP 800-38D, 8.3)."""
SEALED = re.compile(r"1\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]+={0,2})")


class SealedVault:
    """A `TokenVault` that encrypts. `now` returns seconds since 1970, `entropy` n random bytes."""

    def __init__(
        self,
        secrets: SecretManagerClient,
        *,
        now: Callable[[], float] = time.time,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._secrets = secrets
        self._now = now
        self._entropy = entropy

    async def prepare(self, session: AvatarSessionId, expires_at: datetime) -> None:  # noqa: ARG002 - the port's; all sessions share one key
        await self._secrets.read(KEY)

    async def keep(
        self, session: AvatarSessionId, tokens: StoredTokens, expires_at: datetime
    ) -> Mapping[str, str]:
        secret = await self._secrets.read(KEY)
        cipher = _cipher(secret)
        nonce = self._entropy(NONCE_BYTES)
        plain = json.dumps({"until": (expires_at + LEEWAY).timestamp(), "tokens": asdict(tokens)})
        text = nonce + cipher.encrypt(nonce, plain.encode(), session.encode())
        return {"sealed": f"1.{secret.version}.{base64.urlsafe_b64encode(text).decode()}"}

    async def open(self, session: AvatarSessionId, fields: Mapping[str, Any]) -> StoredTokens:
        sealed = fields.get("sealed")
        if sealed is None:
            raise errors.UpstreamNotFound("vault", "no sealed text")
        parts = SEALED.fullmatch(str(sealed))
        if parts is None:
            raise errors.Failed("vault", "malformed sealed text")
        content = _unseal(await self._key(parts[1]), parts[2], session)
        if content is None:
            raise errors.Failed("vault", "the sealed text cannot be opened")
        if self._now() > content["until"]:
            raise errors.UpstreamNotFound("vault", "expired")
        return StoredTokens(**content["tokens"])

    async def forget(self, session: AvatarSessionId) -> None:
        """Do nothing: the caller removes the field that holds the tokens."""

    async def _key(self, version: str) -> AESGCM:
        try:
            return _cipher(await self._secrets.read(KEY, version))
        except errors.UpstreamNotFound:
            raise errors.Failed("vault", "no such key") from None


def _cipher(secret: Secret) -> AESGCM:
    key = secret.data if len(secret.data) == BYTES else _from_base64(secret.data)
    if len(key) != BYTES:
        raise errors.Failed("vault", "malformed key")
    return AESGCM(key)


def _from_base64(text: bytes) -> bytes:
    """Decode the text. Return no bytes if it is malformed: an exception would quote the key."""
    try:
        return base64.b64decode(text)
    except ValueError:
        return b""


def _unseal(cipher: AESGCM, text: str, session: AvatarSessionId) -> dict[str, Any] | None:
    try:
        data = base64.urlsafe_b64decode(text)
        plain = cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], session.encode())
    except (InvalidTag, ValueError):
        return None
    content: dict[str, Any] = json.loads(plain)
    return content
