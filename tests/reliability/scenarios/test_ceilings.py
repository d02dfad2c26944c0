"""The project's ceilings and the rates of a user: in races, and where processes and commits are lost.

The shards of a day hold what the ledgers of all users hold. So nothing is admitted beyond a ceiling,
and a request that was refused, lost or settled leaves nothing in it.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from common.app import App
from common.domain.errors import CapacityReached, OprinaError, RateLimited, SpendingStopped
from common.domain.ids import UserId
from common.domain.quota import METERS
from common.domain.user import User
from common.ports.dependencies import Dependencies
from common.schemas.answers import ChatAnswer, StartAvatarAnswer
from common.sessions.budget import SetSwitch
from common.settings import Settings
from common.transactions.transaction import Transactions
from tests.reliability.fault_injection import (
    Effect,
    ProcessDied,
    Simulation,
    die,
    freeze,
    lose_late,
    unconfirmed,
)
from tests.reliability.scenarios.aftermath import sweeps
from tests.support.harness import assemble_app, chat_answer, end, start, sweep

SECONDS, TOKENS = 600, 40_000
SMALL = {
    "max_session_seconds": 100,
    "idle_seconds": 100,
    "ceiling_avatar_seconds": SECONDS,
    "ceiling_agent_tokens": TOKENS,
    "ceiling_shards": 3,
}
USERS = [User(UserId(f"user-{number}")) for number in range(20)]
EFFECTS: dict[str, Effect] = {
    "held, not confirmed": unconfirmed(held=True),
    "not held, not confirmed": unconfirmed(held=False),
    "held late": unconfirmed(held=True, late=4),
    "lost late": lose_late(0.4),
    "died before": die("before"),
    "died after": die("after"),
    "frozen": freeze(90, "after"),
}


def compose(deps: Dependencies, **settings: int) -> App:
    """Compose a process with other settings."""
    return assemble_app(
        replace(deps, settings=Settings(**{**deps.settings.model_dump(), **settings}))
    )


def small(deps: Dependencies) -> App:
    """Compose a process of a project with room for six sessions, in three shards."""
    return compose(deps, **SMALL)


def rated(deps: Dependencies) -> App:
    """Compose a process that admits two starts an hour and three turns a minute."""
    room = {"turns_per_user": 50, "slots_per_user": 9, "max_session_seconds": 100}
    return compose(deps, starts_per_hour=2, turns_per_minute=3, **room)


async def stop_spending(deps: Dependencies) -> None:
    await Transactions(deps.store, deps.clock, deps.pause).run(SetSwitch("test"))


async def in_shards(simulation: Simulation) -> Counter[str]:
    """Return what the shards of all days hold, by meter."""
    limits = await simulation.harness.documents("limits")
    return Counter({meter: sum(each.get(meter, 0) for each in limits) for meter in METERS})


async def in_ledgers(simulation: Simulation) -> Counter[str]:
    """Return what all users used and reserved, by meter."""
    held: Counter[str] = Counter()
    for user in USERS:
        for meter in METERS:
            held[meter] += sum(await simulation.harness.used(meter, user))
    return held


async def at_once(calls: Sequence[Awaitable[object]]) -> list[object]:
    """Return the answer or the refusal of each call. Raises every other exception."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    for each in results:
        if isinstance(each, BaseException) and not isinstance(each, OprinaError):
            raise each
    return list(results)


def count(results: Sequence[object], kind: type) -> int:
    return sum(isinstance(each, kind) for each in results)


async def test_starts_of_two_processes_fill_the_ceiling_and_no_more(simulation: Simulation) -> None:
    processes = [simulation.process(compose=small) for _ in range(2)]
    calls = [
        processes[number % 2].run(start(processes[number % 2].app, user))
        for number, user in enumerate(USERS)
    ]
    results = await at_once(calls)
    assert (count(results, StartAvatarAnswer), count(results, CapacityReached)) == (6, 14)
    shards = await in_shards(simulation)
    assert shards == await in_ledgers(simulation)
    assert shards["avatar_seconds"] == SECONDS
    assert len(simulation.harness.avatars.running()) == 6


async def test_room_that_sessions_give_back_is_used_while_others_race_for_it(
    simulation: Simulation,
) -> None:
    here = simulation.process(compose=small)
    first = [await here.run(start(here.app, user)) for user in USERS[:6]]
    ends = [
        here.run(end(here.app, each.avatar_session_id, user))
        for each, user in zip(first[:3], USERS, strict=False)
    ]
    results = await at_once([*ends, *(here.run(start(here.app, user)) for user in USERS[6:])])
    shards = await in_shards(simulation)
    assert shards == await in_ledgers(simulation)
    assert shards["avatar_seconds"] <= SECONDS
    assert count(results, StartAvatarAnswer) <= 3


async def test_turns_of_two_processes_stay_below_the_ceiling(simulation: Simulation) -> None:
    simulation.harness.agent.replies.extend([10.0, "Hello."] for _ in USERS)
    processes = [simulation.process(compose=small) for _ in range(2)]
    results = await at_once(
        [
            processes[number % 2].run(chat_answer(processes[number % 2].app, "Hi.", user))
            for number, user in enumerate(USERS)
        ]
    )
    assert count(results, ChatAnswer)
    assert count(results, ChatAnswer) + count(results, CapacityReached) == len(USERS)
    shards = await in_shards(simulation)
    assert shards == await in_ledgers(simulation)
    assert 0 < shards["agent_tokens"] <= TOKENS


async def test_a_race_of_one_user_stays_below_both_rates(simulation: Simulation) -> None:
    user, *_ = USERS
    processes = [simulation.process(compose=rated) for _ in range(2)]
    starts = [each.run(start(each.app, user)) for each in processes for _ in range(4)]
    results = await at_once(starts)
    assert (count(results, StartAvatarAnswer), count(results, RateLimited)) == (2, 6)
    turns = [each.run(chat_answer(each.app, "Hi.", user)) for each in processes for _ in range(4)]
    results = await at_once(turns)
    assert (count(results, ChatAnswer), count(results, RateLimited)) == (3, 5)
    assert await in_shards(simulation) == await in_ledgers(simulation)


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("effect", EFFECTS)
async def test_a_start_that_meets_a_fault_leaves_no_trace_in_the_ceiling(
    simulation: Simulation, effect: str, nth: int
) -> None:
    here, there = simulation.process(compose=small), simulation.process(compose=small)
    simulation.faults.add("store.commit", EFFECTS[effect], nth=nth, process=here)
    with suppress(OprinaError, ProcessDied):
        await here.run(start(here.app, USERS[0]))
    assert (await in_shards(simulation))["avatar_seconds"] <= SECONDS
    await sweeps(there)
    assert await in_shards(simulation) == await in_ledgers(simulation)
    assert (await simulation.harness.used("avatar_seconds", USERS[0]))[1] == 0
    results = await at_once([there.run(start(there.app, user)) for user in USERS[1:]])
    assert count(results, StartAvatarAnswer) >= 5


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("effect", EFFECTS)
async def test_a_turn_that_meets_a_fault_leaves_its_use_in_the_ceiling(
    simulation: Simulation, effect: str, nth: int
) -> None:
    here, there = simulation.process(compose=small), simulation.process(compose=small)
    simulation.faults.add("store.commit", EFFECTS[effect], nth=nth, process=here)
    with suppress(OprinaError, ProcessDied):
        await here.run(chat_answer(here.app, "Hi.", USERS[0]))
    await sweeps(there)
    shards = await in_shards(simulation)
    assert shards == await in_ledgers(simulation)
    used, reserved = await simulation.harness.used("agent_tokens", USERS[0])
    assert (shards["agent_tokens"], reserved) == (used, 0)


async def test_the_switch_stops_new_work_at_once_and_the_rest_in_a_minute(
    simulation: Simulation,
) -> None:
    """The clock is virtual: the minute is the scheduler's, and holds on a slow machine."""
    harness = simulation.harness
    harness.agent.replies.append(["One. ", 300.0, "Two."])
    here, there = simulation.process(), simulation.process()
    started = await here.run(start(here.app, USERS[0]))
    talking = here.spawn(
        chat_answer(here.app, "Hi.", USERS[0], conversation_id=started.conversation_id)
    )
    await asyncio.sleep(5)
    await there.run(stop_spending(there.deps))
    stopped_at = harness.clock.now()
    refused = await at_once(
        [here.run(start(here.app, USERS[1])), there.run(chat_answer(there.app, "Hi.", USERS[2]))]
    )
    assert count(refused, SpendingStopped) == 2
    await asyncio.sleep(50)
    await there.run(sweep(there.app), "sweep")
    answer = await talking
    assert (harness.clock.now() - stopped_at).total_seconds() <= 60
    assert answer.ended == "interrupted"
    assert not harness.avatars.running()
    assert await in_shards(simulation) == await in_ledgers(simulation)
