"""Marks for known faults, and the scenes that their tests begin with."""

import asyncio
from typing import Any

import pytest

from common.domain.errors import OprinaError
from common.schemas.answers import StartAvatarAnswer
from tests.reliability.fault_injection import SimulatedProcess, Simulation
from tests.support.harness import advance, start, sweep

READY_SECONDS = 6
"""After this long a turn does not wait for the avatar's first connection any more."""


def known(fault: str, shows: str) -> pytest.MarkDecorator:
    """Mark a test of the right behaviour that fails because of `fault`, until the fault is fixed."""
    return pytest.mark.xfail(
        reason=f"{fault}: {shows}", strict=True, raises=(AssertionError, OprinaError)
    )


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
