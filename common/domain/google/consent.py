"""One run through Google's consent page, and the refresh token that came of it.

    asked ──► begun ──► exchanging ──► held ──► released ──► (deleted)
      └─────────┴──────────► refused      └──► revoking ──► (deleted)

`asked`: a one-use address was given out. `begun`: the browser was sent to Google. `exchanging`: the
code is being exchanged; from here on a secret may exist. `held`: the connection uses the refresh
token. `released`: a newer consent replaced it, and its secret goes. `revoking`: the person
disconnected; the grant is revoked, then the secret goes. `refused`: nothing came of it.

`due_at` is when the sweep must look at the document. Only hashes of the ticket, of the state and of
the cookie are stored. No I/O, no clock.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from common.domain.documents import Create, Delete, Document, Update, Version, read_fields
from common.domain.google.connection import SERVICES, Service
from common.domain.google.errors import (
    GoogleStateExpired,
    GoogleStateUnknown,
    GoogleStateUsed,
    GoogleWrongBrowser,
)
from common.domain.ids import ID, NO_USER, UserId

COLLECTION = "google_consents"
LIFE = timedelta(minutes=10)
"""A consent must be finished this long after it was asked for."""
TICKET_LIFE = timedelta(minutes=2)
"""The page visits the one-use address at once. A short life limits what a stolen one is good for."""
EXCHANGE = timedelta(seconds=60)
"""An exchange takes seconds. One that takes this long has lost its process."""
TRY_AGAIN = timedelta(seconds=30)
"""A revocation that failed is tried again after this long."""

ConsentState = Literal["asked", "begun", "exchanging", "held", "released", "revoking", "refused"]


def consent_path(consent: str) -> str:
    return f"{COLLECTION}/{consent}"


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def challenge_of(verifier: str) -> str:
    """Return PKCE's challenge of a verifier (RFC 7636, S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def consent_id(value: str | None) -> str | None:
    """Return the id in a ticket or a state, `<id>.<secret>`. None if it has another form."""
    name, dot, secret = (value or "").partition(".")
    return name if dot and secret and ID.fullmatch(name) else None


@dataclass(frozen=True)
class Consent:
    """The document `google_consents/{id}`. `verifier` is PKCE's, sealed."""

    id: str
    uid: UserId = NO_USER
    state: ConsentState = "asked"
    mail: bool = False
    calendar: bool = False
    return_to: str = ""
    created_at: datetime | None = None
    due_at: datetime | None = None
    ticket_hash: str = ""
    state_hash: str = ""
    cookie_hash: str = ""
    verifier: str = field(default="", repr=False)
    holder: str = ""
    version: Version = None

    @classmethod
    def read(cls, document: Document) -> Self | None:
        if not document.exists:
            return None
        return cls(id=document.id, **{**read_fields(cls, document), "version": document.version})

    @property
    def path(self) -> str:
        return consent_path(self.id)

    @property
    def services(self) -> list[Service]:
        """Return the services that the person was asked for."""
        return [service for service in SERVICES if getattr(self, service)]

    def age(self, now: datetime) -> timedelta:
        return now - self.created_at if self.created_at else LIFE

    def create(self) -> Create:
        fields = {name: value for name, value in vars(self).items() if name not in OUTSIDE}
        return Create(self.path, fields)

    def begin(self, holder: str, state: str, cookie: str, verifier: str) -> Update:
        return self._update(
            state="begun",
            holder=holder,
            state_hash=hash_of(state),
            cookie_hash=hash_of(cookie),
            verifier=verifier,
        )

    def claim(self, holder: str, now: datetime) -> Update:
        """Mark the state as used. From then on only this request exchanges the code."""
        return self._update(state="exchanging", holder=holder, due_at=now + EXCHANGE)

    def refuse(self, now: datetime) -> Update:
        """Mark the state as used, without an exchange or after one that failed."""
        return self._update(state="refused", verifier="", due_at=self.expires_at(now))

    def hold(self) -> Update:
        return self._update(state="held", verifier="", due_at=None)

    def release(self, now: datetime) -> Update:
        return self._update(state="released", due_at=now)

    def revoke(self, now: datetime) -> Update:
        return self._update(state="revoking", due_at=now + TRY_AGAIN)

    def try_again(self, now: datetime) -> Update:
        """Leave what is left to a later sweep."""
        return self._update(due_at=now + TRY_AGAIN)

    def delete(self) -> Delete:
        return Delete(self.path, read=self.version)

    def expires_at(self, now: datetime) -> datetime:
        return (self.created_at or now) + LIFE

    def _update(self, **fields: Any) -> Update:  # noqa: ANN401 - fields are JSON-like
        return Update(self.path, fields, read=self.version)

    # ── checks ───────────────────────────────────────────────────────────────────────────────────

    def check_ticket(self, ticket: str, now: datetime) -> None:
        """Raise unless `ticket` may begin this consent: once, for two minutes."""
        _check_secret(ticket, self.ticket_hash)
        if self.state != "asked":
            raise GoogleStateUsed("This address was used before. Connect again.")
        if self.age(now) >= TICKET_LIFE:
            raise GoogleStateExpired("This address has expired. Connect again.")

    def check_callback(self, state: str, cookie: str | None, now: datetime) -> None:
        """Raise unless `state` may finish this consent: once, for ten minutes, in its browser."""
        _check_secret(state, self.state_hash)
        if self.state != "begun":
            raise GoogleStateUsed("This consent was used before. Connect again.")
        if self.age(now) >= LIFE:
            raise GoogleStateExpired("Connecting took longer than ten minutes. Connect again.")
        if not cookie or not hmac.compare_digest(hash_of(cookie), self.cookie_hash):
            raise GoogleWrongBrowser(
                "Finish in the browser in which you began, with cookies allowed. Connect again."
            )


OUTSIDE = {"id", "version"}
"""Attributes that are no fields of the document."""


def _check_secret(secret: str, known: str) -> None:
    if not known or not hmac.compare_digest(hash_of(secret), known):
        raise unknown_state()


def unknown_state() -> GoogleStateUnknown:
    return GoogleStateUnknown("This address is not one of ours. Connect again.")


def ask_consent(
    consent: str,
    user: UserId,
    services: Mapping[Service, bool],
    return_to: str,
    ticket: str,
    now: datetime,
) -> Consent:
    """Return a new consent, which `ticket` begins."""
    return Consent(
        consent,
        uid=user,
        mail=services["mail"],
        calendar=services["calendar"],
        return_to=return_to,
        created_at=now,
        due_at=now + LIFE,
        ticket_hash=hash_of(ticket),
    )
