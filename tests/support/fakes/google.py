"""Fakes of Google's OAuth server and of the vault of grants."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import count

from common.domain import errors
from common.domain.google.connection import SCOPES, SERVICES, GoogleAccount
from common.domain.ids import UserId
from common.ports.clock import Clock
from common.ports.google import AccessToken, ExchangedCode

ALL_SCOPES = tuple(scope for service in SERVICES for scope in SCOPES[service])


class FakeGoogle:
    """Accepts every code, for the account `sub`. `seconds`: how long a call takes.

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
        self.exchanges: list[tuple[str, str]] = []
        self._clock = clock
        self._numbers = count(1)

    async def is_set_up(self) -> bool:
        return self.set_up

    async def consent_url(
        self, scopes: Sequence[str], state: str, challenge: str, login_hint: str | None
    ) -> str:
        return f"https://google.test/auth?state={state}&challenge={challenge}&{login_hint}&{scopes}"

    async def exchange(self, code: str, verifier: str) -> ExchangedCode:
        await self._call()
        self.exchanges.append((code, verifier))
        account = GoogleAccount(self.sub, f"{self.sub}@gmail.test", self.granted)
        return ExchangedCode(self._access(self.granted), f"refresh-{next(self._numbers)}", account)

    async def refresh(self, refresh_token: str, scopes: Sequence[str]) -> AccessToken:
        await self._call()
        self.refreshes += 1
        if refresh_token in self.revoked:
            raise errors.UpstreamNotFound("google", "it does not accept the grant")
        return self._access([scope for scope in scopes if scope in self.granted])

    async def revoke(self, token: str) -> None:
        await self._call()
        self.revoked.add(token)

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
