"""The mark of a fault's test, and the scenes that the tests begin with."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from common.schemas.answers import StartAvatarAnswer
from tests.reliability.fault_injection import SimulatedProcess, Simulation
from tests.support.harness import advance, start, sweep

READY_SECONDS = 6
"""After this long a turn does not wait for the avatar's first connection any more."""


@dataclass(frozen=True)
class KnownFault:
    """A fault that a review or an attack found. `name` is the review's, e.g. `A1`."""

    name: str
    shows: str


FAULTS: dict[str, KnownFault] = {}
"""The faults by the full name of the test that states the right behaviour."""

Test = TypeVar("Test", bound=Callable[..., object])


def fixed(name: str, shows: str) -> Callable[[Test], Test]:
    """Mark a test that failed until the fault was fixed."""

    def mark(test: Test) -> Test:
        FAULTS[f"{test.__module__}.{test.__name__}"] = KnownFault(name, shows)
        return test

    return mark


async def start_and_wait(
    simulation: Simulation, process: SimulatedProcess, **fields: Any
) -> StartAvatarAnswer:
    """Start an avatar session and wait until it is used to speaking. The voice takes 0.2 s."""
    simulation.harness.voice.seconds = 0.2
    started = await process.run(start(process.app, **fields), "start")
    await asyncio.sleep(READY_SECONDS)
    return started


async def sweep_each_minute(
    simulation: Simulation, process: SimulatedProcess, minutes: int
) -> None:
    for _ in range(minutes):
        advance(simulation.harness.clock, 60)
        await process.run(sweep(process.app), "sweep")
