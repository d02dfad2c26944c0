"""Turns that meet a crash, another process or a store that is away. Any process can finish them."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from common.conversations.running_turn import RunningChat
from common.domain.documents import Update
from common.domain.errors import KeyInFlight, OprinaError
from common.ports.agent import Finished
from common.schemas.answers import ChatAnswer
from tests.reliability.fault_injection import (
    PendingCall,
    ProcessDied,
    Simulation,
    die,
    refuse,
    unconfirmed,
)
from tests.reliability.scenarios.aftermath import leftovers, sweeps
from tests.support.fakes.agent import Step, ToolEffect
from tests.support.harness import ADA, advance, chat, chat_answer, collect_events, end, start, sweep
from tests.support.simulation.journal import Call

STORY: list[Step] = [0.5, "Once upon a time there was a king. ", 0.5, "He slept.", Finished(900)]
SLOW: list[Step] = [5.0, "At last.", Finished(500)]
MAIL: list[Step] = [ToolEffect("send_mail", 0.3), 1.0, "Sent.", Finished(700)]
STATES = ("answered", "settled")


def turn_becomes(state: str) -> Any:
    """Return a condition for the commit that moves a turn to `state`."""

    def matches(call: Call) -> bool:
        return any(
            isinstance(write, Update)
            and write.path.startswith("turns/")
            and write.fields.get("state") == state
            for write in call.args[0]
        )

    return matches


async def lost(work: "asyncio.Future[Any]") -> None:
    with pytest.raises(ProcessDied):
        await work


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("state", STATES)
async def test_a_crash_at_a_commit_of_a_spoken_turn_loses_nothing(
    simulation: Simulation, state: str, moment: Any
) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    started = await here.run(start(here.app))
    harness.agent.replies.append(STORY)
    simulation.faults.add(
        "store.commit", die(moment), nth=1, where=turn_becomes(state), process=here
    )
    said: dict[str, Any] = {"conversation_id": started.conversation_id, "key": "k"}
    await lost(asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", **said), "turn")))
    await sweeps(there)
    replayed = await there.run(chat_answer(there.app, "Tell.", **said), "turn")
    written = "".join(step for step in STORY if isinstance(step, str))
    known = (state, moment) != ("answered", "before")
    assert replayed.text == written if known else written.startswith(replayed.text)
    assert simulation.journal.count("agent.reply", "turn") == 1
    assert await leftovers(simulation) == []


async def test_a_crash_in_speech_is_settled_with_the_whole_reply(simulation: Simulation) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    started = await here.run(start(here.app))
    harness.agent.replies.append(["A long sentence is spoken here. " * 8, Finished(900)])
    said: dict[str, Any] = {"conversation_id": started.conversation_id, "key": "k"}
    turn = asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", **said), "turn"))
    await asyncio.sleep(6)
    here.die()
    await lost(turn)
    await sweeps(there)
    replayed = await there.run(chat_answer(there.app, "Tell.", **said))
    assert str(replayed.ended) == "interrupted"
    assert replayed.text.count("A long sentence") == 8
    assert await harness.used("agent_tokens") == (900, 0)
    assert await leftovers(simulation) == []


async def test_an_interruption_from_another_process_while_the_agent_thinks(
    simulation: Simulation,
) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    first = await here.run(chat_answer(here.app))
    same: dict[str, Any] = {"conversation_id": first.conversation_id}
    harness.agent.replies.extend([[30.0, "Too late."], ["Here I am.", Finished(200)]])
    older = asyncio.ensure_future(here.run(chat_answer(here.app, "Think.", **same)))
    await asyncio.sleep(3)
    newer = await there.run(chat_answer(there.app, "Never mind.", **same))
    assert newer.text == "Here I am."
    assert str((await older).ended) == "interrupted"
    assert max(harness.agent.most_streams.values()) == 1
    await sweeps(there)
    assert await leftovers(simulation) == []


@pytest.mark.parametrize("held", [True, False])
async def test_an_interruption_while_a_closing_commit_is_unconfirmed(
    simulation: Simulation, held: bool
) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    first = await here.run(chat_answer(here.app))
    same: dict[str, Any] = {"conversation_id": first.conversation_id}
    harness.agent.replies.extend([STORY, ["Here I am.", Finished(200)]])
    closing = simulation.faults.add(
        "store.commit", unconfirmed(held=held), nth=1, where=turn_becomes("settled"), process=here
    )
    older = asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", **same)))
    while not closing.bit:  # noqa: ASYNC110 - a planned fault has no event
        await asyncio.sleep(0.1)
    newer = await there.run(chat_answer(there.app, "Never mind.", **same))
    assert newer.text == "Here I am."
    assert (await older).text.endswith("He slept.")
    await sweeps(there)
    assert await leftovers(simulation) == []
    assert len(await harness.messages(first.conversation_id)) == 6


async def test_one_key_on_two_processes_has_one_effect(simulation: Simulation) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    first = await here.run(chat_answer(here.app))
    harness.agent.replies.extend([MAIL, MAIL])
    said: dict[str, Any] = {"conversation_id": first.conversation_id, "key": "k"}
    answers = await asyncio.gather(
        here.run(chat_answer(here.app, "Mail my boss.", **said), "mail"),
        there.run(chat_answer(there.app, "Mail my boss.", **said), "mail"),
        return_exceptions=True,
    )
    assert {type(answer) for answer in answers} == {ChatAnswer, KeyInFlight}
    again = await there.run(chat_answer(there.app, "Mail my boss.", **said), "mail")
    assert again.text == "Sent."
    assert len(simulation.journal.tool_effects("mail")) == 1
    assert await leftovers(simulation) == []


async def test_the_key_of_an_interrupted_turn_gives_its_answer(simulation: Simulation) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    first = await here.run(chat_answer(here.app))
    same: dict[str, Any] = {"conversation_id": first.conversation_id}
    harness.agent.replies.extend([["The first half, ", 30.0, "and more."], ["Here I am."]])
    older = asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", key="k", **same)))
    await asyncio.sleep(3)
    await there.run(chat_answer(there.app, "Never mind.", **same))
    await older
    replayed = await there.run(chat_answer(there.app, "Tell.", key="k", **same))
    assert (str(replayed.ended), replayed.text) == ("interrupted", "The first half, ")
    assert len(harness.agent.asked) == 3
    assert await leftovers(simulation) == []


async def test_a_turn_in_which_the_month_changes_is_charged_to_its_month(
    simulation: Simulation,
) -> None:
    here, harness = simulation.process(), simulation.harness
    advance(harness.clock, 20 * 86_400 + 11 * 3_600 + 59 * 60 + 57)
    assert harness.clock.now().strftime("%m-%d %H:%M:%S") == "11-30 23:59:57"
    harness.agent.replies.append([6.0, "A new month.", Finished(800)])
    await here.run(chat_answer(here.app))
    november = await harness.document("users/ada/usage/2026-11")
    december = await harness.document("users/ada/usage/2026-12")
    assert november["agent_tokens_used"] == 800
    assert november["agent_tokens_reserved"] == 0
    assert not december.get("agent_tokens_used")
    assert await leftovers(simulation) == []


@pytest.mark.parametrize("point", range(1, 9))
async def test_a_store_that_is_away_for_10_s_at_any_point(
    simulation: Simulation, point: int
) -> None:
    """The n-th call of the turn, and every call in the next 10 s, is refused."""
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    started = await here.run(start(here.app))
    harness.agent.replies.extend([MAIL, MAIL])
    said: dict[str, Any] = {"conversation_id": started.conversation_id, "key": "k"}

    async def go_away(call: PendingCall) -> Any:
        simulation.faults.add("store.*", refuse(), seconds=10)
        return await refuse()(call)

    simulation.faults.add("store.*", go_away, nth=point, process=here)
    with suppress(OprinaError):
        await here.run(chat_answer(here.app, "Mail my boss.", **said), "mail")
    await sweeps(there)
    replayed = await there.run(chat_answer(there.app, "Mail my boss.", **said), "mail")
    assert replayed.text in {"Sent.", ""}
    assert len(simulation.journal.tool_effects("mail")) == 1
    assert await leftovers(simulation) == []


@pytest.mark.parametrize("skew", [-5.0, 5.0])
async def test_a_sweep_leaves_a_turn_that_still_runs(simulation: Simulation, skew: float) -> None:
    here, there, harness = simulation.process(), simulation.process(skew=skew), simulation.harness
    harness.agent.replies.append([90.0, "It took a while.", Finished(400)])
    turn = asyncio.ensure_future(here.run(chat_answer(here.app)))
    await sweeps(there, 1)
    for _ in range(20):
        await asyncio.sleep(1)
        await there.run(sweep(there.app))
    assert not turn.done()
    answer = await turn
    assert (str(answer.ended), answer.text) == ("complete", "It took a while.")
    assert await harness.used("agent_tokens") == (400, 0)
    assert await leftovers(simulation) == []


async def test_the_end_of_the_session_while_a_turn_speaks(simulation: Simulation) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    started = await here.run(start(here.app))
    harness.agent.replies.append(["A long sentence is spoken here. " * 8, Finished(900)])
    running = await here.run(chat(here.app, conversation_id=started.conversation_id))
    assert isinstance(running, RunningChat)
    events = asyncio.ensure_future(here.run(collect_events(running)))
    await asyncio.sleep(6)
    ended = await there.run(end(there.app, started.avatar_session_id, ADA))
    await events
    answer = await running.answer()
    assert answer.text.count("A long sentence") == 8
    assert not harness.avatars.running()
    assert ended.avatar_session_id == started.avatar_session_id
    await sweeps(there)
    assert await leftovers(simulation) == []


async def test_a_session_that_the_provider_ends_early_is_charged_its_seconds(
    simulation: Simulation,
) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    started = await here.run(start(here.app))
    harness.agent.replies.append(["A long sentence is spoken here. " * 8, Finished(900)])
    turn = asyncio.ensure_future(
        here.run(chat_answer(here.app, conversation_id=started.conversation_id))
    )
    await asyncio.sleep(7)
    harness.avatars.session(started.avatar_session_id).end(harness.clock.now(), "PROVIDER")
    answer = await turn
    assert answer.text.count("A long sentence") == 8
    await sweeps(there)
    session = await harness.session(started.avatar_session_id)
    assert (session["state"], session["seconds"]) == ("ended", 7)
    assert await leftovers(simulation) == []
