"""Keyed hashes of a person's uid and identities, to recognise one who deleted an account."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from common.domain.errors import Upstream

KEY = "account-hash-key"
"""The secret that holds the key: any bytes, at least 32. Another key forgets who came back."""
MOST = 4
"""Identities that count. Firebase links few providers to one user."""

ReadKey = Callable[[], Awaitable[bytes]]


async def former_ids(claims: Mapping[str, Any], read_key: ReadKey) -> tuple[str, ...] | None:
    """Return the hash of the uid, then those of the identities. None if the key cannot be read."""
    try:
        key = await read_key()
    except Upstream:
        return None
    return tuple(_hash(key, name) for name in [f"uid:{claims['sub']}", *_identities(claims)])


def _identities(claims: Mapping[str, Any]) -> list[str]:
    """Return `provider:id` for each identity of the sign-in, in an order that does not change."""
    firebase = claims.get("firebase")
    listed = firebase.get("identities") if isinstance(firebase, Mapping) else None
    named = listed if isinstance(listed, Mapping) else {}
    found = {
        f"{provider}:{name.casefold()}"
        for provider, names in named.items()
        if isinstance(names, list)
        for name in names
        if isinstance(name, str)
    }
    email = claims.get("email")
    if isinstance(email, str):
        found.add(f"email:{email.casefold()}")
    return sorted(found)[:MOST]


def _hash(key: bytes, name: str) -> str:
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()
