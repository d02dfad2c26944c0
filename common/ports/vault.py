"""The store of a session's tokens, between the calls that need them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, Self

from common.domain.ids import AvatarSessionId

LEEWAY = timedelta(minutes=5)
"""How long after a session's expiry its tokens may still be there: a sweep can be late, and clocks
differ."""


@dataclass(frozen=True, repr=False)
class StoredTokens:
    """The tokens that control a session. No log and no traceback shows them."""

    ws_url: str
    livekit_url: str
    """No secret by itself; it goes with its token."""
    livekit_token: str

    @classmethod
    def read(cls, stored: Mapping[str, str]) -> Self:
        """Read what was kept. Fields of another release are ignored. Raises KeyError."""
        return cls(*(stored[name] for name in ("ws_url", "livekit_url", "livekit_token")))


class TokenVault(Protocol):
    """Keeps the tokens of sessions. Every method may be repeated, and raises only `Upstream` errors.

    `Ambiguous`: a write may have happened."""

    async def prepare(self, session: AvatarSessionId, expires_at: datetime) -> None:
        """Do what can be done before the tokens are known. Never needed."""

    async def keep(
        self, session: AvatarSessionId, tokens: StoredTokens, expires_at: datetime
    ) -> Mapping[str, str]:
        """Keep the tokens. Return the fields that the session's document must carry."""

    async def open(self, session: AvatarSessionId, fields: Mapping[str, Any]) -> StoredTokens:
        """`fields` are the document's, of which only those that `keep` gave are looked at.

        `Missing`: never kept, forgotten, or past its expiry (at the latest `LEEWAY` after it).
        `Failed`: what is there is not what was kept for this session.
        """

    async def forget(self, session: AvatarSessionId) -> None:
        """Gone already: fine. The fields that `keep` gave are the caller's to drop."""
