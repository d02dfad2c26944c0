"""Avatar sessions that meet an unclear start, other settings, or clocks that differ."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from common.app import App
from common.domain.errors import Ambiguous, OprinaError, Unavailable, UpstreamNotFound
from common.ports.dependencies import Dependencies
from tests.reliability.fault_injection import Simulation, fail, refuse
from tests.reliability.scenarios.aftermath import leftovers, sweeps
from tests.support.harness import ADA, assemble_app, chat_answer, end, keep_alive, start, sweep
from tests.support.simulation.process import SimulatedProcess

UNKNOWN = UpstreamNotFound("avatar", "answered 404")
SHORT_IDLE = 60


async def free_the_slot_of_a_lost_start(
    simulation: Simulation, here: SimulatedProcess, there: SimulatedProcess
) -> None:
    """Lose the answer of a start. Stop and record do not know the session, and two sweeps run."""
    simulation.faults.add("avatars.start", fail(Ambiguous("avatar", "no answer in time")))
    simulation.faults.add("avatars.stop", fail(UNKNOWN))
    simulation.faults.add("avatars.record", fail(UNKNOWN))
    with pytest.raises(Unavailable):
        await here.run(start(here.app))
    await sweeps(there, 2)


async def test_the_slot_of_a_start_that_never_happened_is_free_in_two_minutes(
    simulation: Simulation,
) -> None:
    """Neither the stop nor the record knows the session, and the start is a minute old."""
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    await free_the_slot_of_a_lost_start(simulation, here, there)
    assert await harness.documents("users/ada/slots") == []
    assert await harness.used("avatar_seconds") == (0, 0)
    simulation.faults.clear()
    assert (await there.run(start(there.app))).avatar_session_id
    assert len(harness.avatars.running()) == 1


async def test_a_start_that_happens_after_its_slot_was_freed_is_stopped(
    simulation: Simulation,
) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    await free_the_slot_of_a_lost_start(simulation, here, there)
    simulation.faults.clear()
    (session,) = harness.avatars.sessions.values()
    session.started = session.alive = harness.clock.now()
    await sweeps(there, 1)
    assert not harness.avatars.running()
    assert await harness.used("avatar_seconds") == (0, 0)


async def test_no_session_is_stopped_before_its_ending_is_committed(
    simulation: Simulation,
) -> None:
    """The store is away from a start's second commit on, until its process gives up."""
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    away = simulation.faults.add("store.*", refuse(), process=here, where=lambda _: bool(tokens()))

    def tokens() -> int:
        return simulation.journal.count("vault.keep")

    with pytest.raises(Unavailable):
        await here.run(start(here.app))
    assert away.bit
    assert simulation.journal.count("avatars.stop") == 0
    await sweeps(there, 2)
    assert not harness.avatars.running()
    assert await harness.documents("users/ada/slots") == []
    assert await harness.used("avatar_seconds") == (0, 0)


def shorter_idle(deps: Dependencies) -> App:
    """Compose a process of another revision, whose sessions are idle sooner."""
    settings = deps.settings.model_copy(update={"idle_seconds": SHORT_IDLE})
    return assemble_app(replace(deps, settings=settings))


async def test_a_session_is_idle_after_the_time_of_its_own_start(simulation: Simulation) -> None:
    here, there = simulation.process(), simulation.process(compose=shorter_idle)
    harness = simulation.harness
    promised = harness.settings.idle_seconds
    assert promised > 2 * SHORT_IDLE
    started = await here.run(start(here.app))
    await asyncio.sleep(promised - SHORT_IDLE)
    await there.run(chat_answer(there.app, conversation_id=started.conversation_id))
    await asyncio.sleep(SHORT_IDLE + 30)  # past its `due_at`, and longer than the sweep's own time
    await there.run(sweep(there.app))
    assert (await harness.session(started.avatar_session_id))["state"] == "live"
    kept = await there.run(keep_alive(there.app, started.avatar_session_id))
    assert (kept.idle_at - harness.clock.now()).total_seconds() == pytest.approx(promised)
    await asyncio.sleep(promised + 1)
    await there.run(sweep(there.app))
    assert (await harness.session(started.avatar_session_id))["end_reason"] == "idle"


@pytest.mark.parametrize("skew", [-5.0, 5.0])
async def test_clocks_5_s_apart_change_no_charge_by_more_than_a_second(
    simulation: Simulation, skew: float
) -> None:
    """One process starts the session, one with another clock ends it, a third one sweeps."""
    here, there = simulation.process(), simulation.process(skew=skew)
    sweeper, harness = simulation.process(skew=-skew), simulation.harness
    started = await here.run(start(here.app))
    session = started.avatar_session_id
    await asyncio.sleep(10)
    kept = await there.run(keep_alive(there.app, session))
    assert kept.expires_at == started.expires_at
    await there.run(chat_answer(there.app, conversation_id=started.conversation_id))
    await sweeper.run(sweep(sweeper.app))
    assert (await harness.session(session))["state"] == "live"
    ended = await there.run(end(there.app, session, ADA))
    ran = harness.avatars.session(session).seconds(harness.clock.now())
    assert ran <= ended.seconds <= ran + 1
    await sweeps(sweeper)
    assert await harness.used("avatar_seconds") == (ended.seconds, 0)
    assert await leftovers(simulation) == []


@pytest.mark.parametrize("skew", [-5.0, 5.0])
async def test_a_start_of_another_clock_is_swept_when_its_process_dies(
    simulation: Simulation, skew: float
) -> None:
    here, sweeper = simulation.process(skew=skew), simulation.process(skew=-skew)
    harness = simulation.harness
    simulation.faults.add("vault.keep", fail(Unavailable("vault", "away")), process=here)
    simulation.faults.add("avatars.stop", fail(Ambiguous("avatar", "no answer")), process=here)
    with suppress(OprinaError):
        await here.run(start(here.app))
    assert len(harness.avatars.running()) == 1
    await sweeps(sweeper, 2)
    assert not harness.avatars.running()
    assert await harness.documents("users/ada/slots") == []
    assert await harness.used("avatar_seconds") == (0, 0)  # it was never handed out


@pytest.mark.parametrize("skew", [-5.0, 5.0])
async def test_clocks_5_s_apart_let_a_newer_turn_take_over(
    simulation: Simulation, skew: float
) -> None:
    here, there, harness = simulation.process(), simulation.process(skew=skew), simulation.harness
    started = await here.run(start(here.app))
    same: dict[str, Any] = {"conversation_id": started.conversation_id}
    harness.agent.replies.extend([["A long sentence is spoken here. " * 8], ["Here I am."]])
    older = asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", key="k", **same)))
    await asyncio.sleep(6)
    newer = await there.run(chat_answer(there.app, "Never mind.", **same))
    assert (str((await older).ended), str(newer.ended)) == ("interrupted", "complete")
    replayed = await there.run(chat_answer(there.app, "Tell.", key="k", **same))
    assert replayed.text.count("A long sentence") == 8
    assert len(harness.agent.asked) == 2
    await sweeps(there)
    assert await leftovers(simulation) == []
