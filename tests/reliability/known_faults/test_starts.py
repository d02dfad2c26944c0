"""Known faults of starts: keys, deadlines, and refusals."""

import asyncio

import pytest

from common.domain.errors import Ambiguous
from tests.reliability.fault_injection import ProcessDied, Simulation, delay, die, fail
from tests.reliability.known_faults.known import fixed
from tests.support.harness import end, start, sweep


@fixed("attack 9", "the key of a start whose process died is locked for ten minutes")
async def test_a_key_is_free_after_a_sweep_settled_it(simulation: Simulation) -> None:
    here, there = simulation.process(), simulation.process()
    simulation.faults.add("avatars.start", die("after"), process=here)
    with pytest.raises(ProcessDied):
        await simulation.post(here, "start_avatar", {}, "start", key="k")
    await asyncio.sleep(62)
    await there.run(sweep(there.app))
    assert not simulation.harness.avatars.running()
    again = await simulation.post(there, "start_avatar", {}, "again", key="k")
    assert again.json.get("code") != "key_in_flight"


@fixed("attack 9", "a user whose start died is told to wait for ten minutes")
async def test_the_refusal_after_a_dead_start_says_when_to_retry(
    simulation: Simulation,
) -> None:
    here, there = simulation.process(), simulation.process()
    simulation.faults.add("avatars.start", die("after"), process=here)
    with pytest.raises(ProcessDied):
        await here.run(start(here.app))
    refused = await simulation.post(there, "start_avatar", {}, "refused")
    assert refused.status == 429
    assert int(refused.headers["retry-after"]) <= 120


@fixed("B1", "a start that reached its deadline claims that nothing happened")
async def test_a_start_that_ran_out_of_time_is_ambiguous(simulation: Simulation) -> None:
    answered = await _start_too_slowly(simulation)
    assert answered == "ambiguous"


@fixed("B1", "the key of a start that reached its deadline is locked for ten minutes")
async def test_a_slow_starts_key_is_free_after_a_sweep(simulation: Simulation) -> None:
    await _start_too_slowly(simulation)
    there = simulation.process()
    await asyncio.sleep(125)
    await there.run(sweep(there.app))
    again = await simulation.post(there, "start_avatar", {}, "again", key="k")
    assert again.json.get("code") != "key_in_flight"


async def _start_too_slowly(simulation: Simulation) -> str:
    here = simulation.process()
    simulation.faults.add("avatars.create_session_token", delay(5.5))
    simulation.faults.add("avatars.start", delay(9.5))
    simulation.faults.add("store.commit", delay(3))
    for nth in (1, 2, 3):
        unknown = fail(Ambiguous("store", "no answer in time"))
        simulation.faults.add("store.commit", unknown, nth=nth)
    answered = await simulation.post(here, "start_avatar", {}, "start", key="k")
    simulation.faults.clear()
    return str(answered.json.get("code", "started")).rpartition("_")[2]


@fixed("B1", "the key of a start is refused after the session ended")
async def test_a_starts_key_gives_its_answer_after_the_end(simulation: Simulation) -> None:
    here = simulation.process()
    first = await here.run(start(here.app, key="k"))
    await here.run(end(here.app, first.avatar_session_id))
    again = await here.run(start(here.app, key="k"))
    assert again.avatar_session_id == first.avatar_session_id


@fixed("C s58", "refused starts ask the provider for session tokens")
async def test_a_refused_start_asks_the_provider_for_nothing(simulation: Simulation) -> None:
    here = simulation.process()
    await here.run(start(here.app))
    for _ in range(10):
        await simulation.post(here, "start_avatar", {}, "refused")
    assert simulation.journal.counts("refused")["avatars"] == 0
