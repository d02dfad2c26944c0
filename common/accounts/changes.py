"""The transactions of an account: read it, change it, request and take back its deletion. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.domain.accounts.profile import Profile, RequestedDeletion
from common.domain.errors import Invalid, NoDeletion, Unauthenticated
from common.domain.user import User
from common.domain.voices import choose_voice
from common.settings import Settings
from common.transactions.account import account_paths, ledger_of
from common.transactions.transaction import Decision, Documents


def read_profile(documents: Documents, caller: User, settings: Settings, now: datetime) -> Profile:
    """Raise Unauthenticated where the account was deleted after the caller signed in."""
    if ledger_of(documents, caller, settings, now).is_gone:
        raise Unauthenticated("This account was deleted. Sign in again.")
    return Profile.read(documents[account_paths(caller, now)[0]])


@dataclass(frozen=True)
class ChangeProfile:
    """Change a person's name and preferences (a `Transaction`). The result is the profile.

    The document of a new person is created, also without changes.
    """

    caller: User
    settings: Settings
    preferences: Mapping[str, Any]
    fields: Mapping[str, str | None]

    def paths(self, now: datetime) -> Iterable[str]:
        return account_paths(self.caller, now)

    def decide(self, documents: Documents, now: datetime) -> Decision[Profile]:
        profile = read_profile(documents, self.caller, self.settings, now)
        if profile.document.exists and not (self.preferences or self.fields):
            if profile.created_at is not None:
                return Decision(profile)
        else:
            ledger_of(documents, self.caller, self.settings, now).require_open()
        after, write = profile.change(now, self.preferences, **self.fields)
        self._check_voice(after)
        return Decision(after, [write])

    def _check_voice(self, after: Profile) -> None:
        """Raise Invalid for a preferred voice that no start of an avatar would accept."""
        wanted = after.preferences
        default = self.settings.voice, self.settings.language
        if not {"voice", "language"} & set(self.preferences):
            return
        try:
            choose_voice(wanted.voice, wanted.language, default, self.settings.voices)
        except Invalid as error:
            fields = [(f"preferences.{name}", problem) for name, problem in error.fields]
            raise Invalid(error.detail, fields=fields) from None


@dataclass(frozen=True)
class RequestDeletion:
    """Request the deletion of an account (a `Transaction`). A second request changes nothing."""

    caller: User
    settings: Settings
    certificate: str

    def paths(self, now: datetime) -> Iterable[str]:
        return account_paths(self.caller, now)

    def decide(self, documents: Documents, now: datetime) -> Decision[RequestedDeletion]:
        profile = read_profile(documents, self.caller, self.settings, now)
        if profile.deletion is not None:
            return Decision(profile.deletion)
        former = self.caller.former or ()
        deletion, write = profile.request_deletion(self.certificate, former, now)
        return Decision(deletion, [write])


@dataclass(frozen=True)
class RestoreAccount:
    """Take a requested deletion back (a `Transaction`). Raises NoDeletion. Holds until it begins."""

    caller: User
    settings: Settings

    def paths(self, now: datetime) -> Iterable[str]:
        return account_paths(self.caller, now)

    def decide(self, documents: Documents, now: datetime) -> Decision[Profile]:
        profile = read_profile(documents, self.caller, self.settings, now)
        if profile.is_deleting:
            raise NoDeletion("The deletion of this account has begun. It cannot be restored.")
        if profile.deletion is None:
            if profile.created_at is not None:
                return Decision(profile)
            created, write_first = profile.change(now, {})
            return Decision(created, [write_first])
        write = profile.restore()
        restored = {**(profile.document.fields or {}), **write.fields}
        return Decision(Profile.read(type(profile.document)(write.path, restored)), [write])
