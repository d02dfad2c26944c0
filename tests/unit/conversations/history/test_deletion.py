"""Deletion of conversations: by a person and by age, also when the process dies at any step."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from common.domain import errors
from common.domain.documents import Create
from common.domain.ids import TurnId, UserId
from common.domain.turn import SWEEP, TurnRecord
from common.schemas.conversations import (
    DeleteConversationRequest,
    DeletedAnswer,
    ListConversationsRequest,
    ListMessagesRequest,
    ReadConversationRequest,
)
from common.schemas.requests import SweepRequest
from tests.reliability.fault_injection import Moment, ProcessDied, die, refuse, simulate
from tests.support.fakes.agent import FakeAgent, Step
from tests.support.harness import ADA, BOB, Harness, advance, chat, new_harness, start
from tests.support.virtual_time import EPOCH

SLOW_REPLY: list[Step] = ["Begun. ", 3.0, "Not yet. ", 300.0, "Never."]


async def delete(app: Any, conversation: str, user: Any = ADA) -> DeletedAnswer:
    request = DeleteConversationRequest(conversation_id=conversation)
    found: DeletedAnswer = await app.history.delete(user, request)
    return found


async def left_of(harness: Harness, conversation: str) -> dict[str, Any]:
    """Return what is left of a conversation, by kind."""
    turns = await harness.documents("turns")
    left = {
        "conversation": await harness.document(f"conversations/{conversation}"),
        "messages": await harness.messages(conversation),
        "turns": [turn for turn in turns if turn["conversation_id"] == conversation],
        "avatars": [session for session in await harness.sessions() if session["state"] != "ended"],
        "secrets": list(harness.vault.kept),
        "agent sessions": [name for _, name in harness.agent.sessions if name == conversation],
        "running": harness.avatars.running(),
    }
    return {kind: found for kind, found in left.items() if found}


async def test_everything_of_a_conversation_is_deleted() -> None:
    harness = new_harness()
    started = await harness.start()
    conversation = started.conversation_id
    for n in range(3):
        await harness.whole_chat(f"Message {n}", conversation_id=conversation)
    other = await harness.whole_chat("Another conversation")
    assert (await delete(harness.app, conversation)).state == "deleted"
    assert await left_of(harness, conversation) == {}
    assert len(await harness.messages(other.conversation_id)) == 2
    assert (await delete(harness.app, conversation)).state == "deleted"
    assert (await harness.used("avatar_seconds"))[1] == 0


async def test_a_deleted_conversation_is_missing_at_once() -> None:
    harness = new_harness()
    conversation = (await harness.whole_chat("Hello.")).conversation_id
    agent = FailingAgent()
    assert (await delete(harness.another(agent=agent), conversation)).state == "deleting"
    history = harness.app.history
    name: dict[str, Any] = {"conversation_id": conversation}
    assert (await history.page(ADA, ListConversationsRequest())).conversations == []
    for call in (
        history.read(ADA, ReadConversationRequest(**name)),
        history.messages(ADA, ListMessagesRequest(**name)),
        harness.chat("More", **name),
        harness.start(**name),
        delete(harness.app, conversation, BOB),
    ):
        with pytest.raises(errors.NotFound):
            await call


class FailingAgent(FakeAgent):
    async def delete_session(self, user: UserId, session: str) -> None:
        raise errors.Unavailable("agent", f"{session} of {user} is away")


async def test_missing_and_foreign_conversations_cannot_be_deleted() -> None:
    harness = new_harness()
    conversation = (await harness.whole_chat("Mine", BOB)).conversation_id
    for name in (conversation, "missing"):
        with pytest.raises(errors.NotFound):
            await delete(harness.app, name)
    assert len(await harness.messages(conversation)) == 2


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_running_turn_is_stopped_and_leaves_nothing(elsewhere: bool) -> None:
    harness = new_harness(agent=FakeAgent(SLOW_REPLY))
    turn = await harness.chat("Tell me.")
    await asyncio.sleep(1)
    app = harness.another() if elsewhere else harness.app
    assert (await delete(app, turn.record.conversation_id)).state == "deleted"
    await turn.over()
    assert turn.reply.text == "Begun. "
    assert await left_of(harness, turn.record.conversation_id) == {}
    assert (await harness.used("agent_tokens"))[1] == 0


async def test_the_key_of_a_deleted_conversations_turn_runs_nothing_again() -> None:
    harness = new_harness()
    answer = await chat(harness.app, "Hello.", key="k1")
    conversation = answer.record.conversation_id  # type: ignore[union-attr]  # it runs
    await answer.answer()  # type: ignore[union-attr]  # it runs
    await delete(harness.app, conversation)
    with pytest.raises(errors.NotFound):
        await chat(harness.app, "Hello.", key="k1")
    assert len(harness.agent.asked) == 1


async def test_a_long_conversation_is_deleted_in_batches() -> None:

    harness = new_harness()
    conversation = (await harness.whole_chat("Hello.")).conversation_id
    for first in range(2, 1002, 100):
        await harness.store.commit(
            [
                Create(
                    f"conversations/{conversation}/messages/{n:010d}-0",
                    {"number": n, "role": "user", "text": "x", "uid": "ada"},
                )
                for n in range(first, first + 100)
            ]
        )
    assert (await delete(harness.app, conversation)).state == "deleted"
    assert await left_of(harness, conversation) == {}


@pytest.mark.parametrize(("late", "is_final"), [(-1, False), (14, False), (15, True)])
def test_a_turn_of_the_sweep_is_final_when_its_process_can_write_no_more(
    late: float, is_final: bool
) -> None:
    turn = TurnRecord(TurnId("t"), state="settled", settled_by=SWEEP, deadline_at=EPOCH)
    assert turn.is_final(EPOCH + timedelta(seconds=late)) is is_final


CALLS = 23
"""A deletion makes at most this many calls of the store and the services."""


async def test_the_calls_of_a_deletion_are_counted() -> None:
    async with simulate() as simulation:
        here = simulation.process()
        conversation = (await here.run(start(here.app))).conversation_id
        simulation.faults.add("*", die("before"), nth=CALLS + 1, process=here)
        assert (await here.run(delete(here.app, conversation))).state == "deleted"


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", range(1, CALLS + 1))
async def test_the_sweep_finishes_a_deletion_that_died_at_any_call(
    call: int, moment: Moment
) -> None:
    async with simulate() as simulation:
        harness, here, there = simulation.harness, simulation.process(), simulation.process()
        harness.agent.replies.append(SLOW_REPLY)
        started = await here.run(start(here.app))
        conversation = started.conversation_id
        await there.run(chat(there.app, "Tell me.", conversation_id=conversation))
        await asyncio.sleep(1)
        simulation.faults.add("*", die(moment), nth=call, process=here)
        try:
            await here.run(delete(here.app, conversation))
        except ProcessDied:
            marked = not await harness.document(f"conversations/{conversation}")
            if not marked:
                await there.run(delete(there.app, conversation))
        await asyncio.sleep(300)
        for _ in range(3):
            await there.run(there.app.sweeps.sweep(SweepRequest()))
            await asyncio.sleep(61)
        left = await left_of(harness, conversation)
        assert left == {}
        assert (await harness.used("agent_tokens"))[1] == 0
        assert (await there.run(delete(there.app, conversation))).state == "deleted"


async def test_a_turn_that_died_with_its_process_does_not_block_the_deletion() -> None:
    async with simulate() as simulation:
        harness, here, there = simulation.harness, simulation.process(), simulation.process()
        harness.agent.replies.append(SLOW_REPLY)
        turn: Any = await here.run(chat(here.app, "Tell me."))
        conversation = turn.record.conversation_id
        await asyncio.sleep(6)
        here.die()
        assert (await there.run(delete(there.app, conversation))).state == "deleting"
        await asyncio.sleep(60)
        await there.run(there.app.sweeps.sweep(SweepRequest()))
        await asyncio.sleep(600)
        await there.run(there.app.sweeps.sweep(SweepRequest()))
        assert await left_of(harness, conversation) == {}
        assert (await there.run(delete(there.app, conversation))).state == "deleted"


async def test_a_service_that_is_away_delays_a_deletion() -> None:
    async with simulate() as simulation:
        harness, here = simulation.harness, simulation.process()
        answer: Any = await here.run(chat(here.app, "Hello."))
        await here.run(answer.answer())
        conversation = answer.record.conversation_id
        simulation.faults.add("agent.delete_session", refuse(), nth=1)
        assert (await here.run(delete(here.app, conversation))).state == "deleting"
        await asyncio.sleep(120)
        swept = await here.run(here.app.sweeps.sweep(SweepRequest()))
        assert swept.deleted == 1
        assert await left_of(harness, conversation) == {}


async def test_the_sweep_deletes_conversations_that_were_not_used_for_long() -> None:
    harness = new_harness(conversation_days=30)
    old = (await harness.whole_chat("Old")).conversation_id
    used = (await harness.whole_chat("Used")).conversation_id
    advance(harness.clock, 29 * 86_400)
    await harness.whole_chat("Still", conversation_id=used)
    new = (await harness.whole_chat("New")).conversation_id
    assert (await harness.app.sweeps.sweep(SweepRequest())).deleted == 0
    advance(harness.clock, 2 * 86_400)
    assert (await harness.app.sweeps.sweep(SweepRequest())).deleted == 1
    assert await left_of(harness, old) == {}
    assert len(await harness.messages(used)) == 4
    assert len(await harness.messages(new)) == 2


async def test_conversations_are_kept_without_the_setting() -> None:
    harness = new_harness()
    conversation = (await harness.whole_chat("Old")).conversation_id
    advance(harness.clock, 3_000 * 86_400)
    assert (await harness.app.sweeps.sweep(SweepRequest())).deleted == 0
    assert len(await harness.messages(conversation)) == 2


async def test_a_conversation_that_is_used_while_the_sweep_looks_is_kept() -> None:
    harness = new_harness(conversation_days=30)
    conversation = (await harness.whole_chat("Old")).conversation_id
    advance(harness.clock, 31 * 86_400)
    looked = False

    async def use_it(kind: str) -> None:
        nonlocal looked
        if kind == "read" and not looked:
            looked = True
            await harness.whole_chat("Used again", conversation_id=conversation)

    harness.store.before = use_it
    swept = await harness.app.sweeps.sweep(SweepRequest())
    assert looked
    assert swept.deleted == 0
    assert len(await harness.messages(conversation)) == 4
