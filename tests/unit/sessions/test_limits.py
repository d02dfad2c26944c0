"""The project's own limits: the switch, the ceilings of a day, and the rates of a user."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from common.domain.ceiling import SWITCH_PATH, allow_spending, stop_spending
from common.domain.errors import CapacityReached, OprinaError, RateLimited, SpendingStopped
from common.domain.ids import AvatarSessionId, UserId
from common.domain.quota import METERS
from common.domain.user import User
from common.ports.store import Store
from common.schemas.answers import StartAvatarAnswer
from common.schemas.requests import (
    ChatRequest,
    SpeakRequest,
    StartAvatarRequest,
    SweepRequest,
)
from common.transactions.idempotency import IdempotencyKey
from tests.support.harness import ADA, Harness, advance, collect_events, new_harness


async def shards(store: Store, now: datetime) -> list[dict[str, int]]:
    day = now.strftime("%Y-%m-%d")
    found = await store.get([f"limits/{day}-{number:03d}" for number in range(500)])
    return [{meter: each.get(meter, 0) for meter in METERS} for each in found if each.exists]


async def held(harness: Harness, meter: str) -> int:
    return sum(each[meter] for each in await shards(harness.store, harness.clock.now()))


async def start_as(harness: Harness, name: str) -> StartAvatarAnswer | OprinaError:
    try:
        caller = User(UserId(name))
        return await harness.app.avatars.start(caller, StartAvatarRequest(), IdempotencyKey())
    except OprinaError as error:
        return error


async def switch(harness: Harness, *, stopped: bool) -> None:
    [before] = await harness.store.get([SWITCH_PATH])
    now = harness.clock.now()
    await harness.store.commit(
        [stop_spending(before, "test", now) if stopped else allow_spending(before, now)]
    )


@pytest.fixture
async def few() -> AsyncIterator[Harness]:
    """A project with room for six sessions of 100 seconds, in three shards."""
    harness = new_harness(
        max_session_seconds=100,
        ceiling_avatar_seconds=600,
        ceiling_shards=3,
        idle_seconds=100,
    )
    yield harness
    await harness.store.close()


async def test_nothing_is_admitted_beyond_the_ceiling_of_the_day(few: Harness) -> None:
    results = await asyncio.gather(*(start_as(few, f"user-{n}") for n in range(20)))
    admitted = [each for each in results if isinstance(each, StartAvatarAnswer)]
    refused = [each for each in results if isinstance(each, CapacityReached)]
    assert (len(admitted), len(refused)) == (6, 14)
    assert await held(few, "avatar_seconds") == 600
    assert all(each["avatar_seconds"] <= 200 for each in await shards(few.store, few.clock.now()))
    started = [each for each in few.avatars.sessions.values() if each.started is not None]
    assert len(started) == 6


async def test_the_refusal_says_when_the_day_ends(few: Harness) -> None:
    for number in range(6):
        await start_as(few, f"user-{number}")
    refused = await start_as(few, "late")
    assert isinstance(refused, CapacityReached)
    now = few.clock.now()
    assert refused.resets_at.date() > now.date()
    assert refused.retry_after == pytest.approx((refused.resets_at - now).total_seconds(), abs=1)
    assert refused.problem()["code"] == "capacity_reached"


async def test_unused_seconds_return_to_the_ceiling(few: Harness) -> None:
    started = [await start_as(few, f"user-{number}") for number in range(6)]
    advance(few.clock, 10)
    first = started[0]
    assert isinstance(first, StartAvatarAnswer)
    ended = await few.app.avatars.ender.end(
        AvatarSessionId(first.avatar_session_id), lambda *_: "user"
    )
    assert await held(few, "avatar_seconds") == 500 + ended.seconds


async def test_a_new_day_has_its_own_ceiling(few: Harness) -> None:
    for number in range(6):
        await start_as(few, f"user-{number}")
    advance(few.clock, 24 * 3600)
    assert isinstance(await start_as(few, "tomorrow"), StartAvatarAnswer)


async def test_a_turn_leaves_the_tokens_that_it_used() -> None:
    harness = new_harness()
    turn = await harness.app.conversations.chat(ADA, ChatRequest(message="Hi."), IdempotencyKey())
    events = await collect_events(turn)  # type: ignore[arg-type]  # a running turn
    used = next(each.agent_tokens for each in events if each.event == "usage")
    assert used > 0
    assert await held(harness, "agent_tokens") == used
    await harness.store.close()


async def test_turns_are_refused_beyond_the_ceiling_of_tokens() -> None:
    harness = new_harness(ceiling_agent_tokens=20_000, ceiling_shards=2)
    harness.agent.replies.extend([10.0, "Hello."] for _ in range(8))  # all run at the same time
    results = await asyncio.gather(
        *(
            harness.app.conversations.chat(
                User(UserId(f"user-{n}")), ChatRequest(message="Hi."), IdempotencyKey()
            )
            for n in range(8)
        ),
        return_exceptions=True,
    )
    refused = [each for each in results if isinstance(each, CapacityReached)]
    assert len(refused) == 6
    for each in results:
        if not isinstance(each, BaseException):
            await collect_events(each)  # type: ignore[arg-type]  # a running turn
    assert await held(harness, "agent_tokens") <= 20_000
    await harness.store.close()


# ── the switch ───────────────────────────────────────────────────────────────────────────────────


async def test_the_switch_refuses_everything_that_spends() -> None:
    harness = new_harness()
    started = await harness.start()
    await switch(harness, stopped=True)
    with pytest.raises(SpendingStopped) as start:
        await harness.app.avatars.start(User(UserId("b")), StartAvatarRequest(), IdempotencyKey())
    assert start.value.retry_after
    with pytest.raises(SpendingStopped):
        await harness.app.conversations.chat(ADA, ChatRequest(message="Hi."), IdempotencyKey())
    say = SpeakRequest(avatar_session_id=started.avatar_session_id, text="Hi.")
    with pytest.raises(SpendingStopped):
        await harness.app.speeches.speak(ADA, say, IdempotencyKey())
    await switch(harness, stopped=False)
    await collect_events(
        await harness.app.conversations.chat(ADA, ChatRequest(message="Hi."), IdempotencyKey())  # type: ignore[arg-type]
    )
    await harness.store.close()


async def test_a_sweep_ends_what_runs_while_the_switch_is_set() -> None:
    harness = new_harness()
    started = await harness.start()
    await switch(harness, stopped=True)
    swept = await harness.app.sweeps.sweep(SweepRequest())
    assert swept.stopped == 1
    session = harness.avatars.sessions[AvatarSessionId(started.avatar_session_id)]
    assert session.ended is not None
    assert (await harness.app.sweeps.sweep(SweepRequest())).stopped == 0
    await harness.store.close()


# ── rates of one user ────────────────────────────────────────────────────────────────────────────


async def test_messages_of_a_minute_are_limited() -> None:
    harness = new_harness(turns_per_minute=3, turns_per_user=100)

    async def send() -> None:
        turn = await harness.app.conversations.chat(
            ADA, ChatRequest(message="Hi.", speak=False), IdempotencyKey()
        )
        await collect_events(turn)  # type: ignore[arg-type]  # a running turn

    for _ in range(3):
        await send()
    with pytest.raises(RateLimited) as refused:
        await send()
    assert refused.value.retry_after is not None
    advance(harness.clock, refused.value.retry_after)
    await send()
    await harness.store.close()


async def test_a_race_admits_no_more_starts_than_the_rate() -> None:
    harness = new_harness(starts_per_hour=2, slots_per_user=10, max_session_seconds=100)
    results = await asyncio.gather(*(start_as(harness, "one") for _ in range(6)))
    assert sum(isinstance(each, StartAvatarAnswer) for each in results) == 2
    assert sum(isinstance(each, RateLimited) for each in results) == 4
    await harness.store.close()
