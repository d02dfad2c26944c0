"""Random walks of avatar sessions: several processes over one store, on a virtual clock."""

import pytest

from tests.reliability.walks.conditions import MIXES
from tests.reliability.walks.session_invariants import broken_sessions
from tests.reliability.walks.session_walk import session_walk
from tests.reliability.walks.test_walks import FIRST, WALKS


async def broken_in_session_walk(seed: int, mix: str) -> list[str]:
    """Run a walk to its end. Return a line for each invariant that it breaks."""
    found = await session_walk(seed, MIXES[mix], month_ends=seed % 3 == 0)
    try:
        return await broken_sessions(found)
    finally:
        await found.simulation.close()
        await found.simulation.harness.store.close()


@pytest.mark.parametrize("mix", ["calm", "mild", "harsh", "frozen"])
@pytest.mark.parametrize("seed", range(FIRST, FIRST + WALKS // 4))
async def test_a_walk_of_sessions_keeps_every_invariant(seed: int, mix: str) -> None:
    assert await broken_in_session_walk(seed, mix) == []
