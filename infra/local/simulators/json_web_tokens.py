"""JSON web tokens (RFC 7519), signed with HS256."""

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any


class BadTokenError(Exception):
    """A token that is not ours, is for another use, or has expired."""


def sign(claims: dict[str, Any], secret: str) -> str:
    """Return a JWT with these claims."""
    head = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    signed = f"{head}.{_encode(json.dumps(claims).encode())}"
    return f"{signed}.{_signature(signed, secret)}"


def verify(token: str, secret: str, now: float) -> dict[str, Any]:
    """Return a JWT's claims.

    Raises `BadTokenError` unless `secret` signed it and `exp` is after `now` (seconds since 1970).
    """
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(signed, secret).encode()):
        raise BadTokenError("signature")
    try:
        claims: dict[str, Any] = json.loads(_decode(signed.partition(".")[2]))
        expires = float(claims["exp"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise BadTokenError("claims") from None
    if expires <= now:
        raise BadTokenError("expired")
    return claims


def _signature(signed: str, secret: str) -> str:
    return _encode(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
