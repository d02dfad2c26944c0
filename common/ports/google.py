"""Google's OAuth server, and the place of a user's tokens."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from common.domain.google.connection import GoogleAccount
from common.domain.ids import UserId


@dataclass(frozen=True)
class AccessToken:
    """An access token with the scopes that Google gave it."""

    text: str = field(repr=False)
    expires_at: datetime
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class ExchangedCode:
    """The tokens of a new grant. `refresh_token` is None if Google sent none."""

    access: AccessToken
    refresh_token: str | None = field(repr=False)
    account: GoogleAccount


class GoogleAccounts(Protocol):
    """The OAuth server. Every method raises `Upstream` errors."""

    async def is_set_up(self) -> bool:
        """Return False if this deployment has no OAuth client."""

    async def consent_url(
        self, scopes: Sequence[str], state: str, challenge: str, login_hint: str | None
    ) -> str:
        """Return the address of the consent page. `challenge` is PKCE's, S256."""

    async def exchange(self, code: str, verifier: str) -> ExchangedCode:
        """Exchange an authorisation code.

        `UpstreamNotFound`: Google does not accept the code: it was used, has expired, or belongs to
        another client, redirect address or verifier.
        """

    async def refresh(self, refresh_token: str, scopes: Sequence[str]) -> AccessToken:
        """Return a new access token with these scopes.

        `UpstreamNotFound`: the grant was revoked or has expired.
        """

    async def revoke(self, token: str) -> None:
        """Revoke the whole grant of the account to this client. Succeeds if it is gone already."""


class GrantVault(Protocol):
    """Keeps refresh tokens, and seals short texts for documents. Raises `Upstream` errors only."""

    async def keep(self, consent: str, refresh_token: str) -> None:
        """Keep the refresh token of a consent."""

    async def open(self, consent: str) -> str:
        """Return the refresh token. `UpstreamNotFound`: never kept, or forgotten."""

    async def forget(self, consent: str) -> None:
        """Delete the refresh token. Succeeds if it is gone already."""

    async def seal(self, user: UserId, text: str) -> str:
        """Encrypt a text that only `unseal` with the same user opens."""

    async def unseal(self, user: UserId, sealed: str) -> str:
        """Decrypt. `Failed`: the text was changed, or sealed for another user."""
