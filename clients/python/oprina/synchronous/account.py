# Generated from ../asynchronous by infra/docs/client_modules.py.
from dataclasses import dataclass

from ..calls import delete, get, path_of, send
from ..models import (
    AccountAnswer,
    AccountDeletion,
    AccountUsageAnswer,
    ChangeAccountRequest,
    DeletionCertificate,
)
from .transport import Transport

ROOT = "account"


@dataclass(frozen=True)
class Account:
    """The account of the person. Every method raises ApiError."""

    _transport: Transport

    def read(self) -> AccountAnswer:
        """Return profile, plan, preferences, and a deletion that was requested."""
        return self._transport.ask(get(path_of(ROOT)), AccountAnswer)

    def change(self, changes: ChangeAccountRequest) -> AccountAnswer:
        """Change the name and the preferences. A field that is not set stays; None resets it."""
        call = send("PATCH", path_of(ROOT), changes, nulls=True)
        return self._transport.ask(call, AccountAnswer)

    def usage(self) -> AccountUsageAnswer:
        """Return the usage of this month by day, and of the last twelve months."""
        return self._transport.ask(get(path_of(ROOT, "usage")), AccountUsageAnswer)

    def export(self) -> bytes:
        """Return everything that belongs to the account, as one JSON file."""
        answer = self._transport.call(get(path_of(ROOT, "export")))
        return answer.content

    def delete(self) -> AccountDeletion:
        """Delete the account and everything that belongs to it, after seven days."""
        return self._transport.ask(delete(path_of(ROOT)), AccountDeletion)

    def restore(self) -> AccountAnswer:
        """Take a requested deletion back."""
        return self._transport.ask(send("POST", path_of(ROOT, "restore")), AccountAnswer)

    def certificate(self, certificate_id: str) -> DeletionCertificate:
        """Return what was deleted with an account. Needs no sign-in."""
        call = get(path_of(ROOT, "certificates", certificate_id), signed_in=False)
        return self._transport.ask(call, DeletionCertificate)
