"""Verification of Firebase ID tokens.

google-auth verifies a token; the certificates it needs are fetched before that, without blocking.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.auth import jwt
from google.oauth2 import id_token

from common.adapters.google.identity_hash import ReadKey, former_ids
from common.adapters.http.request import RETRY_IDEMPOTENT, HttpAnswer, OutboundRequest
from common.domain import errors
from common.domain.document_values import RESERVED
from common.domain.ids import ID, UserId
from common.domain.user import EVERYONE, User

if TYPE_CHECKING:
    from common.adapters.http.client import HttpClient

SERVICE = "identity"
CERTIFICATES = (
    "https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"
)
DEADLINE = 3.0
"""Seconds for fetching the certificates."""
MAX_BYTES = 64 * 1024
"""Size cap of the certificates. Google's answer has about 4 KiB."""
DEFAULT_MAX_AGE = 3600.0
"""Seconds for which certificates hold if their answer names no time."""
RETRY_SECONDS = 30.0
"""After a failed fetch, how long the old certificates are used before the next fetch."""
MAX_TOKEN_CHARACTERS = 8192
"""Firebase's tokens have about 1,000 characters, and custom claims add at most 1,000."""
SKEW_SECONDS = 10
"""How far the clocks of a phone, of Google and of this machine may differ."""
EXTENSIONS = {"crit", "b64"}
"""Members of a header that a verifier must understand or refuse (RFC 7515, 7797)."""
STANDARD = {"iss", "aud", "sub", "exp", "iat", "nbf", "jti", "auth_time"} | {
    "user_id",
    "firebase",
    "email",
    "email_verified",
}
"""Claims that every token has, or that `User` has a field for."""

FetchCertificates = Callable[[], Awaitable[HttpAnswer]]
"""Returns the answer that holds the certificates. Raises OSError or `Upstream`."""


class FirebaseIdentity:
    """Verifies ID tokens of a project. Belongs to one event loop.

    `now` returns seconds of any origin.
    """

    def __init__(
        self,
        project: str,
        fetch: FetchCertificates,
        *,
        read_key: ReadKey | None = None,
        admitted: Collection[str] = (EVERYONE,),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`read_key` returns the key of the hashes in `User.former`. Without it there are none."""
        self._project = project
        self._read_key = read_key
        self._admitted = admitted
        self._certificates = CertificateCache(fetch, now)

    async def verify(self, bearer: str) -> User:
        """Return the user that an ID token belongs to. `bearer` is the token alone.

        Raises:
            Unauthenticated: The token is malformed, expired, or not one of this project.
            NotInvited: The operator does not admit this person. Nothing was read.
            Unavailable: The certificates cannot be fetched.
        """
        key_id = _key_id(bearer)
        certificates = await self._certificates.get()
        if key_id is None or key_id not in certificates:
            if key_id is not None and self._certificates.outdated:
                raise errors.Unavailable(SERVICE, "the certificates are outdated")
            raise _refusal()
        claims = _claims(bearer, certificates, self._project)
        user = _user(claims)
        if user is None or claims is None:
            raise _refusal()
        if not user.is_admitted(self._admitted):
            raise errors.NotInvited("Ask the operator of this service for an invitation.")
        if self._read_key is None:
            return user
        return replace(user, former=await former_ids(claims, self._read_key))


class CertificateCache:
    """Google's certificates by key id.

    Concurrent callers share one fetch. Outdated certificates are used while new ones cannot be
    fetched.
    """

    def __init__(self, fetch: FetchCertificates, now: Callable[[], float]) -> None:
        self._fetch_answer = fetch
        self._now = now
        self._certificates: Mapping[str, str] = {}
        self._good_until = self._ask_after = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    @property
    def outdated(self) -> bool:
        return self._now() >= self._good_until

    async def get(self) -> Mapping[str, str]:
        """Return the certificates. Raises `Unavailable` if none could ever be fetched."""
        if self.outdated and (not self._certificates or self._now() >= self._ask_after):
            if self._fetching is None or self._fetching.done():
                self._fetching = asyncio.create_task(self._fetch())
            await asyncio.shield(self._fetching)  # it serves other callers if this one is cancelled
        if not self._certificates:
            raise errors.Unavailable(SERVICE, "no certificates")
        return self._certificates

    async def _fetch(self) -> None:
        try:
            answer = await self._fetch_answer()
        except (OSError, errors.Upstream):
            answer = HttpAnswer(0)
        certificates = _by_key_id(answer)
        if certificates:
            self._certificates = certificates
            self._good_until = self._now() + _max_age(answer.cache_control)
        else:
            self._ask_after = self._now() + RETRY_SECONDS


def from_google(http_client: "HttpClient") -> FetchCertificates:
    """Fetch the certificates from Google."""
    request = OutboundRequest(SERVICE, "GET", CERTIFICATES, changes=False)

    async def fetch() -> HttpAnswer:
        return await http_client.call(
            request, deadline=DEADLINE, cap=MAX_BYTES, retry=RETRY_IDEMPOTENT
        )

    return fetch


def from_file(path: Path) -> FetchCertificates:
    """Read the certificates from a file, as the local stack does."""

    async def fetch() -> HttpAnswer:
        return HttpAnswer(200, body=await asyncio.to_thread(path.read_bytes))

    return fetch


@dataclass(frozen=True)
class CertificateResponse:
    """The certificates as the answer of a transport, as google-auth reads it."""

    data: bytes
    status: int = 200


def _claims(bearer: str, certificates: Mapping[str, str], project: str) -> Mapping[str, Any] | None:
    """Return the verified claims, or None.

    google-auth's exceptions quote the token, so they are not passed on.
    """
    response = CertificateResponse(json.dumps(certificates).encode())
    try:
        claims = id_token.verify_firebase_token(  # type: ignore[no-untyped-call]  # google-auth's
            bearer, lambda *_, **__: response, audience=project, clock_skew_in_seconds=SKEW_SECONDS
        )
    except Exception:  # noqa: BLE001 - it raises KeyError, TypeError and more; all mean a 401
        return None
    is_valid = (
        isinstance(claims, Mapping)
        and claims.get("iss") == _issuer(project)
        and _times_are_right(claims)
    )
    return claims if is_valid else None


def _times_are_right(claims: Mapping[str, Any]) -> bool:
    """Return True if times are whole seconds and `nbf` is past. google-auth takes `exp` as it is."""
    times = [claims[name] for name in ("exp", "iat", "nbf") if claims.get(name) is not None]
    if not all(type(time_) is int for time_ in times):  # no bool, no Infinity
        return False
    return claims.get("nbf") is None or claims["nbf"] <= time.time() + SKEW_SECONDS


def _issuer(project: str) -> str:
    return f"https://securetoken.google.com/{project}"


def _key_id(bearer: str) -> str | None:
    """Return the key id that the token names, or None if it cannot be a token of Firebase."""
    if len(bearer) > MAX_TOKEN_CHARACTERS or not bearer.isascii():
        return None
    try:
        header = jwt.decode_header(bearer)  # type: ignore[no-untyped-call]  # google-auth's
    except (ValueError, TypeError, RecursionError):
        return None
    if not EXTENSIONS.isdisjoint(header):
        return None
    key_id = header.get("kid")
    return key_id if header.get("alg") == "RS256" and isinstance(key_id, str) else None


def _user(claims: Mapping[str, Any] | None) -> User | None:
    uid, email = (claims or {}).get("sub"), (claims or {}).get("email")
    if claims is None or not isinstance(uid, str):
        return None
    if not ID.fullmatch(uid) or RESERVED.fullmatch(uid):  # it becomes part of a path
        return None
    return User(
        uid=UserId(uid),
        email=email if isinstance(email, str) else None,
        email_verified=claims.get("email_verified") is True,
        signed_in_at=_time(claims.get("auth_time")),
        claims={name: value for name, value in claims.items() if name not in STANDARD},
    )


def _time(seconds: object) -> datetime | None:
    """Return the time of a claim, or None if it is none."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None
    except (ValueError, OverflowError, OSError):
        return None


def _by_key_id(answer: HttpAnswer) -> Mapping[str, str]:
    """Return the certificates of an answer, or an empty mapping if it holds anything else."""
    if not answer.ok:
        return {}
    certificates = answer.json()
    is_valid = isinstance(certificates, dict) and all(
        isinstance(text, str) and text.startswith("-----BEGIN CERTIFICATE-----")
        for text in certificates.values()
    )
    return certificates if is_valid else {}


def _max_age(cache_control: str) -> float:
    for directive in cache_control.split(","):
        name, _, value = directive.strip().partition("=")
        if name.lower() == "max-age" and value.isascii() and value.isdigit():
            return float(value[:6])
    return DEFAULT_MAX_AGE


def _refusal() -> errors.Unauthenticated:
    return errors.Unauthenticated("The token is missing, expired, or not one of ours.")
