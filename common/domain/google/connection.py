"""A user's Google connection: what Google allowed, what is switched on, and the access token.

    (none) ──► connected ──► disconnecting ──► (none)
                 │    ▲            ▲
                 ▼    │            │
               reconnect ──────────┘

`reconnect`: Google does not accept the refresh token any more. The document holds the access token
sealed; the refresh token is in Secret Manager, in the secret of its consent.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from common.domain.documents import Create, Delete, Document, Update, Version, read_fields
from common.domain.ids import NO_USER, UserId

Service = Literal["mail", "calendar"]
SERVICES: tuple[Service, ...] = ("mail", "calendar")
SCOPES: Mapping[Service, tuple[str, ...]] = {
    "mail": (
        "https://www.googleapis.com/auth/gmail.readonly",
        "https://www.googleapis.com/auth/gmail.send",
    ),
    "calendar": ("https://www.googleapis.com/auth/calendar.events",),
}
"""The scopes of each service. A service is allowed if Google granted all of them."""

LOST_CONSENT = "lost"
"""For a stored connection that lacks its consent: no document stands there."""

ConnectionState = Literal["connected", "reconnect", "disconnecting"]

TOKEN_MARGIN = timedelta(minutes=5)
"""An access token is refreshed this long before its expiry: a turn may still use it for that long."""
REFRESH_LEASE = timedelta(seconds=15)
"""One process refreshes the token; after this long another one may try."""
REFRESH_PAUSE = timedelta(seconds=10)
"""After a refresh that failed, turns go on without the connection for this long."""


def connection_path(user: UserId) -> str:
    return f"users/{user}/connections/google"


def scopes_of(services: Collection[Service]) -> list[str]:
    """Return the scopes of some services, in a fixed order."""
    return [scope for service in SERVICES if service in services for scope in SCOPES[service]]


@dataclass(frozen=True)
class NewToken:
    """An access token as it is stored: sealed, with the scopes that Google gave it."""

    sealed: str = field(repr=False)
    expires_at: datetime
    scopes: tuple[str, ...]

    def fields(self, services: Collection[Service]) -> dict[str, Any]:
        return {
            "sealed": self.sealed,
            "token_expires_at": self.expires_at,
            "token_services": [service for service in SERVICES if service in services],
        }


def allowed_services(granted: Collection[str]) -> list[Service]:
    """Return the services all of whose scopes are granted."""
    return [service for service in SERVICES if set(SCOPES[service]) <= set(granted)]


@dataclass(frozen=True)
class GoogleConnection:
    """The document `users/{uid}/connections/google`.

    `consent` names the consent whose secret holds the refresh token. `sub` and `email` are those of
    the Google account. `refreshing` is the holder of the refresh lease, until `refreshing_until`.
    `retry_at`: no refresh before this time. `token_services`: what the access token was made for.
    """

    uid: UserId = NO_USER
    state: ConnectionState = "connected"
    consent: str = LOST_CONSENT
    sub: str = ""
    email: str = ""
    granted: tuple[str, ...] = ()
    mail: bool = False
    calendar: bool = False
    connected_at: datetime | None = None
    used_at: datetime | None = None
    sealed: str | None = field(default=None, repr=False)
    token_expires_at: datetime | None = None
    token_services: tuple[Service, ...] = ()
    refreshing: str | None = None
    refreshing_until: datetime | None = None
    retry_at: datetime | None = None
    version: Version = None

    @classmethod
    def read(cls, document: Document) -> Self | None:
        """Return the connection at `document`, or None if there is none."""
        if not document.exists:
            return None
        found = read_fields(cls, document)
        for name in ("granted", "token_services"):
            found[name] = tuple(found.get(name) or ())
        return cls(**{**found, "version": document.version})

    @property
    def path(self) -> str:
        return connection_path(self.uid)

    def allows(self, service: Service) -> bool:
        """Return True if Google granted every scope of the service."""
        return service in allowed_services(self.granted)

    def is_on(self, service: Service) -> bool:
        return bool(getattr(self, service)) and self.allows(service)

    @property
    def on(self) -> list[Service]:
        """Return the services that a turn may use."""
        return [service for service in SERVICES if self.is_on(service)]

    def token(self, now: datetime) -> str | None:
        """Return the sealed access token if it lasts long enough, and is for what is switched on."""
        expires_at = self.token_expires_at
        if self.sealed is None or expires_at is None or expires_at - TOKEN_MARGIN <= now:
            return None
        return self.sealed if list(self.token_services) == self.on else None

    def is_refreshing(self, now: datetime) -> bool:
        """Return True while a process holds the refresh lease."""
        until = self.refreshing_until
        return self.refreshing is not None and until is not None and until > now

    def switch(self, switches: Mapping[Service, bool]) -> Update:
        fields = {str(service): on for service, on in switches.items()}
        return Update(self.path, fields, read=self.version)

    def take_refresh(self, holder: str, now: datetime) -> Update:
        """Give the refresh lease to `holder`."""
        lease = {"refreshing": holder, "refreshing_until": now + REFRESH_LEASE}
        return Update(self.path, lease, read=self.version)

    def store_token(self, token: NewToken, now: datetime) -> Update:
        """Store a new access token, and free the lease."""
        lost = set(scopes_of(self.on)) - set(token.scopes)
        left = [service for service in self.on if not set(SCOPES[service]) & lost]
        fields = {
            **token.fields(left),
            "granted": [scope for scope in self.granted if scope not in lost],
            "used_at": now,
            "retry_at": None,
            **FREE,
        }
        return Update(self.path, fields, read=self.version)

    def postpone_refresh(self, now: datetime) -> Update:
        """Free the lease after a refresh that failed. The next one waits for `REFRESH_PAUSE`."""
        return Update(self.path, {**FREE, "retry_at": now + REFRESH_PAUSE}, read=self.version)

    def note_lost_grant(self) -> Update:
        """Note that Google does not accept the refresh token any more."""
        return Update(self.path, {"state": "reconnect", **NO_TOKEN, **FREE}, read=self.version)

    def drop_token(self) -> Update:
        """Forget the access token, which Google refused. The next turn refreshes it."""
        return Update(self.path, {**NO_TOKEN}, read=self.version)

    def disconnect(self) -> Update:
        fields = {"state": "disconnecting", "mail": False, "calendar": False, **NO_TOKEN, **FREE}
        return Update(self.path, fields, read=self.version)

    def delete(self) -> Delete:
        return Delete(self.path, read=self.version)


FREE: Mapping[str, Any] = {"refreshing": None, "refreshing_until": None}
NO_TOKEN: Mapping[str, Any] = {"sealed": None, "token_expires_at": None, "token_services": []}


@dataclass(frozen=True)
class GoogleAccount:
    """The Google account and the scopes of a consent that Google granted."""

    sub: str
    email: str
    granted: tuple[str, ...]


def connect(
    before: GoogleConnection | None,
    user: UserId,
    consent: str,
    account: GoogleAccount,
    services: Collection[Service],
    token: NewToken,
    now: datetime,
) -> Create | Update:
    """Write the connection that a finished consent makes, over `before`.

    The `services` of the consent are switched on. Others stay as they were.
    """
    mail, calendar = (before.mail, before.calendar) if before else (False, False)
    fields = {
        "uid": user,
        "state": "connected",
        "consent": consent,
        "sub": account.sub,
        "email": account.email,
        "granted": list(account.granted),
        "mail": mail or "mail" in services,
        "calendar": calendar or "calendar" in services,
        "connected_at": now,
        "used_at": before.used_at if before else None,
        "retry_at": None,
        **token.fields(allowed_services(token.scopes)),
        **FREE,
    }
    if before is None:
        return Create(connection_path(user), fields)
    return Update(connection_path(user), fields, read=before.version)
