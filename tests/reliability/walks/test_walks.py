"""Random walks over the real use cases: several processes over one store, on a virtual clock."""

import os

import pytest

from tests.reliability.walks.conditions import MIXES
from tests.reliability.walks.invariants import broken
from tests.reliability.walks.walk import walk

WALKS = int(os.environ.get("WALKS", "50"))
"""Walks of each mix of turns (300 in all); of each mix of sessions a quarter. `make reliability` runs
3,400."""
FIRST = int(os.environ.get("WALKS_FROM", "0"))


async def broken_in_walk(seed: int, mix: str) -> list[str]:
    """Run a walk to its end. Return a line for each invariant that it breaks."""
    found = await walk(seed, MIXES[mix], month_ends=seed % 3 == 0)
    try:
        return await broken(found)
    finally:
        await found.simulation.close()
        await found.simulation.harness.store.close()


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("seed", range(FIRST, FIRST + WALKS))
async def test_a_walk_keeps_every_invariant(seed: int, mix: str) -> None:
    assert await broken_in_walk(seed, mix) == []


async def test_sound_waits_for_a_turn_elsewhere_though_an_older_one_ran_here() -> None:
    """This walk once broke an invariant: a turn of another process silenced the newer one."""
    assert await broken_in_walk(3160, "calm") == []


async def test_a_key_is_in_use_while_another_request_runs_its_turn_again() -> None:
    """The turn was settled, without the agent, when this walk's third request with the key began."""
    assert await broken_in_walk(71027, "mild") == []
