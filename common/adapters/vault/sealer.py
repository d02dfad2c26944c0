"""Texts encrypted with AES-256-GCM, with a key from Secret Manager.

A sealed text is `1.<version of the key>.<nonce and ciphertext, base64url>`. It is bound to its
context, such as the id of its document: a text that was moved elsewhere, or changed, cannot be
opened.
"""

import base64
import os
import re
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from common.adapters.google.secret_manager import Secret, SecretManagerClient
from common.domain import errors

KEY = "session-tokens-key"
"""The secret that holds the key: 32 bytes, or their base64.

A new version rotates the key. The old version must stay enabled for as long as a session may run.
"""
BYTES = 32
NONCE_BYTES = 12
"""Each text has its own random nonce. One key is safe for 2^32 texts (NIST SP 800-38D, 8.3)."""
SEALED = re.compile(r"1\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]+={0,2})")


class Sealer:
    """Encrypts and decrypts. `entropy` returns n random bytes."""

    def __init__(
        self, secrets: SecretManagerClient, entropy: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._secrets = secrets
        self._entropy = entropy

    async def prepare(self) -> None:
        """Read the key, which is then kept in memory."""
        await self._secrets.read(KEY)

    async def seal(self, plain: bytes, context: bytes) -> str:
        """Return the sealed text, which only `open` with the same context reads.

        Raises `Failed` if the key is malformed, and the errors of reading it.
        """
        secret = await self._secrets.read(KEY)
        cipher = _cipher(secret)
        nonce = self._entropy(NONCE_BYTES)
        text = nonce + cipher.encrypt(nonce, plain, context)
        return f"1.{secret.version}.{base64.urlsafe_b64encode(text).decode()}"

    async def open(self, sealed: str, context: bytes) -> bytes:
        """Return the plain text.

        Raises `Failed` if it was not sealed for this context, and the errors of reading the key.
        """
        parts = SEALED.fullmatch(sealed)
        if parts is None:
            raise errors.Failed("vault", "malformed sealed text")
        plain = _unseal(await self._key(parts[1]), parts[2], context)
        if plain is None:
            raise errors.Failed("vault", "the sealed text cannot be opened")
        return plain

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


def _unseal(cipher: AESGCM, text: str, context: bytes) -> bytes | None:
    try:
        data = base64.urlsafe_b64decode(text)
        return cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], context)
    except (InvalidTag, ValueError):
        return None
