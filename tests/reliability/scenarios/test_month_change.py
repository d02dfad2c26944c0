"""A change of month loses no count: running turns, rates, and the month of each use."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from common.conversations.running_turn import RunningChat
from common.domain.errors import RateLimited, TooManyTurns
from common.schemas.requests import ChatRequest
from common.transactions.idempotency import IdempotencyKey
from tests.reliability.fault_injection import SimulatedProcess, Simulation, refuse, unconfirmed
from tests.reliability.scenarios.aftermath import leftovers
from tests.support.harness import ADA, advance, chat, chat_answer, collect_events, end, leave, start
from tests.support.recordings import wav_file

MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC)


def limited(simulation: Simulation, **settings: int) -> SimulatedProcess:
    """Return a process with other limits, ten seconds before the month ends."""
    harness = simulation.harness
    harness.settings = harness.settings.model_copy(update=settings)
    now = harness.clock.now()
    advance(harness.clock, (MIDNIGHT - now).total_seconds() - 10)
    return simulation.process()


async def test_running_turns_of_the_last_month_count(simulation: Simulation) -> None:
    here = limited(simulation, turns_per_user=2)
    simulation.harness.agent.replies.extend(
        [["One ", wait, "moment."] for wait in (30.0, 60.0, 9.0)]
    )
    turns: list[Any] = [await here.run(chat(here.app, "Think.")) for _ in range(2)]
    await asyncio.sleep(15)
    with pytest.raises(TooManyTurns):
        await here.run(chat(here.app, "And now?"))
    await here.run(turns[0].over())
    third = await here.run(chat(here.app, "And now?"))
    with pytest.raises(TooManyTurns):
        await here.run(chat(here.app, "And then?"))
    for turn in (*turns, third):
        await here.run(leave(turn))
    assert await leftovers(simulation) == []


async def test_rates_go_on_in_a_new_month(simulation: Simulation) -> None:
    here = limited(simulation, turns_per_minute=3, starts_per_hour=2)
    for _ in range(3):
        await here.run(chat_answer(here.app, "Hello."))
    for _ in range(2):
        started = await here.run(start(here.app))
        await here.run(end(here.app, started.avatar_session_id))
    await asyncio.sleep(15)
    with pytest.raises(RateLimited) as refused:
        await here.run(chat(here.app, "Hello."))
    assert 30 < (refused.value.retry_after or 0) <= 60
    with pytest.raises(RateLimited) as refused:
        await here.run(start(here.app))
    assert 3_500 < (refused.value.retry_after or 0) <= 3_600
    await asyncio.sleep(50)
    for _ in range(3):
        await here.run(chat_answer(here.app, "Hello."))
    with pytest.raises(RateLimited):
        await here.run(chat(here.app, "Hello."))


async def test_each_use_counts_in_the_month_of_its_admission(simulation: Simulation) -> None:
    here = limited(simulation)
    simulation.harness.agent.replies.append(["One ", 30.0, "moment."])
    before = await here.run(chat_answer(here.app, "Think."))
    after = await here.run(chat_answer(here.app, "And?", conversation_id=before.conversation_id))
    for month, answer in (("2026-11", before), ("2026-12", after)):
        ledger = await simulation.harness.document(f"users/{ADA.uid}/usage/{month}")
        assert answer.usage is not None
        assert ledger["agent_tokens_used"] == answer.usage.agent_tokens
    assert await leftovers(simulation) == []


async def test_a_spoken_message_is_settled_over_midnight_if_its_admission_was_not_confirmed(
    simulation: Simulation,
) -> None:
    """The second admission holds in the next month, and its process cannot read that for 6 s."""
    here, loop = limited(simulation), asyncio.get_running_loop()
    simulation.harness.recognition.seconds = 12.0
    request = ChatRequest(audio=wav_file(1.2))
    turn = await here.run(here.app.conversations.chat(ADA, request, IdempotencyKey()))
    assert isinstance(turn, RunningChat)
    until = loop.time() + 13
    simulation.faults.add("store.commit", unconfirmed(held=True), nth=1)
    simulation.faults.add("store.get", refuse(), seconds=21, where=lambda call: call.began > until)
    events = [event.event for event in await here.run(collect_events(turn))]
    assert events[-1] == "done"
    simulation.faults.clear()
    assert await leftovers(simulation) == []
