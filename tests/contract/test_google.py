"""The contract of `GoogleAccounts`: the fake, and the real client against the simulator of Google."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from anyio.lowlevel import checkpoint

from common.adapters.google.oauth import GoogleOauth, OauthAddresses
from common.adapters.http.client import HttpClient
from common.domain import errors
from common.domain.google.connection import scopes_of
from common.domain.google.consent import challenge_of
from common.ports.google import ExchangedCode, GoogleAccounts
from infra.local.demo.google_browser import GoogleBrowser
from infra.local.plain_http import plain_client
from infra.local.simulators.faults import ServiceFault, ServiceFaults
from infra.local.simulators.faulty import Faulty
from infra.local.simulators.google_accounts import GoogleAccountsState, oauth_app
from infra.local.simulators.google_accounts.accounts import GoogleUser
from tests.local.serving import served
from tests.support.fakes.google import ALL_SCOPES, FakeGoogle

REDIRECT = "https://talk.example.test/api/connections/google/callback"
VERIFIER = "v" * 43
DAY = 86_400.0


class MovedClock:
    """The time of this machine, `ahead` seconds later: ID tokens are verified with the real time."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def now(self) -> datetime:
        return datetime.fromtimestamp(self(), UTC)


@dataclass
class GoogleSetup:
    """`allow` is the person on the consent page. `forget`: the person removes our access."""

    port: GoogleAccounts
    allow: Callable[[str, Collection[str]], Awaitable[str]]
    forget: Callable[[], None]

    async def code(self, *, without: Collection[str] = (), verifier: str = VERIFIER) -> str:
        url = await self.port.consent_url(ALL_SCOPES, "a.state", challenge_of(verifier), None)
        return await self.allow(url, without)

    async def connect(self, *, without: Collection[str] = ()) -> ExchangedCode:
        return await self.port.exchange(await self.code(without=without), VERIFIER)

    async def refresh_token(self) -> str:
        token = (await self.connect()).refresh_token
        assert token is not None
        return token


@dataclass
class SimulatedGoogle:
    """The simulator, served with faults, and the real client of it."""

    state: GoogleAccountsState
    clock: MovedClock
    faults: ServiceFaults
    http: HttpClient
    browser: httpx.AsyncClient
    address: str
    port: GoogleOauth = field(init=False)

    async def allow(self, url: str, without: Collection[str]) -> str:
        browser = GoogleBrowser(self.browser)
        callback = await browser.allow(await browser.open(url), without=without)
        return httpx.URL(callback).params["code"]

    def forget(self) -> None:
        for token in list(self.state.grants.refresh_tokens):
            self.state.grants.forget(token.sub)

    def setup(self) -> GoogleSetup:
        return GoogleSetup(self.port, self.allow, self.forget)

    def fail(self, path: str, mode: Any, times: int = 1) -> None:
        self.faults.add(ServiceFault(service="google-accounts", path=path, mode=mode, times=times))


@pytest.fixture
async def simulated() -> AsyncIterator[SimulatedGoogle]:
    clock = MovedClock()
    state = GoogleAccountsState(now=clock, redirect_urls=[REDIRECT])
    async with simulating(state, clock) as found:
        yield found


@asynccontextmanager
async def simulating(
    state: GoogleAccountsState, clock: MovedClock
) -> AsyncIterator[SimulatedGoogle]:
    faults = ServiceFaults()

    async def read_client() -> str:
        return state.client_file().decode()

    async with (
        served(Faulty(oauth_app(state), faults, "google-accounts")) as address,
        plain_client() as browser,
    ):
        found = SimulatedGoogle(state, clock, faults, HttpClient(sleep=at_once), browser, address)
        found.port = GoogleOauth(
            read_client, REDIRECT, found.http, clock, OauthAddresses.at(address)
        )
        yield found
        await found.http.close()


async def at_once(_seconds: float) -> None:
    await checkpoint()


@pytest.fixture(params=["fake", "google"])
async def setting(request: pytest.FixtureRequest, simulated: SimulatedGoogle) -> GoogleSetup:
    if request.param == "google":
        return simulated.setup()
    fake = FakeGoogle(simulated.clock)

    async def allow(url: str, without: Collection[str]) -> str:
        await checkpoint()
        return fake.allow(url, without)

    return GoogleSetup(fake, allow, fake.forget)


# ── both ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_code_gives_tokens_and_the_account(setting: GoogleSetup) -> None:
    assert await setting.port.is_set_up()
    found = await setting.connect()
    assert found.refresh_token
    assert found.account.sub
    assert "@" in found.account.email
    assert set(ALL_SCOPES) <= set(found.account.granted)
    assert set(ALL_SCOPES) <= set(found.access.scopes)
    assert 3_000 < (found.access.expires_at - datetime.now(UTC)).total_seconds() < 3_700


async def test_a_code_is_accepted_once(setting: GoogleSetup) -> None:
    code = await setting.code()
    await setting.port.exchange(code, VERIFIER)
    with pytest.raises(errors.UpstreamNotFound):
        await setting.port.exchange(code, VERIFIER)


@pytest.mark.parametrize("code", ["", "4/0nonsense"])
async def test_an_unknown_code_is_not_accepted(setting: GoogleSetup, code: str) -> None:
    with pytest.raises(errors.UpstreamNotFound):
        await setting.port.exchange(code, VERIFIER)


@pytest.mark.parametrize("verifier", ["w" * 43, "", challenge_of(VERIFIER)])
async def test_another_verifier_is_not_accepted(setting: GoogleSetup, verifier: str) -> None:
    with pytest.raises(errors.UpstreamNotFound):
        await setting.port.exchange(await setting.code(), verifier)


async def test_scopes_are_those_that_the_person_left_ticked(setting: GoogleSetup) -> None:
    found = await setting.connect(without=["gmail.send"])
    assert set(ALL_SCOPES) - set(found.account.granted) == {
        "https://www.googleapis.com/auth/gmail.send"
    }


async def test_a_refresh_gives_a_new_token_for_the_wanted_scopes(setting: GoogleSetup) -> None:
    token = await setting.refresh_token()
    first = await setting.port.refresh(token, scopes_of(["calendar"]))
    second = await setting.port.refresh(token, scopes_of(["mail", "calendar"]))
    assert list(first.scopes) == scopes_of(["calendar"])
    assert set(second.scopes) == set(ALL_SCOPES)
    assert first.text != second.text


async def test_an_unknown_refresh_token_is_not_accepted(setting: GoogleSetup) -> None:
    with pytest.raises(errors.UpstreamNotFound):
        await setting.port.refresh("1//nonsense", ALL_SCOPES)


@pytest.mark.parametrize("which", ["refresh token", "access token"])
async def test_a_revoked_grant_gives_no_token(setting: GoogleSetup, which: str) -> None:
    found = await setting.connect()
    assert found.refresh_token is not None
    revoked = found.refresh_token if which == "refresh token" else found.access.text
    await setting.port.revoke(revoked)
    await setting.port.revoke(revoked)  # it is gone already
    with pytest.raises(errors.UpstreamNotFound):
        await setting.port.refresh(found.refresh_token, ALL_SCOPES)


async def test_access_that_the_person_removed_gives_no_token(setting: GoogleSetup) -> None:
    token = await setting.refresh_token()
    setting.forget()
    with pytest.raises(errors.UpstreamNotFound):
        await setting.port.refresh(token, ALL_SCOPES)


# ── faults of Google ─────────────────────────────────────────────────────────────────────────────


async def test_a_token_of_an_app_in_testing_expires_after_seven_days(
    simulated: SimulatedGoogle,
) -> None:
    simulated.state.testing = True
    token = await simulated.setup().refresh_token()
    simulated.clock.ahead = 7 * DAY - 60
    await simulated.port.refresh(token, ALL_SCOPES)
    simulated.clock.ahead = 7 * DAY + 60
    with pytest.raises(errors.UpstreamNotFound):
        await simulated.port.refresh(token, ALL_SCOPES)


async def test_an_unused_token_expires_after_six_months(simulated: SimulatedGoogle) -> None:
    token = await simulated.setup().refresh_token()
    for days in (179, 300):
        simulated.clock.ahead = days * DAY
        await simulated.port.refresh(token, ALL_SCOPES)
    simulated.clock.ahead = 481 * DAY
    with pytest.raises(errors.UpstreamNotFound):
        await simulated.port.refresh(token, ALL_SCOPES)


async def test_one_token_too_many_drops_the_oldest(simulated: SimulatedGoogle) -> None:
    setting = simulated.setup()
    oldest, *others = [await setting.refresh_token() for _ in range(100)]
    await simulated.port.refresh(oldest, ALL_SCOPES)
    others.append(await setting.refresh_token())
    with pytest.raises(errors.UpstreamNotFound):
        await simulated.port.refresh(oldest, ALL_SCOPES)
    for token in (others[0], others[-1]):
        await simulated.port.refresh(token, ALL_SCOPES)


async def test_a_deployment_without_a_client_is_not_set_up(simulated: SimulatedGoogle) -> None:
    async def read_nothing() -> str:
        raise errors.UpstreamNotFound("secret_manager", "NOT_FOUND")

    port = GoogleOauth(read_nothing, REDIRECT, simulated.http, simulated.clock)
    assert not await port.is_set_up()


@pytest.mark.parametrize(
    ("secret", "error"), [("", "invalid_client"), (None, "invalid_grant")], ids=["wrong", "right"]
)
async def test_the_simulator_reads_the_client_from_the_header_too(
    simulated: SimulatedGoogle, secret: str | None, error: str
) -> None:
    """Other clients than ours send it there."""
    state = simulated.state
    answer = await simulated.browser.post(
        simulated.address + "/token",
        data={"grant_type": "refresh_token", "refresh_token": "1//x"},
        auth=(state.client_id, state.client_secret if secret is None else secret),
    )
    assert answer.json()["error"] == error


FAULTS: dict[str, tuple[type[errors.Upstream], type[errors.Upstream]]] = {
    "refuse": (errors.Ambiguous, errors.Unavailable),
    "lost": (errors.Ambiguous, errors.Unavailable),
    "truncate": (errors.Ambiguous, errors.Unavailable),
    "429": (errors.Busy, errors.Busy),
    "500": (errors.Ambiguous, errors.Unavailable),
    "503": (errors.Ambiguous, errors.Busy),
    "garbage": (errors.Failed, errors.Failed),
    "nonsense": (errors.Failed, errors.Failed),
}
"""The error of an exchange, which is sent once, and of a refresh, which may be repeated."""


@pytest.mark.parametrize("mode", FAULTS)
async def test_each_fault_of_the_token_endpoint_has_its_error(
    simulated: SimulatedGoogle, mode: str
) -> None:
    setting = simulated.setup()
    token, code = await setting.refresh_token(), await setting.code()
    exchange, refresh = FAULTS[mode]
    simulated.fail("/token", mode, times=9)
    with pytest.raises(errors.Upstream) as refused:
        await simulated.port.exchange(code, VERIFIER)
    assert type(refused.value) is exchange
    assert code not in f"{refused.value!r} {refused.value.__context__!r}"
    with pytest.raises(errors.Upstream) as refused:
        await simulated.port.refresh(token, ALL_SCOPES)
    assert type(refused.value) is refresh
    assert token not in f"{refused.value!r} {refused.value.__context__!r}"


@pytest.mark.parametrize("mode", ["refuse", "lost", "429", "503"])
async def test_a_refresh_is_repeated_after_a_short_fault(
    simulated: SimulatedGoogle, mode: str
) -> None:
    token = await simulated.setup().refresh_token()
    simulated.fail("/token", mode)
    assert (await simulated.port.refresh(token, ALL_SCOPES)).text


# ── ID tokens that prove nothing ─────────────────────────────────────────────────────────────────


@dataclass
class ForgingGoogle(GoogleAccountsState):
    """A server that answers with an ID token of `forge`."""

    forge: Callable[[GoogleUser], str] = str

    def id_token(self, user: GoogleUser) -> str:
        return self.forge(user)


def other_key(user: GoogleUser) -> str:
    return GoogleAccountsState().id_token(user)


def other_audience(ours: GoogleAccountsState) -> Callable[[GoogleUser], str]:
    other = GoogleAccountsState(client_id="987654321098-other.apps.googleusercontent.com")
    other.__dict__["key"] = ours.key  # Google signs for every client with the same key
    return other.id_token


def out_of_date(ours: GoogleAccountsState) -> Callable[[GoogleUser], str]:
    other = GoogleAccountsState(now=lambda: time.time() - DAY)
    other.__dict__["key"] = ours.key
    return other.id_token


def without_signature(ours: GoogleAccountsState) -> Callable[[GoogleUser], str]:
    other = GoogleAccountsState()
    other.__dict__["key"] = ours.key
    return lambda user: other.id_token(user).rpartition(".")[0] + "."


@pytest.mark.parametrize(
    "forge",
    [lambda _: other_key, other_audience, out_of_date, without_signature, lambda _: lambda _: ""],
    ids=["another key", "another audience", "expired", "no signature", "none"],
)
async def test_an_id_token_that_proves_nothing_gives_no_tokens(
    forge: Callable[[GoogleAccountsState], Callable[[GoogleUser], str]],
) -> None:
    clock = MovedClock()
    state = ForgingGoogle(now=clock, redirect_urls=[REDIRECT])
    state.forge = forge(state)
    async with simulating(state, clock) as found:
        with pytest.raises(errors.Failed, match="invalid ID token"):
            await found.setup().connect()
