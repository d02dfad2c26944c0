"""The provider's rules about sessions and credits, on a clock that the test owns."""

import anyio
import pytest

from infra.local.simulators.liveavatar import LiveAvatarAccount, LiveAvatarSettings, ManualClock
from infra.local.simulators.liveavatar.account import Refusal
from infra.local.simulators.liveavatar.sessions import Session
from infra.local.simulators.liveavatar.tokens import BadToken, sign, verify
from tests.local.liveavatar_client import AVATAR, SANDBOX_AVATAR


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def running(world: LiveAvatarAccount, seconds: int = 600, *, sandbox: bool = False) -> Session:
    avatar = SANDBOX_AVATAR if sandbox else AVATAR
    session = world.create("LITE", avatar, seconds, sandbox=sandbox)
    world.start(session)
    return session


async def test_a_session_ends_at_its_age_although_nobody_looked(clock: ManualClock) -> None:
    world = LiveAvatarAccount(clock=clock)
    session = running(world, 200)
    await clock.advance(5_000)
    world.settle()
    assert (session.state, session.end_reason) == ("ended", "MAX_DURATION_REACHED")
    assert session.seconds(clock.monotonic()) == 200
    assert session.ended is not None
    assert (world.utc(session.ended) - clock.now()).total_seconds() == -4_800


async def test_an_idle_session_ends_five_minutes_after_the_last_sign_of_life(
    clock: ManualClock,
) -> None:
    world = LiveAvatarAccount(clock=clock)
    session = running(world, 3_600)
    for _ in range(3):
        await clock.advance(200)
        world.keep_alive(session)
    await clock.advance(299)
    world.settle()
    assert session.state == "running"
    await clock.advance(100)
    world.settle()
    assert session.end_reason == "IDLE_TIMEOUT"
    assert session.seconds(clock.monotonic()) == 900


async def test_a_sandbox_session_is_short_and_free(clock: ManualClock) -> None:
    world = LiveAvatarAccount(clock=clock)
    session = running(world, sandbox=True)
    await clock.advance(100)
    world.settle()
    assert session.seconds(clock.monotonic()) == 60
    assert world.credits_left() == 1000


@pytest.mark.parametrize(("seconds", "credits_"), [(0, 1), (59, 1), (60, 1), (61, 2), (121, 3)])
async def test_a_minute_is_set_aside_then_each_is_charged(
    clock: ManualClock, seconds: int, credits_: int
) -> None:
    world = LiveAvatarAccount(clock=clock)
    session = running(world)
    assert world.credits_left() == 999
    await clock.advance(seconds)
    world.stop(session, "USER_CLOSED")
    await clock.advance(500)
    assert world.credits_left() == 1000 - credits_


def test_what_never_started_costs_nothing(clock: ManualClock) -> None:
    world = LiveAvatarAccount(clock=clock)
    session = world.create("LITE", AVATAR, 600, sandbox=False)
    world.stop(session, "USER_CLOSED")
    assert (session.state, world.credits_left()) == ("ended", 1000)
    with pytest.raises(Refusal, match="already ended"):
        world.start(session)


async def test_without_overage_credits_end_a_session_and_refuse_the_next(
    clock: ManualClock,
) -> None:
    world = LiveAvatarAccount(LiveAvatarSettings(credits=2, overage=False), clock)
    session = running(world)
    await clock.advance(200)
    world.settle()
    assert (session.end_reason, session.seconds(0)) == ("NO_CREDITS", 120)
    with pytest.raises(Refusal) as raised:
        running(world)
    assert raised.value.status == 402


async def test_a_place_is_free_half_a_second_after_the_stop(clock: ManualClock) -> None:
    world = LiveAvatarAccount(LiveAvatarSettings(concurrency=1), clock)
    first = running(world)
    with pytest.raises(Refusal) as raised:
        running(world)
    assert (raised.value.status, raised.value.code) == (403, 4003)
    world.stop(first, "USER_CLOSED")
    await clock.advance(0.4)
    with pytest.raises(Refusal):
        running(world)
    await clock.advance(0.2)
    assert running(world).state == "running"


def test_tokens_are_signed_and_expire() -> None:
    token = sign({"exp": 100, "who": "me"}, "secret")
    assert verify(token, "secret", 99)["who"] == "me"
    for secret, now in (("secret", 100), ("other", 99)):
        with pytest.raises(BadToken):
            verify(token, secret, now)
    for nonsense in ("", "a", "a.b", "a.b.c", "é.é.é"):
        with pytest.raises(BadToken):
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
