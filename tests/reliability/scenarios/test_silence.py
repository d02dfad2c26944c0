"""A person stops the avatar, or leaves, while the turn's process is dead, frozen or cut off."""

import asyncio
from typing import Any

import pytest

from common.ports.agent import Finished
from common.schemas.answers import ChatAnswer
from common.schemas.requests import ChatRequest
from common.transactions.idempotency import IdempotencyKey
from tests.reliability.fault_injection import Simulation, delay, freeze, refuse
from tests.reliability.scenarios.aftermath import leftovers, sweeps
from tests.reliability.scenarios.test_frozen import is_silenced
from tests.support.fakes.agent import Step
from tests.support.harness import ADA, chat, chat_answer, leave, start
from tests.support.simulation.process import SimulatedProcess

LONG: list[Step] = ["A long sentence is spoken here. " * 30, Finished(900)]
SHORT: list[Step] = ["Here I am, and this is the newer answer. " * 2, Finished(200)]
SPEAKS = 5.0
"""After this many seconds most of the long reply is sent, and a minute of it is not played yet."""

Scene = tuple[SimulatedProcess, SimulatedProcess, str, dict[str, Any]]


@pytest.fixture
async def scene(simulation: Simulation) -> Scene:
    """Two processes, and a session of the first one that is used to speaking."""
    here, there = simulation.process(), simulation.process()
    started = await here.run(start(here.app))
    await asyncio.sleep(6)
    simulation.harness.agent.replies.extend([LONG, SHORT])
    return here, there, started.avatar_session_id, {"conversation_id": started.conversation_id}


async def stop(process: SimulatedProcess, same: dict[str, Any]) -> ChatAnswer:
    request = ChatRequest(stop=True, **same)
    stopped = await process.run(
        process.app.conversations.chat(ADA, request, IdempotencyKey()), "stop"
    )
    assert isinstance(stopped, ChatAnswer)
    return stopped


def interrupts(simulation: Simulation, request: str) -> int:
    return simulation.journal.count("connection.interrupt", request)


async def test_a_stop_silences_the_avatar_of_a_dead_process(
    simulation: Simulation, scene: Scene
) -> None:
    here, there, session, same = scene
    turn = asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", **same), "older"))
    await asyncio.sleep(SPEAKS)
    here.die()
    await asyncio.wait({turn})
    assert not is_silenced(simulation, session)
    before = asyncio.get_running_loop().time()
    await stop(there, same)
    assert asyncio.get_running_loop().time() - before < 3
    assert is_silenced(simulation, session)
    await sweeps(there)
    assert await leftovers(simulation) == []


@pytest.mark.parametrize("how", ["store", "frozen"])
async def test_a_stop_silences_the_avatar_of_a_process_that_is_cut_off(
    simulation: Simulation, scene: Scene, how: str
) -> None:
    here, there, session, same = scene
    turn = asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", **same), "older"))
    await asyncio.sleep(SPEAKS)
    if how == "store":
        simulation.faults.add("store.*", refuse(), seconds=15, process=here)
    else:
        simulation.faults.add("store.*", freeze(15, "after"), nth=1, process=here)
        await asyncio.sleep(1)
    await stop(there, same)
    assert is_silenced(simulation, session)
    assert interrupts(simulation, "stop") == 1
    assert str((await turn).ended) == "interrupted"
    await sweeps(there)
    assert await leftovers(simulation) == []


async def test_a_stop_leaves_the_avatar_to_a_process_that_is_well(
    simulation: Simulation, scene: Scene
) -> None:
    here, there, session, same = scene
    turn = asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", **same), "older"))
    await asyncio.sleep(SPEAKS)
    await stop(there, same)
    assert is_silenced(simulation, session)
    assert interrupts(simulation, "stop") == 0
    assert str((await turn).ended) == "interrupted"


async def test_a_stop_does_not_silence_a_newer_turn(simulation: Simulation, scene: Scene) -> None:
    """The newer turn comes while the stop waits for the dead process, and while it connects."""
    here, there, session, same = scene
    turn = asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", **same), "older"))
    await asyncio.sleep(SPEAKS)
    here.die()
    await asyncio.wait({turn})
    simulation.faults.add("avatars.connect", delay(1.5), where=lambda call: call.request == "stop")
    stopping = asyncio.ensure_future(stop(there, same))
    await asyncio.sleep(2.5)
    newer = await there.run(chat_answer(there.app, "Never mind.", **same), "newer")
    await stopping
    assert (str(newer.ended), newer.spoken) == ("complete", newer.text.strip())
    assert interrupts(simulation, "stop") == 0
    assert not is_silenced(simulation, session)


async def test_a_stop_of_a_text_turn_waits_for_nothing(simulation: Simulation) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    harness.agent.replies.extend([["Hello."], ["So it begins. ", 30.0, "The end."]])
    first = await here.run(chat_answer(here.app))
    same: dict[str, Any] = {"conversation_id": first.conversation_id}
    turn = asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", **same)))
    await asyncio.sleep(6)
    before = asyncio.get_running_loop().time()
    assert (await stop(there, same)).text == "So it begins. "
    assert asyncio.get_running_loop().time() == before
    assert str((await turn).ended) == "interrupted"


async def test_an_avatar_that_could_not_be_silenced_is_when_the_store_is_back(
    simulation: Simulation, scene: Scene
) -> None:
    """The caller leaves while the store is away: a newer turn might speak by then."""
    here, there, session, same = scene
    older = await here.run(chat(here.app, "Tell.", **same), "older")
    await asyncio.sleep(SPEAKS)
    before = interrupts(simulation, "older")
    simulation.faults.add("store.*", refuse(), seconds=6, process=here)
    await asyncio.sleep(3)
    leaving = asyncio.ensure_future(here.run(leave(older), "older"))
    await asyncio.sleep(1)
    assert interrupts(simulation, "older") == before
    await leaving
    assert is_silenced(simulation, session)
    await sweeps(there)
    assert await leftovers(simulation) == []


@pytest.mark.parametrize("after", [2.0, 0.1], ids=["in its speech", "before its speech"])
async def test_what_an_avatar_at_its_maximum_age_did_not_speak_was_not_heard(
    simulation: Simulation, scene: Scene, after: float
) -> None:
    """The provider ends the session without an event and without a close."""
    here, there, session, same = scene
    harness = simulation.harness
    harness.agent.replies.clear()
    harness.agent.replies.append(["First. ", 1.0, "A long sentence is spoken here. " * 8])
    turn = asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", **same)))
    await asyncio.sleep(after)
    at_provider = harness.avatars.session(session)
    at_provider.player.fall_silent()
    at_provider.ended, at_provider.reason = harness.clock.now(), "MAX_DURATION_REACHED"
    answer = await turn
    assert str(answer.ended) == "complete"
    assert answer.spoken in {"", "First."}
    assert answer.speech is not None
    assert (answer.speech.state, answer.speech.code) == ("unavailable", "session_over")
    assert (await harness.session(session))["state"] == "ended"
    await sweeps(there)
    assert await leftovers(simulation) == []


async def test_an_avatar_that_reports_nothing_and_runs_was_heard(
    simulation: Simulation, scene: Scene
) -> None:
    """The provider need not report to a second connection: then the clock decides."""
    here, _, session, same = scene
    harness = simulation.harness
    harness.agent.replies.clear()
    harness.agent.replies.append(["A sentence is spoken here."])
    turn = asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", **same)))
    harness.avatars.session(session).player.fall_silent()
    answer = await turn
    assert (str(answer.ended), answer.spoken) == ("complete", answer.text)
    assert (await harness.session(session))["state"] == "live"
