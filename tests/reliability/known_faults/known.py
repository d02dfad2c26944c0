"""Marks for known faults, and the scenes that their tests begin with."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from common.domain.errors import OprinaError
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
    is_open: bool


FAULTS: dict[str, KnownFault] = {}
"""The faults by the full name of the test that states the right behaviour."""

Test = TypeVar("Test", bound=Callable[..., object])


def known(name: str, shows: str) -> Callable[[Test], Test]:
    """Mark a test of the right behaviour that fails until the fault is fixed."""
    expected = pytest.mark.xfail(
        reason=f"{name}: {shows}", strict=True, raises=(AssertionError, OprinaError)
    )

    def mark(test: Test) -> Test:
        FAULTS[f"{test.__module__}.{test.__name__}"] = KnownFault(name, shows, is_open=True)
        expected_to_fail: Test = expected(test)
        return expected_to_fail

    return mark


def fixed(name: str, shows: str) -> Callable[[Test], Test]:
    """Mark a test that failed until the fault was fixed."""

    def mark(test: Test) -> Test:
        FAULTS[f"{test.__module__}.{test.__name__}"] = KnownFault(name, shows, is_open=False)
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
