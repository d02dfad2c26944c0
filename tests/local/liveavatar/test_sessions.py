"""The provider's rules about sessions and credits, on a clock that the test owns."""

import anyio
import pytest

from infra.local.simulators.json_web_tokens import BadTokenError, sign, verify
from infra.local.simulators.liveavatar import LiveAvatarAccount, LiveAvatarSettings, ManualClock
from infra.local.simulators.liveavatar.refusal import RequestRefusedError
from infra.local.simulators.liveavatar.session import LiveAvatarSession, SessionPlan
from tests.local.liveavatar.client import AVATAR, SANDBOX_AVATAR


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def plan(seconds: int = 600, *, sandbox: bool = False) -> SessionPlan:
    return SessionPlan("LITE", SANDBOX_AVATAR if sandbox else AVATAR, sandbox, seconds)


def running(
    account: LiveAvatarAccount, seconds: int = 600, *, sandbox: bool = False
) -> LiveAvatarSession:
    session = account.create(plan(seconds, sandbox=sandbox))
    account.start(session)
    return session


async def test_a_session_ends_at_its_maximum_age_without_a_call(clock: ManualClock) -> None:
    account = LiveAvatarAccount(clock=clock)
    session = running(account, 200)
    await clock.advance(5_000)
    account.settle()
    assert (session.state, session.end_reason) == ("ended", "MAX_DURATION_REACHED")
    assert session.seconds(clock.monotonic()) == 200
    assert session.ended is not None
    assert (account.utc(session.ended) - clock.now()).total_seconds() == -4_800


async def test_an_idle_session_ends_five_minutes_after_the_last_sign_of_life(
    clock: ManualClock,
) -> None:
    account = LiveAvatarAccount(clock=clock)
    session = running(account, 3_600)
    for _ in range(3):
        await clock.advance(200)
        account.keep_alive(session)
    await clock.advance(299)
    account.settle()
    assert session.state == "running"
    await clock.advance(100)
    account.settle()
    assert session.end_reason == "IDLE_TIMEOUT"
    assert session.seconds(clock.monotonic()) == 900


async def test_a_sandbox_session_is_short_and_free(clock: ManualClock) -> None:
    account = LiveAvatarAccount(clock=clock)
    session = running(account, sandbox=True)
    await clock.advance(100)
    account.settle()
    assert session.seconds(clock.monotonic()) == 60
    assert account.credits_left() == 1000


@pytest.mark.parametrize(("seconds", "credits_"), [(0, 1), (59, 1), (60, 1), (61, 2), (121, 3)])
async def test_the_first_minute_costs_at_once_then_each_that_begins(
    clock: ManualClock, seconds: int, credits_: int
) -> None:
    account = LiveAvatarAccount(clock=clock)
    session = running(account)
    assert account.credits_left() == 999
    await clock.advance(seconds)
    account.stop(session, "USER_CLOSED")
    await clock.advance(500)
    assert account.credits_left() == 1000 - credits_


def test_a_session_that_never_started_costs_nothing(clock: ManualClock) -> None:
    account = LiveAvatarAccount(clock=clock)
    session = account.create(plan())
    account.stop(session, "USER_CLOSED")
    assert (session.state, account.credits_left()) == ("ended", 1000)
    with pytest.raises(RequestRefusedError, match="already ended"):
        account.start(session)


async def test_without_overage_credits_end_a_session_and_refuse_the_next(
    clock: ManualClock,
) -> None:
    account = LiveAvatarAccount(LiveAvatarSettings(credits=2, overage=False), clock)
    session = running(account)
    await clock.advance(200)
    account.settle()
    assert (session.end_reason, session.seconds(0)) == ("NO_CREDITS", 120)
    with pytest.raises(RequestRefusedError) as raised:
        running(account)
    assert raised.value.status == 402


async def test_concurrency_is_released_half_a_second_after_the_stop(clock: ManualClock) -> None:
    account = LiveAvatarAccount(LiveAvatarSettings(concurrency=1), clock)
    first = running(account)
    with pytest.raises(RequestRefusedError) as raised:
        running(account)
    assert (raised.value.status, raised.value.code) == (403, 4003)
    account.stop(first, "USER_CLOSED")
    await clock.advance(0.4)
    with pytest.raises(RequestRefusedError):
        running(account)
    await clock.advance(0.2)
    assert running(account).state == "running"


def test_tokens_are_signed_and_expire() -> None:
    token = sign({"exp": 100, "who": "me"}, "secret")
    assert verify(token, "secret", 99)["who"] == "me"
    for secret, now in (("secret", 100), ("other", 99)):
        with pytest.raises(BadTokenError):
            verify(token, secret, now)
    for nonsense in ("", "a", "a.b", "a.b.c", "é.é.é"):
        with pytest.raises(BadTokenError):
            verify(nonsense, "secret", 0)


async def test_the_clock_wakes_sleepers_at_their_own_time(clock: ManualClock) -> None:
    woken = []

    async def sleeper(seconds: float) -> None:
        for _ in range(2):
            await clock.sleep(seconds)
            woken.append((seconds, clock.monotonic()))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sleeper, 3)
        tasks.start_soon(sleeper, 2)
        await clock.advance(10)
    assert woken == [(2, 2), (3, 3), (2, 4), (3, 6)]
