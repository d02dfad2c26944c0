"""A stream that its caller loses, and a process that dies, at every event."""

import asyncio
from typing import Any

import pytest

from common.schemas.conversations import ListMessagesRequest, ReadConversationRequest
from common.schemas.events import TextEvent
from common.schemas.requests import SweepRequest
from tests.reliability.fault_injection import simulate
from tests.support.fakes.agent import FakeAgent, Step
from tests.support.harness import ADA, chat, new_harness

SCRIPT: list[Step] = [step for n in range(8) for step in (f"Word{n} ", 2.0)]
EVENTS = 8


async def read_text(app: Any, conversation: str) -> str:
    found = await app.history.read(ADA, ReadConversationRequest(conversation_id=conversation))
    return found.last_turn.text if found.last_turn else ""


@pytest.mark.parametrize("events", range(1, EVENTS + 1))
async def test_a_lost_stream_loses_no_word_that_was_sent(events: int) -> None:
    harness = new_harness(agent=FakeAgent(SCRIPT))
    turn = await harness.chat("Count.", speak=False)
    conversation, sent = turn.record.conversation_id, ""
    while sum(c == " " for c in sent) < events:
        sent += "".join(e.text for e in await turn.next_events() if isinstance(e, TextEvent))
    await turn.cancel()
    other = harness.another()
    assert (await read_text(other, conversation)).startswith(sent)
    page = await other.history.messages(ADA, ListMessagesRequest(conversation_id=conversation))
    assert page.messages[-1].text.startswith(sent)


@pytest.mark.parametrize("events", range(1, EVENTS + 1))
async def test_a_killed_process_loses_at_most_five_seconds(events: int) -> None:
    async with simulate() as simulation:
        harness, here, there = simulation.harness, simulation.process(), simulation.process()
        harness.agent.replies.append(SCRIPT)
        turn: Any = await here.run(chat(here.app, "Count.", speak=False))
        conversation = turn.record.conversation_id
        sent: list[tuple[float, str]] = []
        while len(sent) < events:
            news = await here.run(turn.next_events())
            now = asyncio.get_running_loop().time()
            sent += [(now, event.text) for event in news if isinstance(event, TextEvent)]
        here.die()
        died = asyncio.get_running_loop().time()
        old = "".join(text for at, text in sent if at < died - 5.1)
        assert (await there.run(read_text(there.app, conversation))).startswith(old)
        await asyncio.sleep(120)
        await there.run(there.app.sweeps.sweep(SweepRequest()))
        assert (await there.run(read_text(there.app, conversation))).startswith(old)
        again: Any = await there.run(chat(there.app, "Go on.", conversation_id=conversation))
        assert (await there.run(again.answer())).ended == "complete"
