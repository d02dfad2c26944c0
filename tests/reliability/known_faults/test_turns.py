"""Known faults of turns: what the agent did, what was stored, what was charged, which key answers."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from common.domain.documents import Update
from common.domain.errors import OprinaError, Unavailable, UpstreamNotFound
from common.ports.agent import Finished
from tests.reliability.fault_injection import (
    Effect,
    ProcessDied,
    SimulatedProcess,
    Simulation,
    busy,
    delay,
    meanwhile,
    refuse,
    simulate,
    unconfirmed,
)
from tests.reliability.known_faults.known import fixed, start_and_wait
from tests.support.fakes.agent import Step, ToolEffect
from tests.support.harness import (
    advance,
    chat,
    chat_answer,
    leave,
    speak,
    start,
    sweep,
    wait_for_text,
)

MAIL: list[Step] = [ToolEffect("send_mail", 0.3), 1.0, "Sent.", Finished(9_000)]
LONG_HISTORY: list[Step] = [0.5, "word " * 400, 1.0, Finished(60_000, 50_000)]


# ── the agent acts before, or more often than, the turn ──────────────────────────────────────────


@fixed("A2", "the agent acts for a turn that was refused as 'nothing was changed'")
async def test_the_agent_does_nothing_for_a_refused_turn(
    simulation: Simulation,
) -> None:
    here = simulation.process()
    first = await here.run(chat_answer(here.app, "Hello."))
    simulation.harness.agent.replies.extend([MAIL] * 3)
    simulation.faults.add("store.commit", delay(3))
    simulation.faults.add("store.commit", refuse())
    for _ in range(3):
        with pytest.raises(Unavailable):
            await here.run(chat_answer(here.app, conversation_id=first.conversation_id), "mail")
    assert not simulation.journal.tool_effects("mail")


@fixed("A2", "one key on two instances asks the agent twice")
async def test_one_key_on_two_instances_asks_the_agent_once(simulation: Simulation) -> None:
    here, there = simulation.process(), simulation.process()
    first = await here.run(chat_answer(here.app, "Hello."))
    simulation.latency["store"] = (0.02, 0.03)
    simulation.harness.agent.replies.extend([MAIL] * 2)
    same: dict[str, Any] = {"conversation_id": first.conversation_id, "key": "k"}
    await asyncio.gather(
        here.run(chat_answer(here.app, "Mail my boss.", **same), "mail"),
        there.run(chat_answer(there.app, "Mail my boss.", **same), "mail"),
        return_exceptions=True,
    )
    await asyncio.sleep(5)
    assert simulation.journal.count("agent.reply", "mail") == 1
    assert simulation.journal.tool_effects("mail") == {"send_mail": 1}


@fixed("A3", "a 404 after a tool has run makes the turn run again")
async def test_a_reply_cut_after_a_tool_is_not_repeated(
    simulation: Simulation,
) -> None:
    here = simulation.process()
    first = await here.run(chat_answer(here.app, "Hello."))
    lost = UpstreamNotFound("agent", "the model was not found")
    simulation.harness.agent.replies.extend([[ToolEffect("send_mail"), lost], MAIL])
    with suppress(OprinaError):
        await here.run(chat_answer(here.app, conversation_id=first.conversation_id), "mail")
    assert simulation.journal.tool_effects("mail") == {"send_mail": 1}


@fixed("B9", "two streams of one agent session are open at once")
@pytest.mark.parametrize("aloud", [None, False], ids=["spoken", "text"])
async def test_a_newer_turn_waits_until_the_older_stream_is_closed(
    simulation: Simulation, aloud: bool | None
) -> None:
    here, there, agent = simulation.process(), simulation.process(), simulation.harness.agent
    started = await start_and_wait(simulation, here)
    agent.replies.extend(
        [[ToolEffect("search", 8.0), "First answer. ", 1.0], [8.0, "Second answer. ", 1.0]]
    )
    same: dict[str, Any] = {"conversation_id": started.conversation_id, "speak": aloud}
    older = here.spawn(chat_answer(here.app, "One.", **same))
    await asyncio.sleep(2)
    await there.run(chat_answer(there.app, "Two.", **same))
    await asyncio.wait({older})
    assert max(agent.most_streams.values()) == 1


@fixed("B9", "an interruption by speak lets a second stream in beside a text turn")
async def test_an_interruption_lets_no_second_stream_in(simulation: Simulation) -> None:
    here, there, agent = simulation.process(), simulation.process(), simulation.harness.agent
    first = await here.run(chat_answer(here.app, "Hello."))
    same: dict[str, Any] = {"conversation_id": first.conversation_id}
    agent.replies.extend([["Thinking ", 8.0, "done."], ["Second ", 8.0, "done."]])
    older = here.spawn(chat_answer(here.app, "One.", **same))
    await asyncio.sleep(1)
    started = await there.run(start(there.app, **same))
    await there.run(speak(there.app, started.avatar_session_id, None))
    await there.run(chat_answer(there.app, "Two.", **same))
    await asyncio.wait({older})
    assert max(agent.most_streams.values()) == 1


# ── the store fails briefly ──────────────────────────────────────────────────────────────────────


@fixed("A4", "a store that is away once at the end of a turn loses the reply")
@pytest.mark.parametrize("effect", [busy(), refuse()], ids=["busy", "away"])
async def test_a_reply_survives_a_store_that_is_away_once(
    simulation: Simulation, effect: Effect
) -> None:
    here, harness = simulation.process(), simulation.harness
    harness.agent.replies.append(["Hello", " there.", Finished(50)])
    simulation.faults.add("store.commit", effect, nth=2)
    reply = await here.run(chat_answer(here.app, "Hi."))
    assert reply.error is None
    kept = await harness.messages(reply.conversation_id)
    assert ("assistant", "Hello there.") in kept
    assert await harness.used("agent_tokens") == (50, 0)
    await here.run(chat_answer(here.app, "Again.", conversation_id=reply.conversation_id))


@fixed("B8", "an unconfirmed commit is not recognised when someone else wrote meanwhile")
async def test_an_unconfirmed_turn_that_was_interrupted_is_charged_nothing(
    simulation: Simulation,
) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    started = await start_and_wait(simulation, here)
    harness.agent.replies.extend([[2.0, "Hello. "]] * 3)
    stop = meanwhile(lambda: there.run(speak(there.app, started.avatar_session_id, None)))
    simulation.faults.add("store.commit", unconfirmed(held=True), nth=1, process=here)
    simulation.faults.add("store.commit", stop, nth=1, process=here)
    codes = []
    try:
        await here.run(chat_answer(here.app, conversation_id=started.conversation_id))
    except OprinaError as error:
        codes.append(error.code)
    advance(harness.clock, 600)
    await there.run(sweep(there.app))
    assert codes != ["conflict"]
    assert (await harness.used("agent_tokens"))[0] < 100


@fixed("B5", "a field of a newer release breaks the conversation")
@pytest.mark.parametrize("call", ["chat", "start_avatar"])
async def test_a_field_of_a_newer_release_is_ignored(simulation: Simulation, call: str) -> None:
    here, harness = simulation.process(), simulation.harness
    started = await start_and_wait(simulation, here)
    path = f"conversations/{started.conversation_id}"
    avatar = {**(await harness.document(path))["avatar"], "added_later": "high"}
    await harness.store.inner.commit([Update(path, {"avatar": avatar})])
    body = {"conversation_id": started.conversation_id, "message": "Hello."}
    if call == "start_avatar":
        del body["message"]
    answered = await simulation.post(here, call, body, "call")
    assert answered.status == 200


# ── what a turn costs ────────────────────────────────────────────────────────────────────────────


async def leave_after_text(process: SimulatedProcess, conversation: str) -> None:
    turn = await chat(process.app, "Again.", conversation_id=conversation)
    await wait_for_text(turn)
    await leave(turn)


@fixed("A5", "a caller who leaves before the usage is known pays almost nothing")
async def test_a_cancelled_turn_costs_at_least_the_last_prompt(simulation: Simulation) -> None:
    here, harness = simulation.process(), simulation.harness
    harness.agent.replies.extend([LONG_HISTORY] * 2)
    first = await here.run(chat_answer(here.app, "Hello."))
    await here.run(leave_after_text(here, first.conversation_id))
    used, reserved = await harness.used("agent_tokens")
    assert used > 60_000 + 50_000
    assert reserved == 0


@fixed("A5", "a caller who leaves before the first word pays nothing")
async def test_a_turn_cancelled_before_any_text_costs_its_reservation(
    simulation: Simulation,
) -> None:
    here, harness = simulation.process(), simulation.harness
    harness.agent.replies.append(LONG_HISTORY)
    await simulation.post(here, "chat", {"message": "x" * 8_000}, "left", leave_after=0.4)
    assert simulation.journal.count("agent.reply", "left") == 1
    assert await harness.used("agent_tokens") == (harness.settings.turn_tokens, 0)


@fixed("A5", "what goes beyond the allowance is not recorded, and the answer says that it is")
async def test_use_beyond_the_allowance_is_recorded_in_full() -> None:
    async with simulate(allowance_agent_tokens=20_000) as simulation:
        here = simulation.process()
        simulation.harness.agent.replies.append(["Done.", Finished(60_000)])
        reply = await here.run(chat_answer(here.app))
        assert reply.usage is not None
        assert reply.usage.usage.meters["agent_tokens"].used == 60_000
        assert await simulation.harness.used("agent_tokens") == (60_000, 0)


@fixed("B1", "a turn whose process died locks its key, and then runs again")
async def test_a_lost_turn_answers_its_key_and_is_charged_once(simulation: Simulation) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    harness.agent.replies.extend([["The first half, ", 9.0, "and more."], ["Again."]])
    turn = asyncio.ensure_future(here.run(chat_answer(here.app, "Tell.", key="k"), "turn"))
    await asyncio.sleep(7)
    here.die()
    with pytest.raises(ProcessDied):
        await turn
    for _ in range(3):
        await asyncio.sleep(60)
        await there.run(sweep(there.app))
    replayed = await there.run(chat_answer(there.app, "Tell.", key="k"), "turn")
    assert str(replayed.ended) == "lost"
    assert replayed.text.startswith("The first half")
    assert simulation.journal.count("agent.reply", "turn") == 1


@fixed("C", "a turn that failed and is tried again keeps the message twice")
async def test_a_turn_that_failed_keeps_its_message_once(simulation: Simulation) -> None:
    here, harness = simulation.process(), simulation.harness
    first = await here.run(chat_answer(here.app, "Hello."))
    same: dict[str, Any] = {"conversation_id": first.conversation_id, "key": "k"}
    simulation.faults.add("agent.reply", refuse(), nth=1)
    with pytest.raises(OprinaError):
        await here.run(chat_answer(here.app, "Tell me.", **same))
    await here.run(chat_answer(here.app, "Tell me.", **same))
    kept = await harness.messages(first.conversation_id)
    assert kept.count(("user", "Tell me.")) == 1


# ── what the caller is told ──────────────────────────────────────────────────────────────────────


@fixed("C s19", "a stream is silent while a tool works")
async def test_no_stream_is_silent_for_more_than_fifteen_seconds(simulation: Simulation) -> None:
    here = simulation.process()
    simulation.harness.agent.replies.append([ToolEffect("search", 100.0), "Here it is."])
    await simulation.post(here, "chat", {"message": "Look it up."}, "chat", events=True)
    assert simulation.journal.silences["chat"] <= 15


@fixed("attack 7", "a 503 does not say when to come back")
async def test_a_503_says_when_to_come_back(simulation: Simulation) -> None:
    here = simulation.process()
    simulation.faults.add("store.*", refuse())
    answered = await simulation.post(here, "chat", {"message": "Hello."}, "chat")
    assert answered.status == 503
    assert "retry-after" in answered.headers


@fixed("attack 8", "a conflict of many requests reaches the caller")
async def test_no_conflict_reaches_a_caller(simulation: Simulation) -> None:
    here = simulation.process()
    started = await start_and_wait(simulation, here)
    simulation.latency["store"] = (0.01, 0.03)
    body = {"avatar_session_id": started.avatar_session_id, "text": "One."}
    posts = (simulation.post(here, "speak", body, f"speak {n}") for n in range(50))
    answered = await asyncio.gather(*posts)
    assert "conflict" not in {answer.json.get("code") for answer in answered}
