"""Firebase ID tokens, verified by google-auth with certificates that are fetched ahead of it."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from google.auth import jwt
from google.oauth2 import id_token

from common.domain import errors
from common.domain.document_values import RESERVED
from common.domain.ids import ID, UserId
from common.domain.user import User

CERTIFICATES = (
    "https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"
)
DEADLINE = 3.0
"""Seconds for fetching the certificates."""
CAP = 64 * 1024
"""Bytes of their answer; Google's has about 4 KiB."""
FRESH = 3600.0
"""Seconds for which certificates hold where their answer does not say."""
PATIENCE = 30.0
"""Seconds until they are asked for again after that failed, while there are old ones."""
LONGEST = 8192
"""Characters of a token. Firebase's have about 1,000, and at most 1,000 more of our own claims."""
SKEW = 10
"""Seconds by which the clocks of a phone, of Google and ours may differ."""
STANDARD = {"iss", "aud", "sub", "exp", "iat", "nbf", "jti", "auth_time"} | {
    "user_id",
    "firebase",
    "email",
    "email_verified",
}
"""Claims that every token has, or that `User` has a field for."""


@dataclass(frozen=True)
class CertificateAnswer:
    """What came back for the certificates' address; `body` of at most `CAP` bytes."""

    status: int
    body: bytes = field(repr=False)
    cache_control: str = ""


Transport = Callable[[str], Awaitable[CertificateAnswer]]
"""GET. Raises OSError, httpx's HTTPError or `Upstream` where nothing comes back."""


class FirebaseIdentity:
    """`now` gives seconds, of any origin. Belongs to one event loop."""

    def __init__(
        self, project: str, transport: Transport, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._project = project
        self._certificates = CertificateCache(transport, now)

    async def verify(self, bearer: str) -> User:
        """`bearer` is the token alone, without the word before it.

        `Unauthenticated`: it is not one of this project's, whole and current. `Unavailable`: it
        cannot be told, as Google's certificates cannot be had.
        """
        key_id = _key_id(bearer)
        certificates = await self._certificates.get()
        if key_id is None or key_id not in certificates:
            if key_id is not None and self._certificates.outdated:
                raise errors.Unavailable("identity", "the certificates are outdated")
            raise _unauthenticated()
        user = _user(_claims(bearer, certificates, self._project))
        if user is None:
            raise _unauthenticated()
        return user


class CertificateCache:
    """Google's, by key id, fetched once for all who wait, and again when they are outdated. Old
    ones serve on while no new ones can be had."""

    def __init__(self, transport: Transport, now: Callable[[], float]) -> None:
        self._transport = transport
        self._now = now
        self._known: Mapping[str, str] = {}
        self._good_until = self._ask_after = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    @property
    def outdated(self) -> bool:
        return self._now() >= self._good_until

    async def get(self) -> Mapping[str, str]:
        """`Unavailable`: there have never been any."""
        if self.outdated and (not self._known or self._now() >= self._ask_after):
            if self._fetching is None or self._fetching.done():
                self._fetching = asyncio.create_task(self._fetch())
            await asyncio.shield(self._fetching)  # goes on for the others if this caller leaves
        if not self._known:
            raise errors.Unavailable("identity", "no certificates")
        return self._known

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(DEADLINE):
                answer = await self._transport(CERTIFICATES)
        except (OSError, httpx.HTTPError, errors.Upstream):  # TimeoutError is an OSError
            answer = CertificateAnswer(0, b"")
        found = _by_key_id(answer)
        if found:
            self._known = found
            self._good_until = self._now() + _max_age(answer.cache_control)
        else:
            self._ask_after = self._now() + PATIENCE


def over_https(client: Callable[[], httpx.AsyncClient]) -> Transport:
    """Asks Google. `client` gives the process's own, made at the first call."""

    async def get(url: str) -> CertificateAnswer:
        body = b""
        plain = {"accept-encoding": "identity"}  # so that the cap is not passed in one chunk
        async with client().stream("GET", url, headers=plain, timeout=DEADLINE) as answer:
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > CAP:
                    return CertificateAnswer(0, b"")
            return CertificateAnswer(
                answer.status_code, body, answer.headers.get("cache-control", "")
            )

    return get


def from_file(path: Path) -> Transport:
    """Another issuer's certificates, read from a file: the local stack's."""

    async def get(_url: str) -> CertificateAnswer:
        return CertificateAnswer(200, await asyncio.to_thread(path.read_bytes))

    return get


@dataclass(frozen=True)
class _Fetched:
    """What google-auth expects of a transport's answer."""

    data: bytes
    status: int = 200


def _claims(bearer: str, certificates: Mapping[str, str], project: str) -> Mapping[str, Any] | None:
    """None: not verified, for whatever reason. The exceptions quote the token, so none leaves."""
    fetched = _Fetched(json.dumps(certificates).encode())
    try:
        claims = id_token.verify_firebase_token(  # type: ignore[no-untyped-call]  # google-auth's
            bearer, lambda *_, **__: fetched, audience=project, clock_skew_in_seconds=SKEW
        )
    except Exception:  # noqa: BLE001 - KeyError, TypeError and more: whatever it raises is a 401
        return None
    right = isinstance(claims, Mapping) and claims.get("iss") == _issuer(project)
    return claims if right else None


def _issuer(project: str) -> str:
    return f"https://securetoken.google.com/{project}"


def _key_id(bearer: str) -> str | None:
    """Which key is said to have signed it; None where it cannot be one of Firebase's."""
    if len(bearer) > LONGEST or not bearer.isascii():
        return None
    try:
        header = jwt.decode_header(bearer)  # type: ignore[no-untyped-call]  # google-auth's
    except (ValueError, TypeError, RecursionError):
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
        claims={name: value for name, value in claims.items() if name not in STANDARD},
    )


def _by_key_id(answer: CertificateAnswer) -> Mapping[str, str]:
    """Empty where it is anything but certificates by key id."""
    if answer.status != httpx.codes.OK:
        return {}
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    good = isinstance(found, dict) and all(
        isinstance(text, str) and text.startswith("-----BEGIN CERTIFICATE-----")
        for text in found.values()
    )
    return found if good else {}


def _max_age(cache_control: str) -> float:
    for directive in cache_control.split(","):
        name, _, value = directive.strip().partition("=")
        if name.lower() == "max-age" and value.isascii() and value.isdigit():
            return float(value[:6])
    return FRESH


def _unauthenticated() -> errors.Unauthenticated:
    return errors.Unauthenticated("The token is missing, expired, or not one of ours.")
