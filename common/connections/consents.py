"""The decisions of one consent: ask, begin, finish. Each is pure, and used up in its commit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from common.domain.documents import Write
from common.domain.google.connection import (
    GoogleAccount,
    GoogleConnection,
    NewToken,
    Service,
    allowed_services,
    connect,
    connection_path,
)
from common.domain.google.consent import Consent, consent_path, unknown_state
from common.domain.google.errors import (
    GoogleDisconnecting,
    GoogleNothingAllowed,
    GoogleOtherAccount,
)
from common.domain.ids import UserId
from common.domain.user import User
from common.settings import Settings
from common.transactions.account import account_paths, ledger_of
from common.transactions.transaction import Decision, Documents, ReadMore

DISCONNECTING_SECONDS = 30


@dataclass(frozen=True)
class AskConsent:
    """Give out a one-use address (a `Transaction`). Raises AccountClosing, GoogleDisconnecting."""

    consent: Consent
    caller: User
    settings: Settings

    def paths(self, now: datetime) -> Iterable[str]:
        account = account_paths(self.caller, now)
        return [self.consent.path, connection_path(self.consent.uid), *account]

    def decide(self, documents: Documents, now: datetime) -> Decision[None]:
        ledger_of(documents, self.caller, self.settings, now).require_open()
        found = GoogleConnection.read(documents[connection_path(self.consent.uid)])
        if found is not None and found.state == "disconnecting":
            raise disconnecting()
        if documents[self.consent.path].exists:  # an unconfirmed commit of ours held
            return Decision(None)
        return Decision(None, [self.consent.create()])


@dataclass(frozen=True)
class BeginConsent:
    """Use a ticket up (a `Transaction`). The result is the connection before, if there is one."""

    id: str
    ticket: str
    holder: str
    state: str
    cookie: str
    verifier: str

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [consent_path(self.id)]

    def decide(self, documents: Documents, now: datetime) -> Decision[Consent]:
        consent = _read(documents, self.id)
        if consent.state == "begun" and consent.holder == self.holder:
            return Decision(consent)
        consent.check_ticket(self.ticket, now)
        write = consent.begin(self.holder, self.state, self.cookie, self.verifier)
        return Decision(consent, [write])


@dataclass(frozen=True)
class ClaimConsent:
    """Use a state up (a `Transaction`): for an exchange, or because Google sent an error."""

    id: str
    state: str
    cookie: str | None
    holder: str
    denied: bool

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [consent_path(self.id)]

    def decide(self, documents: Documents, now: datetime) -> Decision[Consent]:
        consent = _read(documents, self.id)
        if consent.state == "exchanging" and consent.holder == self.holder:
            return Decision(consent)
        consent.check_callback(self.state, self.cookie, now)
        return Decision(
            consent, [consent.refuse(now) if self.denied else consent.claim(self.holder, now)]
        )


@dataclass(frozen=True)
class CheckAccount:
    """Refuse tokens that must not be stored (a `Transaction` that writes nothing).

    The result is the connection before. Raises GoogleOtherAccount, GoogleNothingAllowed,
    GoogleDisconnecting.
    """

    user: UserId
    account: GoogleAccount
    services: list[Service]

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [connection_path(self.user)]

    def decide(self, documents: Documents, now: datetime) -> Decision[GoogleConnection | None]:  # noqa: ARG002 - a parameter of Transaction
        before = GoogleConnection.read(documents[connection_path(self.user)])
        if before is not None and before.state == "disconnecting":
            raise disconnecting()
        if before is not None and before.sub != self.account.sub:
            raise GoogleOtherAccount(
                f"{before.email or 'Another account'} is connected. Disconnect it first, or choose it "
                "on Google's page."
            )
        if not set(self.services) & set(allowed_services(self.account.granted)):
            raise GoogleNothingAllowed(
                "Google gave no permission: leave the ticks on its page. Connect again."
            )
        return Decision(before)


@dataclass(frozen=True)
class KeepConsent:
    """Store the connection that a consent makes (a `Transaction`). The result is `CheckAccount`'s.

    The consent before is released in the same commit. Its refresh token is not revoked: Google
    revokes the whole grant of the account, and so the new token, too.
    """

    consent: Consent
    holder: str
    account: GoogleAccount
    token: NewToken

    def _check(self) -> CheckAccount:
        return CheckAccount(self.consent.uid, self.account, self.consent.services)

    def paths(self, now: datetime) -> Iterable[str]:
        return [self.consent.path, *self._check().paths(now)]

    def decide(self, documents: Documents, now: datetime) -> Decision[GoogleConnection | None]:
        consent = _read(documents, self.consent.id)
        before = GoogleConnection.read(documents[connection_path(self.consent.uid)])
        if consent.state == "held" and consent.holder == self.holder:
            return Decision(before)
        if consent.state != "exchanging" or consent.holder != self.holder:
            raise unknown_state()  # the sweep has taken it: this process was too slow
        self._check().decide(documents, now)
        writes: list[Write] = [
            consent.hold(),
            connect(
                before, consent.uid, consent.id, self.account, consent.services, self.token, now
            ),
        ]
        if before is not None and before.consent and before.consent != consent.id:
            path = consent_path(before.consent)
            if path not in documents:
                raise ReadMore(path)
            if (old := Consent.read(documents[path])) is not None:
                writes.append(old.release(now))
        return Decision(before, writes)


@dataclass(frozen=True)
class RefuseConsent:
    """Note that nothing came of an exchange (a `Transaction`)."""

    id: str
    holder: str

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [consent_path(self.id)]

    def decide(self, documents: Documents, now: datetime) -> Decision[None]:
        consent = Consent.read(documents[consent_path(self.id)])
        if consent is None or consent.state != "exchanging" or consent.holder != self.holder:
            return Decision(None)
        return Decision(None, [consent.refuse(now)])


def _read(documents: Documents, consent: str) -> Consent:
    found = Consent.read(documents[consent_path(consent)])
    if found is None:
        raise unknown_state()
    return found


def disconnecting() -> GoogleDisconnecting:
    return GoogleDisconnecting(
        "The last connection is still being revoked at Google.", retry_after=DISCONNECTING_SECONDS
    )
