"""Conditions of the store and of processes: a naive way breaks under each, a careful way does not.

The careful way spends one unit of an account once, and its answer is true.
"""

import asyncio
from typing import Literal

import pytest

from common.domain.documents import Create, Increment, Update
from common.domain.errors import Ambiguous, Conflict, Unavailable
from common.ports.dependencies import Dependencies
from tests.reliability.conditions.account import (
    ACCOUNT,
    RECEIPT,
    both_ways,
    left,
    open_account,
)
from tests.reliability.fault_injection import (
    Simulation,
    meanwhile,
    refuse,
    simulate,
    unconfirmed,
)

DEADLINE_SECONDS = 15.0

Answer = Literal["done", "unchanged", "ambiguous"]


async def spend(deps: Dependencies) -> Answer:
    """Take one unit: guarded, recognised by its receipt, retried until the deadline."""
    sent, loop = False, asyncio.get_running_loop()
    deadline = loop.time() + DEADLINE_SECONDS
    while loop.time() < deadline:
        try:
            account, receipt = await deps.store.get([ACCOUNT, RECEIPT])
            if receipt.exists:
                return "done"
            rest = {"left": account.get("left") - 1}
            await deps.store.commit(
                [Update(ACCOUNT, rest, read=account.version), Create(RECEIPT, {})]
            )
        except Ambiguous:
            sent = True
        except (Conflict, Unavailable):
            pass
        else:
            return "done"
        await deps.pause(5)
    return "ambiguous" if sent else "unchanged"


async def spend_blindly(deps: Dependencies, tries: int = 8) -> Answer:
    """Take one unit, and once more if the commit was not confirmed or did not happen."""
    for _ in range(tries):
        try:
            await deps.store.commit([Update(ACCOUNT, {"left": Increment(-1)})])
        except (Ambiguous, Unavailable):
            await deps.pause(0)
        else:
            return "done"
    return "unchanged"


async def spend_trusting(deps: Dependencies) -> Answer:
    """Take one unit, and believe that an unconfirmed commit held."""
    try:
        await deps.store.commit([Update(ACCOUNT, {"left": Increment(-1)})])
    except Ambiguous:
        return "done"
    return "done"


async def spend_and_look_once(deps: Dependencies) -> Answer:
    """Take one unit, and believe a read that shows nothing."""
    try:
        await deps.store.commit([Update(ACCOUNT, {"left": Increment(-1)}), Create(RECEIPT, {})])
    except Ambiguous:
        (receipt,) = await deps.store.get([RECEIPT])
        return "done" if receipt.exists else "unchanged"
    return "done"


async def spend_unguarded(deps: Dependencies) -> Answer:
    """Read, subtract, write, whatever was written meanwhile."""
    (account,) = await deps.store.get([ACCOUNT])
    await deps.store.commit([Update(ACCOUNT, {"left": account.get("left") - 1})])
    return "done"


async def is_true(simulation: Simulation, answer: Answer) -> bool:
    """Return whether the answer is true, also after every late commit."""
    await asyncio.sleep(60)
    spent = 10 - await left(simulation)
    return spent in {"done": {1}, "unchanged": {0}, "ambiguous": {0, 1}}[answer]


# ── commits that are not confirmed ───────────────────────────────────────────────────────────────


@both_ways
async def test_an_unconfirmed_commit_that_held_is_not_repeated(
    simulation: Simulation, careful: bool
) -> None:
    await open_account(simulation)
    simulation.faults.add("store.commit", unconfirmed(held=True), nth=1)
    here = simulation.process()
    answer = await here.run(spend(here.deps) if careful else spend_blindly(here.deps))
    assert await is_true(simulation, answer) is careful


@both_ways
async def test_an_unconfirmed_commit_that_did_not_hold_is_repeated(
    simulation: Simulation, careful: bool
) -> None:
    await open_account(simulation)
    simulation.faults.add("store.commit", unconfirmed(held=False), nth=1)
    here = simulation.process()
    answer = await here.run(spend(here.deps) if careful else spend_trusting(here.deps))
    assert await is_true(simulation, answer) is careful
    assert answer == "done"


@both_ways
async def test_a_commit_that_holds_late_makes_the_answer_ambiguous(
    simulation: Simulation, careful: bool
) -> None:
    await open_account(simulation)
    simulation.faults.add("store.commit", unconfirmed(held=True, late=20))
    here = simulation.process()
    answer = await here.run(spend(here.deps) if careful else spend_and_look_once(here.deps))
    assert answer == ("ambiguous" if careful else "unchanged")
    assert await is_true(simulation, answer) is careful


# ── a store that is away ─────────────────────────────────────────────────────────────────────────


@both_ways
@pytest.mark.parametrize("nth", [1, 2])
async def test_a_store_that_is_away_once_is_asked_again(
    simulation: Simulation, nth: int, careful: bool
) -> None:
    await open_account(simulation)
    fault = simulation.faults.add("store.*", refuse(), nth=nth)
    here = simulation.process()
    try:
        answer = await here.run(spend(here.deps) if careful else spend_unguarded(here.deps))
    except Unavailable:
        answer = "unchanged"
    assert fault.bit
    assert answer == ("done" if careful else "unchanged")
    assert await is_true(simulation, answer)


@both_ways
async def test_a_store_away_for_ten_seconds_is_awaited(
    simulation: Simulation, careful: bool
) -> None:
    await open_account(simulation)
    simulation.faults.add("store.*", refuse(), seconds=10)
    here = simulation.process()
    answer = await here.run(spend(here.deps) if careful else spend_blindly(here.deps))
    assert answer == ("done" if careful else "unchanged")
    assert asyncio.get_running_loop().time() > (10 if careful else 0)


# ── several processes ────────────────────────────────────────────────────────────────────────────


@both_ways
async def test_two_processes_at_once_spend_two_units(careful: bool) -> None:
    async with simulate(seed=1, latency={"store": (0.01, 0.03)}) as simulation:
        await open_account(simulation)
        way = spend_guarded if careful else spend_unguarded
        processes = [simulation.process() for _ in range(2)]
        await asyncio.gather(*(each.run(way(each.deps)) for each in processes))
        assert (await left(simulation) == 8) is careful


async def spend_guarded(deps: Dependencies) -> Answer:
    while True:
        (account,) = await deps.store.get([ACCOUNT])
        rest = {"left": account.get("left") - 1}
        try:
            await deps.store.commit([Update(ACCOUNT, rest, read=account.version)])
        except Conflict:
            continue
        return "done"


@both_ways
async def test_a_document_touched_between_read_and_commit_is_read_again(
    simulation: Simulation, careful: bool
) -> None:
    await open_account(simulation)
    here, there = simulation.process(), simulation.process()
    other = meanwhile(lambda: there.run(spend_guarded(there.deps)))
    simulation.faults.add("store.get", other, nth=1, process=here)
    way = spend_guarded if careful else spend_unguarded
    await here.run(way(here.deps))
    assert (await left(simulation) == 8) is careful


@both_ways
async def test_a_touched_document_is_no_reason_to_give_up(
    simulation: Simulation, careful: bool
) -> None:
    await open_account(simulation)
    simulation.faults.add("store.get", simulation.touch_found(), nth=1)
    here = simulation.process()
    answer = await here.run(spend(here.deps) if careful else _spend_once(here.deps))
    assert (answer == "done") is careful


async def _spend_once(deps: Dependencies) -> Answer:
    (account,) = await deps.store.get([ACCOUNT])
    rest = {"left": account.get("left") - 1}
    try:
        await deps.store.commit([Update(ACCOUNT, rest, read=account.version)])
    except Conflict:
        return "unchanged"
    return "done"
