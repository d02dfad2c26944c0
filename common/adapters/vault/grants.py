"""Refresh tokens in Secret Manager, one secret for each consent; sealed texts for documents."""

from common.adapters.google.secret_manager import SecretManagerClient
from common.adapters.vault.sealer import Sealer
from common.domain import errors
from common.domain.ids import UserId

PREFIX = "google-grant-"
"""The beginning of the names of these secrets (terraform/access.tf limits roles to it)."""
FIRST_VERSION = "1"


class SecretGrants:
    """A `GrantVault` over Secret Manager."""

    def __init__(self, secrets: SecretManagerClient) -> None:
        self._secrets = secrets
        self._sealer = Sealer(secrets)

    async def keep(self, consent: str, refresh_token: str) -> None:
        await self._secrets.create(f"{PREFIX}{consent}")
        await self._secrets.add(f"{PREFIX}{consent}", refresh_token.encode())

    async def open(self, consent: str) -> str:
        return (await self._secrets.access(f"{PREFIX}{consent}", FIRST_VERSION)).text

    async def forget(self, consent: str) -> None:
        await self._secrets.delete(f"{PREFIX}{consent}")

    async def seal(self, user: UserId, text: str) -> str:
        return await self._sealer.seal(text.encode(), _bound_to(user))

    async def unseal(self, user: UserId, sealed: str) -> str:
        plain = await self._sealer.open(sealed, _bound_to(user))
        try:
            return plain.decode()
        except UnicodeDecodeError:
            raise errors.Failed("vault", "malformed sealed text") from None


def _bound_to(user: UserId) -> bytes:
    """Return the data that the text is bound to. No id of a session has a colon."""
    return f"google:{user}".encode()
