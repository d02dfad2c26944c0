from dataclasses import dataclass

from ..calls import delete, get, path_of, send
from ..models import (
    AccountAnswer,
    AccountDeletion,
    AccountUsageAnswer,
    ChangeAccountRequest,
    DeletionCertificate,
)
from .transport import AsyncTransport

ROOT = "account"


@dataclass(frozen=True)
class AsyncAccount:
    """The account of the person. Every method raises ApiError."""

    _transport: AsyncTransport

    async def read(self) -> AccountAnswer:
        """Return profile, plan, preferences, and a deletion that was requested."""
        return await self._transport.ask(get(path_of(ROOT)), AccountAnswer)

    async def change(self, changes: ChangeAccountRequest) -> AccountAnswer:
        """Change the name and the preferences. A field that is not set stays; None resets it."""
        call = send("PATCH", path_of(ROOT), changes, nulls=True)
        return await self._transport.ask(call, AccountAnswer)

    async def usage(self) -> AccountUsageAnswer:
        """Return the usage of this month by day, and of the last twelve months."""
        return await self._transport.ask(get(path_of(ROOT, "usage")), AccountUsageAnswer)

    async def export(self) -> bytes:
        """Return everything that belongs to the account, as one JSON file."""
        answer = await self._transport.call(get(path_of(ROOT, "export")))
        return answer.content

    async def delete(self) -> AccountDeletion:
        """Delete the account and everything that belongs to it, after seven days."""
        return await self._transport.ask(delete(path_of(ROOT)), AccountDeletion)

    async def restore(self) -> AccountAnswer:
        """Take a requested deletion back."""
        return await self._transport.ask(send("POST", path_of(ROOT, "restore")), AccountAnswer)

    async def certificate(self, certificate_id: str) -> DeletionCertificate:
        """Return what was deleted with an account. Needs no sign-in."""
        call = get(path_of(ROOT, "certificates", certificate_id), signed_in=False)
        return await self._transport.ask(call, DeletionCertificate)
