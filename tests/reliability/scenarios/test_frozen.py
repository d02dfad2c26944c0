"""A process that was frozen, or whose store went away, while a turn of it ran."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from common.domain.errors import OprinaError
from common.ports.agent import Finished, UsageSoFar
from tests.reliability.fault_injection import PendingCall, Simulation, die, freeze, refuse
from tests.reliability.scenarios.aftermath import leftovers, sweeps
from tests.support.fakes.agent import Step
from tests.support.harness import chat, chat_answer, leave, start
from tests.support.simulation.journal import Call
from tests.support.simulation.process import SimulatedProcess

LONG: list[Step] = ["A long sentence is spoken here. " * 8, Finished(900)]
SHORT: list[Step] = ["Here I am, and this is the newer answer. " * 2, Finished(200)]


def is_silenced(simulation: Simulation, session: str) -> bool:
    """Return True if the newest utterance of the session was cut."""
    played = simulation.harness.avatars.session(session).player.played
    return list(played.values())[-1].interrupted


def of_request(name: str) -> Any:
    return lambda call: call.request == name


async def two_processes(
    simulation: Simulation,
) -> tuple[SimulatedProcess, SimulatedProcess, str, dict[str, Any]]:
    """Start a session in one of two processes. The agent writes a long reply, then a short one.

    Return the processes, the session, and the arguments of its conversation.
    """
    here, there = simulation.process(), simulation.process()
    started = await here.run(start(here.app))
    await asyncio.sleep(6)
    simulation.harness.agent.replies.extend([LONG, SHORT])
    return here, there, started.avatar_session_id, {"conversation_id": started.conversation_id}


async def check_the_newer_turn_was_heard(
    simulation: Simulation, there: SimulatedProcess, session: str, *, older_interrupts: int
) -> None:
    """Check that the older turn cut nothing, and that a sweep leaves nothing behind."""
    assert not is_silenced(simulation, session)
    assert simulation.journal.count("connection.interrupt", "older") == older_interrupts
    await sweeps(there)
    assert await leftovers(simulation) == []


async def test_a_process_that_was_frozen_while_it_connected_silences_no_newer_turn(
    simulation: Simulation,
) -> None:
    """The connection of the older turn opens after the newer turn has begun to speak."""
    here, there, session, same = await two_processes(simulation)
    simulation.faults.add("avatars.connect", freeze(5, "after"), process=here)
    older = asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", **same), "older"))
    await asyncio.sleep(2)
    newer = await there.run(chat_answer(there.app, "Never mind.", **same), "newer")
    answer = await older
    assert (str(newer.ended), newer.spoken) == ("complete", newer.text.strip())
    assert str(answer.ended) == "interrupted"
    await check_the_newer_turn_was_heard(simulation, there, session, older_interrupts=0)


async def test_a_process_that_was_frozen_before_it_silenced_silences_no_newer_turn(
    simulation: Simulation,
) -> None:
    """Its caller leaves; it looks whether it may silence, and freezes there, between checkpoints."""
    here, there, session, same = await two_processes(simulation)
    older = await here.run(chat(here.app, "Tell.", **same), "older")
    await asyncio.sleep(1.5)
    before = simulation.journal.count("connection.interrupt", "older")
    simulation.faults.add("store.get", freeze(3.3, "after"), nth=1, process=here)
    leaving = asyncio.ensure_future(here.run(leave(older), "older"))
    await asyncio.sleep(1)
    newer = await there.run(chat_answer(there.app, "Never mind.", **same), "newer")
    await leaving
    assert (str(newer.ended), newer.spoken) == ("complete", newer.text.strip())
    await check_the_newer_turn_was_heard(simulation, there, session, older_interrupts=before)


async def test_a_turn_whose_store_is_away_silences_nothing_it_cannot_know(
    simulation: Simulation,
) -> None:
    """The avatar may speak for a turn of another process by the time the caller leaves."""
    here, there, session, same = await two_processes(simulation)
    simulation.harness.avatars.reports_interrupts_to_all = False
    older = await here.run(chat(here.app, "Tell.", **same), "older")
    await asyncio.sleep(4)
    before = simulation.journal.count("connection.interrupt", "older")
    simulation.faults.add("store.*", refuse(), seconds=8, process=here)
    newer = asyncio.ensure_future(there.run(chat_answer(there.app, "Stop.", **same), "newer"))
    await asyncio.sleep(2.5)
    await here.run(leave(older), "older")
    assert str((await newer).ended) == "complete"
    await check_the_newer_turn_was_heard(simulation, there, session, older_interrupts=before)


# ── the store goes away right after the first commit ─────────────────────────────────────────────


def goes_away(simulation: Simulation, seconds: float) -> Any:
    """Return an effect: the commit holds, and then the store is away from the process."""

    async def effect(call: PendingCall) -> Any:
        done = await call.happen()
        simulation.faults.add("store.*", refuse(), seconds=seconds, process=call.process)
        return done

    return effect


def admits(call: Call) -> bool:
    return any(write.path.startswith("turns/") for write in call.args[0])


async def test_a_turn_is_charged_though_the_store_went_away_after_its_admission(
    simulation: Simulation,
) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    harness.agent.replies.append([1.0, "It is stored later.", Finished(700)])
    simulation.faults.add("store.commit", goes_away(simulation, 12), nth=1, where=admits)
    answer = await here.run(chat_answer(here.app, key="k"))
    assert (answer.text, answer.usage.agent_tokens) == ("It is stored later.", 700)  # type: ignore[union-attr]  # it was charged
    assert await harness.used("agent_tokens") == (700, 0)
    assert [text for _, text in await harness.messages(answer.conversation_id)][1] == answer.text
    await sweeps(there)
    assert await leftovers(simulation) == []


async def test_a_long_turn_corrects_its_charge_when_the_store_is_back(
    simulation: Simulation,
) -> None:
    """The sweep of another process takes it for dead meanwhile, and charges its reservation."""
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    harness.agent.replies.append(["Begun. ", UsageSoFar(500, 400), 70.0, "Never."])
    simulation.faults.add("store.commit", goes_away(simulation, 65), nth=1, where=admits)
    turn = asyncio.ensure_future(here.run(chat_answer(here.app, key="k")))
    await sweeps(there, 1)
    assert await harness.used("agent_tokens") == (harness.settings.turn_tokens, 0)
    with suppress(OprinaError):
        await turn
    await sweeps(there)
    (settled,) = await harness.documents("turns")
    assert settled["state"] == "corrected"
    assert await harness.used("agent_tokens") == (500, 0)
    assert await leftovers(simulation) == []


@pytest.mark.parametrize("known", [False, True])
async def test_a_dead_turn_is_charged_its_reservation_unless_a_checkpoint_tells_more(
    simulation: Simulation, known: bool
) -> None:
    """ADR 4: the checkpoint says that the agent was asked, so that the last prompt is charged."""
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    harness.agent.replies.extend(
        [["First.", Finished(400, 300)], [30.0, "Too late.", Finished(700)]]
    )
    first = await here.run(chat_answer(here.app))
    if not known:
        simulation.faults.add("store.commit", goes_away(simulation, 60), nth=1, where=admits)
    turn = asyncio.ensure_future(
        here.run(chat_answer(here.app, "Tell.", key="k", conversation_id=first.conversation_id))
    )
    await asyncio.sleep(4)
    assert len(harness.agent.asked) == 2
    here.die()
    await asyncio.wait({turn})
    await sweeps(there)
    charged = 300 if known else 300 + harness.settings.turn_tokens
    assert await harness.used("agent_tokens") == (400 + charged, 0)
    assert await leftovers(simulation) == []


@pytest.mark.parametrize("waits", [True, False])
async def test_a_turn_that_dies_while_it_waits_for_an_older_one_is_charged_nothing(
    simulation: Simulation, waits: bool
) -> None:
    """When it has waited, its document says that it may ask, before it asks."""
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    harness.agent.replies.append(["Begun. ", 30.0])
    older: Any = await there.run(chat(there.app, "Tell me everything."))
    await asyncio.sleep(1.1)
    if not waits:
        simulation.faults.add("agent.reply", die("before"), process=here)
    newer = asyncio.ensure_future(
        here.run(chat_answer(here.app, "Stop.", conversation_id=older.record.conversation_id))
    )
    await asyncio.sleep(0.3 if waits else 4)
    here.die()
    await asyncio.wait({newer})
    await sweeps(there)
    (died,) = [turn for turn in await harness.documents("turns") if turn["number"] == 2]
    assert (died["asked"], died["settled_by"]) == (False if waits else None, "sweep")
    assert died["charged"] == ({} if waits else {"agent_tokens": harness.settings.turn_tokens})
    assert len(harness.agent.asked) == 1
    assert await leftovers(simulation) == []


@pytest.mark.parametrize("skew", [-5.0, 0.0, 5.0])
async def test_the_key_of_a_dead_turn_answers_lost_within_two_minutes(
    simulation: Simulation, skew: float
) -> None:
    here, there, harness = simulation.process(), simulation.process(skew=skew), simulation.harness
    harness.agent.replies.append(["The beginning. ", 30.0, "The end.", Finished(700)])
    turn = asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", key="k")))
    await asyncio.sleep(8)
    here.die()
    await asyncio.wait({turn})
    await sweeps(there, 2)
    replayed = await there.run(chat_answer(there.app, "Tell.", key="k"))
    assert (str(replayed.ended), replayed.text) == ("lost", "The beginning. ")
    assert len(harness.agent.asked) == 1
    assert await leftovers(simulation) == []
