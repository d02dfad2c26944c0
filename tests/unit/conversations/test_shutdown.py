"""A process that ends stops every turn, also one whose admission is on its way when it is told."""

import asyncio
from typing import Any

import pytest

from common.conversations.running_turn import RunningChat
from common.domain import deadlines
from common.schemas.events import DoneEvent
from tests.support.harness import Harness, chat, collect_events, new_harness


async def slow_store(_: str) -> None:
    await asyncio.sleep(0.2)


async def ended(turn: Any) -> DoneEvent:
    assert isinstance(turn, RunningChat)
    last = (await collect_events(turn))[-1]
    assert isinstance(last, DoneEvent)
    return last


async def begin(harness: Harness) -> "asyncio.Task[Any]":
    harness.agent.replies.append(["One ", 60.0, "moment."])
    return asyncio.create_task(chat(harness.app, "Think."))


@pytest.mark.parametrize("after", [0.05, 0.25, 3.0])
async def test_a_turn_ends_in_time_whenever_the_process_is_told(after: float) -> None:
    harness, loop = new_harness(), asyncio.get_running_loop()
    harness.store.before = slow_store
    admitting = await begin(harness)
    await asyncio.sleep(after)
    told_at = loop.time()
    async with asyncio.timeout(deadlines.SHUTDOWN):
        await harness.app.running.end_all()
        done = await ended(await admitting)
    assert loop.time() - told_at < deadlines.SHUTDOWN
    assert done.ended == ("incomplete" if after == 3.0 else "failed")
    assert len(harness.agent.asked) == (after == 3.0)
    assert await harness.unsettled_turns() == []
    assert (await harness.used("agent_tokens"))[1] == 0
