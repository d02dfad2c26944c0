"""Fakes of Google's OAuth server and of the vault of grants."""

import asyncio
import base64
import hashlib
from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import count
from urllib.parse import parse_qs, urlencode, urlsplit

from common.domain import errors
from common.domain.google.connection import SCOPES, SERVICES, GoogleAccount
from common.domain.ids import UserId
from common.ports.clock import Clock
from common.ports.google import AccessToken, ExchangedCode

ALL_SCOPES = tuple(scope for service in SERVICES for scope in SCOPES[service])


class FakeGoogle:
    """An OAuth server. `sub` is the account that allows. `seconds`: how long a call takes.

    A refresh token works until it is in `revoked`. `failing` is raised by every call.
    """

    def __init__(self, clock: Clock, *, seconds: float = 0.0) -> None:
        self.sub = "sub-1"
        self.granted: tuple[str, ...] = ALL_SCOPES
        self.failing: errors.Upstream | None = None
        self.set_up = True
        self.seconds = seconds
        self.revoked: set[str] = set()
        self.refreshes = 0
        self._clock = clock
        self._codes: dict[str, str] = {}
        self._numbers = count(1)

    def allow(self, url: str, without: Collection[str] = ()) -> str:
        """Allow what a consent page asks for, and return the code: the person's part.

        `without`: the ends of scopes whose ticks are removed.
        """
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        asked = query["scope"].split()
        kept = tuple(scope for scope in asked if not scope.endswith(tuple(without) or ("?",)))
        self.granted = kept if without else self.granted
        code = f"code-{next(self._numbers)}"
        self._codes[code] = query["challenge"]
        return code

    def forget(self) -> None:
        """Remove our access in the account's own settings."""
        self.revoked |= {f"refresh-{number}" for number in range(next(self._numbers))}

    async def is_set_up(self) -> bool:
        return self.set_up

    async def consent_url(
        self, scopes: Sequence[str], state: str, challenge: str, login_hint: str | None
    ) -> str:
        asked = {"scope": " ".join(scopes), "state": state, "challenge": challenge}
        return f"https://google.test/auth?{urlencode({**asked, 'hint': login_hint or ''})}"

    async def exchange(self, code: str, verifier: str) -> ExchangedCode:
        await self._call()
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        if self._codes.get(code) != digest.rstrip(b"=").decode():
            raise errors.UpstreamNotFound("google", "it does not accept the grant")
        del self._codes[code]
        account = GoogleAccount(self.sub, f"{self.sub}@gmail.test", self.granted)
        return ExchangedCode(self._access(self.granted), f"refresh-{next(self._numbers)}", account)

    async def refresh(self, refresh_token: str, scopes: Sequence[str]) -> AccessToken:
        await self._call()
        if refresh_token in self.revoked or not refresh_token.startswith("refresh"):
            raise errors.UpstreamNotFound("google", "it does not accept the grant")
        self.refreshes += 1
        return self._access([scope for scope in scopes if scope in self.granted])

    async def revoke(self, token: str) -> None:
        """Revoke the whole grant: every refresh token so far, whichever token is given."""
        await self._call()
        self.revoked.add(token)
        self.forget()

    def _access(self, scopes: Sequence[str]) -> AccessToken:
        until = self._clock.now() + timedelta(seconds=3599)
        return AccessToken(f"access-{next(self._numbers)}", until, tuple(scopes))

    async def _call(self) -> None:
        await asyncio.sleep(self.seconds)
        if self.failing is not None:
            raise self.failing


class MemoryGrants:
    """A `GrantVault` in memory. `failing` is raised by every call."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.failing: errors.Upstream | None = None

    async def keep(self, consent: str, refresh_token: str) -> None:
        self._fail()
        self.kept[consent] = refresh_token

    async def open(self, consent: str) -> str:
        self._fail()
        if consent not in self.kept:
            raise errors.UpstreamNotFound("vault", "no such secret")
        return self.kept[consent]

    async def forget(self, consent: str) -> None:
        self._fail()
        self.kept.pop(consent, None)

    async def seal(self, user: UserId, text: str) -> str:
        self._fail()
        return f"sealed:{user}:{text[::-1]}"

    async def unseal(self, user: UserId, sealed: str) -> str:
        self._fail()
        prefix = f"sealed:{user}:"
        if not sealed.startswith(prefix):
            raise errors.Failed("vault", "the sealed text cannot be opened")
        return sealed.removeprefix(prefix)[::-1]

    def _fail(self) -> None:
        if self.failing:
            raise self.failing
