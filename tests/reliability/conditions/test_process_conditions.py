"""Conditions of processes: a naive way breaks when one freezes or dies, or when clocks differ."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from common.domain.documents import Increment, Query, Update, Where
from common.domain.errors import Conflict
from common.ports.dependencies import Dependencies
from tests.reliability.conditions.account import (
    ACCOUNT,
    JOB,
    both_ways,
    left,
    open_account,
)
from tests.reliability.fault_injection import (
    Moment,
    ProcessDied,
    Simulation,
    die,
    freeze,
    meanwhile,
    simulate,
)


async def work(
    deps: Dependencies, *, careful: bool, seconds: float = 2.0, leeway: float = 0.0
) -> None:
    """Take the job for 10 s if it is free, work, and charge one unit for it."""
    (job,) = await deps.store.get([JOB])
    free_at = job.get("until") + timedelta(seconds=leeway)
    if job.get("done") or free_at > deps.clock.now():
        return
    until = {"until": deps.clock.now() + timedelta(seconds=10), "at_work": Increment(1)}
    version = (await deps.store.commit([Update(JOB, until, read=job.version)]))[JOB]
    await asyncio.sleep(seconds)
    finished = Update(JOB, {"done": True}, read=version if careful else None)
    await deps.store.commit([finished, Update(ACCOUNT, {"left": Increment(-1)})])


async def keep_at_it(simulation: Simulation, *, careful: bool) -> None:
    """Let another process look every 12 s whether there is something left to do."""
    for _ in range(5):
        await asyncio.sleep(12)
        there = simulation.process()
        await there.run(_work_or_lose(there.deps, careful=careful))


async def _work_or_lose(deps: Dependencies, *, careful: bool, seconds: float = 2.0) -> None:
    try:
        await work(deps, careful=careful, seconds=seconds)
    except Conflict:
        return


async def sweep_overdue_jobs(deps: Dependencies, way: str) -> None:
    """Finish each job that is overdue. After a conflict: decide again, give up, or insist."""
    overdue = (Where("until", "<=", deps.clock.now()),)
    for job in await deps.store.query(Query("jobs", overdue, "until")):
        found = job
        while found.get("until") <= deps.clock.now():
            try:
                await deps.store.commit([Update(job.path, {"done": True}, read=found.version)])
            except Conflict:
                if way == "gives up":
                    break
                (newer,) = await deps.store.get([job.path])
                found = newer if way == "careful" else replace(job, version=newer.version)
            else:
                break


@pytest.mark.parametrize(
    ("change", "way", "done"),
    [
        ("touched", "gives up", False),
        ("touched", "careful", True),
        ("renewed", "insists", True),
        ("renewed", "careful", False),
    ],
)
async def test_a_sweep_decides_again_after_a_conflict(
    simulation: Simulation, change: str, way: str, done: bool
) -> None:
    """A touched job is still overdue, and has to be finished. A renewed one is not overdue."""
    await open_account(simulation)
    here, there = simulation.process(), simulation.process()
    later = {"until": there.deps.clock.now() + timedelta(seconds=60)}
    if change == "renewed":
        renew = meanwhile(lambda: there.run(there.deps.store.commit([Update(JOB, later)])))
        simulation.faults.add("store.query", renew, process=here)
    else:
        simulation.faults.add("store.query", simulation.touch_found(), process=here)
    await here.run(sweep_overdue_jobs(here.deps, way))
    assert (await simulation.harness.document(JOB))["done"] is done


@both_ways
async def test_a_frozen_process_does_not_charge_what_another_one_did(careful: bool) -> None:
    charged = []
    for moment, nth in _every_call(3):
        async with simulate() as simulation:
            await open_account(simulation)
            here = simulation.process()
            simulation.faults.add("*", freeze(20, moment), nth=nth, process=here)
            begun = here.spawn(_work_or_lose(here.deps, careful=careful))
            await keep_at_it(simulation, careful=careful)
            await begun
            charged.append(10 - await left(simulation))
    assert (charged == [1] * 6) is careful


@both_ways
async def test_another_process_finishes_the_work_of_a_dead_one(
    careful: bool,
) -> None:
    charged = []
    for moment, nth in _every_call(3):
        async with simulate() as simulation:
            await open_account(simulation)
            here = simulation.process()
            simulation.faults.add("*", die(moment), nth=nth, process=here)
            doing = work if careful else _work_without_a_deadline
            with pytest.raises(ProcessDied):
                await here.run(doing(here.deps, careful=careful))
            for _ in range(3):
                await asyncio.sleep(12)
                there = simulation.process()
                await there.run(doing(there.deps, careful=careful))
            charged.append(10 - await left(simulation))
    assert (charged == [1] * 6) is careful


async def _work_without_a_deadline(deps: Dependencies, *, careful: bool) -> None:  # noqa: ARG001 - as `work`
    """Take the job for ever, and trust the `finally` to give it back."""
    (job,) = await deps.store.get([JOB])
    if job.get("done") or job.get("at_work"):
        return
    await deps.store.commit([Update(JOB, {"at_work": 1}, read=job.version)])
    try:
        await asyncio.sleep(2)
        await deps.store.commit(
            [Update(JOB, {"done": True}), Update(ACCOUNT, {"left": Increment(-1)})]
        )
    finally:
        await deps.store.commit([Update(JOB, {"at_work": 0})])


def _every_call(calls: int) -> list[tuple[Moment, int]]:
    return [(moment, nth) for moment in ("before", "after") for nth in range(1, calls + 1)]


@both_ways
async def test_a_fast_clock_takes_nothing_over_early(simulation: Simulation, careful: bool) -> None:
    await open_account(simulation)
    leeway = 5.0 if careful else 0.0
    slow, fast = simulation.process(), simulation.process(skew=5)
    await asyncio.sleep(5)  # the job is free by every clock
    begun = slow.spawn(_work_or_lose(slow.deps, careful=True, seconds=9))
    await asyncio.sleep(6)
    await fast.run(work(fast.deps, careful=True, leeway=leeway))
    await begun
    job = await simulation.harness.document(JOB)
    assert (job["at_work"] == 1) is careful
