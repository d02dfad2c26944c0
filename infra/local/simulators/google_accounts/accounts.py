"""The accounts of the simulator, their mail and events, and the OAuth client that may ask them."""

import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from infra.local.simulators.agent_engine.assistant import calendar
from infra.local.simulators.google_accounts.grants import Grants

Json = dict[str, Any]
ISSUER = "https://accounts.google.com"
ID_TOKEN_SECONDS = 3600
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(\.[\w-]+)+")


@dataclass(frozen=True)
class Mail:
    """One message of a mailbox. `at` is in seconds since 1970."""

    id: str
    thread_id: str
    sender: str
    to: str
    subject: str
    text: str
    at: float
    labels: tuple[str, ...] = ("INBOX", "UNREAD")
    message_id: str = ""


@dataclass
class GoogleUser:
    """An account with its mailbox and its primary calendar (events by id, in Google's form)."""

    email: str
    name: str
    mails: list[Mail] = field(default_factory=list)
    events: dict[str, Json] = field(default_factory=dict)

    @property
    def sub(self) -> str:
        """Return the id of the account, 21 digits."""
        return str(int(hashlib.sha256(self.email.encode()).hexdigest(), 16))[:21]


@dataclass
class GoogleAccountsState:
    """State and settings of the simulator. Settings may be changed while it runs.

    `redirect_urls` are the exact redirect addresses of the OAuth client. `now` returns seconds since
    1970.
    """

    now: Callable[[], float] = time.time
    new_secret: Callable[[], str] = lambda: secrets.token_urlsafe(32)
    client_id: str = "123456789012-local.apps.googleusercontent.com"
    client_secret: str = "GOCSPX-local-simulator"  # noqa: S105 - of the simulator
    redirect_urls: list[str] = field(default_factory=list)
    testing: bool = False
    """The consent screen is in the state Testing: refresh tokens expire after 7 days."""
    live_tokens: int = 100
    """Refresh tokens of one account and client. A new one more invalidates the oldest."""
    users: dict[str, GoogleUser] = field(default_factory=dict)
    refreshes: int = 0
    """Refreshes that were answered with a token."""
    grants: Grants = field(init=False)

    def __post_init__(self) -> None:
        self.grants = Grants(self)
        for email, name in (
            ("ada@gmail.example", "Ada"),
            ("ada.work@gmail.example", "Ada at work"),
        ):
            self.users[email] = self._furnish(GoogleUser(email, name))

    def client_file(self) -> bytes:
        """Return the JSON file of the OAuth client, in the form that the console offers."""
        web = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "redirect_uris": self.redirect_urls,
        }
        return json.dumps({"web": web}).encode()

    def user(self, email: str) -> GoogleUser:
        """Return an account, which is made if it is new. Raises ValueError for another text."""
        if not EMAIL.fullmatch(email):
            raise ValueError("not an email address")
        if email not in self.users:
            self.users[email] = self._furnish(GoogleUser(email, email.partition("@")[0]))
        return self.users[email]

    def user_of(self, sub: str) -> GoogleUser:
        return next(user for user in self.users.values() if user.sub == sub)

    def next_id(self) -> str:
        """Return an id in Gmail's form, 16 hexadecimal digits."""
        return hashlib.sha256(self.new_secret().encode()).hexdigest()[:16]

    def _furnish(self, user: GoogleUser) -> GoogleUser:
        """Give the account three mails, and the events of this week and the next one."""
        now = self.now()
        letters = (
            ("Priya Shah <priya@example.test>", "Review on Monday", "Can we start at two?"),
            ("Tom Berger <tom@example.test>", "Lunch", "Wednesday at one, at the usual place?"),
            ("The library <desk@library.test>", "Your book is here", "We keep it for ten days."),
        )
        for number, (sender, subject, text) in enumerate(letters):
            mail_id = self.next_id()
            at = now - 3600 * (number + 1)
            user.mails.append(Mail(mail_id, mail_id, sender, user.email, subject, text, at))
        today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        for day in range(-today.weekday(), 14 - today.weekday()):
            date = today + timedelta(days=day)
            for entry in calendar.appointments(date.date()):
                begins = date.replace(hour=entry.at.hour, minute=entry.at.minute)
                self.add_event(user, entry.title, begins, begins + timedelta(hours=1))
        return user

    def add_event(self, user: GoogleUser, title: str, begins: datetime, ends: datetime) -> Json:
        body = {
            "summary": title,
            "start": {"dateTime": begins.isoformat(), "timeZone": "UTC"},
            "end": {"dateTime": ends.isoformat(), "timeZone": "UTC"},
        }
        return self.insert_event(user, body)

    def insert_event(self, user: GoogleUser, body: Json) -> Json:
        """Store an event with the fields that Google adds."""
        event_id = self.next_id()
        made = datetime.fromtimestamp(self.now(), UTC).isoformat().replace("+00:00", "Z")
        person = {"email": user.email, "self": True}
        user.events[event_id] = {
            "kind": "calendar#event",
            "etag": f'"{self.next_id()}"',
            "id": event_id,
            "status": "confirmed",
            "htmlLink": f"https://www.google.com/calendar/event?eid={event_id}",
            "created": made,
            "updated": made,
            "creator": person,
            "organizer": person,
            **body,
        }
        return user.events[event_id]

    # ── ID tokens ────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def key_id(self) -> str:
        return hashlib.sha256(str(self.key.public_key().public_numbers().n).encode()).hexdigest()[
            :40
        ]

    def id_token(self, user: GoogleUser) -> str:
        """Return an ID token (RS256) of an account for our client."""
        now = int(self.now())
        claims = {
            "iss": ISSUER,
            "azp": self.client_id,
            "aud": self.client_id,
            "sub": user.sub,
            "email": user.email,
            "email_verified": True,
            "iat": now,
            "exp": now + ID_TOKEN_SECONDS,
        }
        header = {"alg": "RS256", "kid": self.key_id, "typ": "JWT"}
        signed = f"{_segment(header)}.{_segment(claims)}"
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{base64url(signature)}"

    def jwks(self) -> Json:
        numbers = self.key.public_key().public_numbers()
        key = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.key_id}
        n, e = (_number(each) for each in (numbers.n, numbers.e))
        return {"keys": [{**key, "n": n, "e": e}]}

    @cached_property
    def certificates(self) -> Json:
        """The same key as an X.509 certificate in PEM, by its id."""
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "google simulator")])
        begins = datetime(2026, 1, 1, tzinfo=UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(begins)
            .not_valid_after(begins + timedelta(days=36_500))
            .sign(self.key, hashes.SHA256())
        )
        return {self.key_id: built.public_bytes(serialization.Encoding.PEM).decode()}


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _segment(part: Json) -> str:
    return base64url(json.dumps(part, separators=(",", ":")).encode())


def _number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))
