"""Two requests of two processes, interleaved at every call that the first one makes.

For each n the second request runs as a whole at the n-th call of the first one. Then the sweep runs,
and nothing may be left. Both stores have the same conflicts (tests/contract/store/), so one of
them is enough here.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal

from common.domain import errors
from tests.reliability.fault_injection import (
    Effect,
    PendingCall,
    ProcessDied,
    Simulation,
    simulate,
)
from tests.reliability.scenarios.aftermath import leftovers, sweeps
from tests.support.simulation.process import SimulatedProcess

LONG = os.environ.get("RELIABILITY") == "long"
MOST_CALLS = 60 if LONG else 12
"""So many calls of the first request are tried. `make reliability` tries nearly all."""
READS = ("store.get", "store.query", "avatars.record", "avatars.active", "vault.open")
LOSES = ("store", "avatars", "vault", "tasks")
"""Services of which a call may be refused, or its answer be lost, wherever it stands."""

Meeting = Literal["before", "after", "lost", "refused", "dead"]
"""When the second request runs: before or after the call. Then the call's answer is `lost`, the call
is `refused`, or the process is `dead`."""


@dataclass
class TwoProcesses:
    """Two processes over the same services. `names` holds what `prepare` made."""

    simulation: Simulation
    here: SimulatedProcess
    there: SimulatedProcess
    names: dict[str, str] = field(default_factory=dict)


Request = Callable[[TwoProcesses], Coroutine[Any, Any, Any]]
Check = Callable[[TwoProcesses, Any, Any], Awaitable[list[str]]]
"""Return a line for each condition that does not hold, given both results (or errors)."""


async def no_check(_scene: TwoProcesses, _first: object, _second: object) -> list[str]:
    return []


async def broken_interleavings(
    prepare: Request,
    first: Request,
    second: Request,
    check: Check = no_check,
    meeting: Meeting = "after",
    *,
    is_deleted: bool = False,
) -> tuple[list[str], int]:
    """Return what is broken, and at how many calls the two requests were interleaved.

    `is_deleted`: a request deletes turns.
    """
    found: list[str] = []
    for number in range(1, MOST_CALLS + 1):
        async with simulate() as simulation:
            scene = TwoProcesses(simulation, simulation.process(), simulation.process())
            await prepare(scene)
            others: list[asyncio.Task[Any]] = []
            effect = _meet(scene, second, others, meeting)
            fault = simulation.faults.add("*", effect, nth=number, process=scene.here)
            mine = await result_of(scene.here.run(first(scene), "first"))
            if not fault.bit:
                return found, number - 1
            theirs = await others[0] if others else None
            lines = [*_broken(mine, theirs), *await check(scene, mine, theirs)]
            await sweeps(scene.there)
            lines += await leftovers(simulation)
            if is_deleted:  # the charges are in turns that are gone
                lines = [line for line in lines if not line.endswith("in the turns")]
            if meeting == "dead":  # a session that no user received is not charged (ADR 4)
                lines = [line for line in lines if "charged 0 s" not in line]
            found += [f"call {number}: {line}" for line in lines]
    return found, MOST_CALLS


def _meet(
    scene: TwoProcesses, second: Request, others: list["asyncio.Task[Any]"], meeting: Meeting
) -> Effect:
    async def effect(call: PendingCall) -> Any:
        may_lose = call.service in LOSES and call.call.name != "avatars.connect"
        is_early = meeting == "before" or (meeting == "refused" and may_lose)
        value = None if is_early else await call.happen()
        work = result_of(scene.there.run(second(scene), "second"))
        others.append(asyncio.ensure_future(work))
        await asyncio.shield(others[0])  # the call may belong to work that is cancelled
        if meeting == "dead":
            call.process.die()
        if may_lose and meeting == "refused":
            raise errors.Unavailable(call.service, "refused")
        if may_lose and meeting == "lost":
            is_read = call.call.name in READS
            kind = errors.Unavailable if is_read else errors.Ambiguous
            raise kind(call.service, "no answer in time")
        return await call.happen() if is_early else value

    return effect


async def result_of(work: Awaitable[Any]) -> Any:
    """Return the result, or the error that a caller would see."""
    try:
        return await work
    except (errors.OprinaError, ProcessDied) as error:
        return error


def _broken(*results: Any) -> list[str]:
    """A refusal is a 4xx, and a failure of ours says when to come back."""
    return [
        f"{type(result).__name__}: {result.detail}"
        for result in results
        if isinstance(result, errors.OprinaError)
        and not isinstance(result, errors.Refused)
        and not (isinstance(result, errors.Unavailable | errors.Ambiguous) and result.retry_after)
    ]
