"""A spoken message: words first, and only accepted words become a turn."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from common.app import App
from common.conversations.running_turn import RunningChat
from common.domain import deadlines, errors
from common.domain.documents import Delete
from common.schemas.answers import ChatAnswer
from common.schemas.events import ChatEvent, DoneEvent, HeardEvent
from common.schemas.requests import ChatRequest
from common.transactions.idempotency import IdempotencyKey
from tests.support.fakes.agent import FakeAgent
from tests.support.harness import (
    ADA,
    BOB,
    Harness,
    advance,
    answer_of,
    chat,
    collect_events,
    idempotency_key,
    new_harness,
    sweep,
    wait_for_text,
)
from tests.support.recordings import wav_file
from tests.unit.sessions.test_start import STORE_LOST, FailingCommits

WORDS = "What time is it?"
DOWN = errors.Unavailable("speech", "no answer in time")


async def speak_to(
    app: App, *, key: str | None = None, sound: bytes = b"", user: Any = ADA, **fields: Any
) -> RunningChat | ChatAnswer:
    request = ChatRequest(audio=sound or wav_file(1.2), **fields)
    return await app.conversations.chat(user, request, idempotency_key(user, "chat", key, request))


async def answer_to(app: App, **fields: Any) -> ChatAnswer:
    answer = await answer_of(await speak_to(app, **fields))
    assert isinstance(answer, ChatAnswer)
    return answer


async def events_of(app: App, **fields: Any) -> list[ChatEvent]:
    turn = await speak_to(app, **fields)
    assert isinstance(turn, RunningChat)
    return await collect_events(turn)


async def meters(harness: Harness) -> list[tuple[int, int]]:
    return [await harness.used(meter) for meter in ("transcribed_seconds", "agent_tokens")]


async def running_turns(harness: Harness) -> int:
    ledger = await harness.document(f"users/ada/usage/{harness.clock.now():%Y-%m}")
    return int(ledger["running_turns"])


async def test_words_come_first_and_become_a_message() -> None:
    harness = new_harness()
    first, second, *_, done = await events_of(harness.app)
    assert first == HeardEvent(text=WORDS, confidence=0.9, seconds=1.2)
    assert second.event == "turn"
    assert isinstance(done, DoneEvent)
    assert (done.ended, done.text) == ("complete", f"You said: {WORDS}.")
    assert [role for role, _ in await harness.messages(second.conversation_id)] == [
        "user",
        "assistant",
    ]
    assert (await harness.messages(second.conversation_id))[0] == ("user", WORDS)


async def test_one_json_answer_has_the_words_and_the_charge() -> None:
    harness = new_harness()
    answer = await answer_to(harness.app)
    assert answer.heard == HeardEvent(text=WORDS, confidence=0.9, seconds=1.2)
    assert answer.usage is not None
    assert answer.usage.transcribed_seconds == 2
    assert answer.usage.usage.meters["transcribed_seconds"].used == 2
    assert answer.usage.usage.meters["transcribed_seconds"].reserved == 0
    assert (await meters(harness))[0] == (2, 0)
    assert (await meters(harness))[1] == (answer.usage.agent_tokens, 0)
    assert await running_turns(harness) == 0


@pytest.mark.parametrize(
    ("text", "confidence", "ended"),
    [
        ("", None, "not_heard"),
        ("Thank you.", 0.49, "not_heard"),
        ("Thank you.", 0.5, "complete"),
        ("Thank you.", None, "complete"),
    ],
)
async def test_only_words_that_are_sure_enough_start_a_turn(
    text: str, confidence: float | None, ended: str
) -> None:
    harness = new_harness()
    harness.recognition.text, harness.recognition.confidence = text, confidence
    answer = await answer_to(harness.app)
    assert answer.ended == ended
    assert len(harness.agent.asked) == (ended == "complete")


async def test_not_heard_is_the_stored_answer_and_costs_seconds_only() -> None:
    harness = new_harness()
    harness.recognition.text = ""
    events = await events_of(harness.app, key="k")
    assert [each.event for each in events] == ["heard", "usage", "done"]
    again = await answer_to(harness.another(), key="k")
    assert (again.ended, again.heard) == ("not_heard", HeardEvent(text="", seconds=1.2))
    assert again.conversation_id == ""
    assert await meters(harness) == [(2, 0), (0, 0)]
    assert len(harness.recognition.heard) == 1
    assert await harness.documents("conversations") == []
    assert await running_turns(harness) == 0


async def test_a_cough_interrupts_nothing() -> None:
    harness = new_harness(agent=FakeAgent(["One. ", 5.0, "Two. "]))
    running = await chat(harness.app, "Tell me a story.")
    assert isinstance(running, RunningChat)
    await wait_for_text(running)
    conversation = running.record.conversation_id
    harness.recognition.text = ""
    assert (await answer_to(harness.app, conversation_id=conversation)).ended == "not_heard"
    answer = await running.answer()
    assert answer.ended == "complete"


async def test_accepted_words_interrupt_after_they_are_heard() -> None:
    harness = new_harness(agent=FakeAgent(["One. ", 5.0, "Two. "]))
    harness.recognition.seconds = 1.0
    running = await chat(harness.app, "Tell me a story.")
    assert isinstance(running, RunningChat)
    await wait_for_text(running)
    spoken = await speak_to(harness.app, conversation_id=running.record.conversation_id)
    await asyncio.sleep(0.5)
    assert running.interruption.reason is None
    assert (await running.answer()).ended == "interrupted"
    answer = await answer_of(spoken)
    assert isinstance(answer, ChatAnswer)
    assert answer.ended == "complete"


async def test_a_refusal_after_the_words_is_an_event_and_the_stored_answer() -> None:
    harness = new_harness(allowance_agent_tokens=1_000, min_turn_tokens=1_000)
    await harness.whole_chat()
    events = await events_of(harness.app, key="k")
    assert [each.event for each in events] == ["heard", "error", "usage", "done"]
    again = await answer_to(harness.app, key="k")
    assert again.heard is not None
    assert (again.heard.text, again.ended) == (WORDS, "failed")
    assert again.error is not None
    assert again.error.code == "quota_exceeded"
    assert (await meters(harness))[0] == (2, 0)
    assert len(harness.recognition.heard) == 1
    assert await running_turns(harness) == 0


async def test_a_conversation_that_is_deleted_meanwhile_is_an_event() -> None:
    harness = new_harness()
    first = await harness.whole_chat()
    harness.recognition.seconds = 1.0
    turn = await speak_to(harness.app, conversation_id=first.conversation_id)
    await harness.store.inner.commit([Delete(f"conversations/{first.conversation_id}")])
    answer = await answer_of(turn)
    assert isinstance(answer, ChatAnswer)
    assert answer.error is not None
    assert answer.error.code == "not_found"


@pytest.mark.parametrize("user", [ADA, BOB])
async def test_another_users_conversation_is_refused_before_transcription(user: Any) -> None:
    harness = new_harness()
    mine = await harness.whole_chat()
    wanted = mine.conversation_id if user is BOB else "missing"
    with pytest.raises(errors.NotFound):
        await speak_to(harness.app, user=user, conversation_id=wanted)
    assert harness.recognition.heard == []


async def test_used_up_seconds_are_refused_before_transcription() -> None:
    harness = new_harness(allowance_transcribed_seconds=1)
    with pytest.raises(errors.QuotaExceeded):
        await speak_to(harness.app)
    assert harness.recognition.heard == []
    assert await harness.documents("turns") == []


async def test_a_single_turn_at_a_time_may_be_spoken() -> None:
    harness = new_harness(turns_per_user=1)
    assert (await answer_to(harness.app)).ended == "complete"
    assert (await answer_to(harness.app)).ended == "complete"


async def test_a_recogniser_that_fails_charges_nothing_and_the_key_runs_again() -> None:
    harness = new_harness()
    harness.recognition.fails = {1: DOWN}
    with pytest.raises(errors.Unavailable):
        await answer_to(harness.app, key="k")
    assert await meters(harness) == [(0, 0), (0, 0)]
    assert (await answer_to(harness.app, key="k")).ended == "complete"
    assert (await meters(harness))[0] == (2, 0)
    assert await running_turns(harness) == 0


async def test_a_failure_of_the_recogniser_is_an_event() -> None:
    harness = new_harness()
    harness.recognition.fails = {1: DOWN}
    events = await events_of(harness.app)
    assert [each.event for each in events] == ["error", "usage", "done"]


async def test_an_agent_that_is_not_reached_gives_the_seconds_back() -> None:
    harness = new_harness()
    harness.agent.replies.append([errors.Busy("agent", "answered 429")])
    answer = await answer_to(harness.app, key="k")
    assert answer.heard is not None
    assert answer.error is not None
    assert await meters(harness) == [(0, 0), (0, 0)]
    assert (await answer_to(harness.app, key="k")).ended == "complete"
    assert (await meters(harness))[0] == (2, 0)


async def test_a_caller_that_leaves_while_it_is_heard_is_charged_nothing() -> None:
    harness = new_harness()
    harness.recognition.seconds = 10.0
    turn = await speak_to(harness.app, key="k")
    assert isinstance(turn, RunningChat)
    await asyncio.sleep(1)
    await turn.cancel()
    assert await meters(harness) == [(0, 0), (0, 0)]
    assert await running_turns(harness) == 0
    assert harness.agent.asked == []


async def test_a_process_that_ends_settles_what_it_hears() -> None:
    harness = new_harness()
    harness.recognition.seconds = 10.0
    await speak_to(harness.app)
    await asyncio.sleep(1)
    await harness.app.running.end_all()
    assert await harness.unsettled_turns() == []


async def test_a_key_in_use_is_refused_while_it_is_heard() -> None:
    harness = new_harness()
    harness.recognition.seconds = 10.0
    turn = await speak_to(harness.app, key="k")
    with pytest.raises(errors.KeyInFlight):
        await speak_to(harness.another(), key="k")
    await answer_of(turn)


async def test_a_key_with_another_recording_is_refused() -> None:
    harness = new_harness()
    await answer_to(harness.app, key="k")
    with pytest.raises(errors.KeyReused):
        await speak_to(harness.app, key="k", sound=wav_file(3.0))


async def test_a_replay_gives_the_stored_words_and_the_stored_reply() -> None:
    harness = new_harness()
    first = await answer_to(harness.app, key="k")
    again = await answer_to(harness.another(), key="k")
    assert (again.heard, again.text, again.ended) == (first.heard, first.text, first.ended)
    assert len(harness.recognition.heard) == len(harness.agent.asked) == 1


async def test_a_process_that_dies_while_it_hears_is_settled_by_the_sweep() -> None:
    harness = new_harness()
    harness.recognition.seconds = 1e6
    turn = await speak_to(harness.app, key="k")
    assert isinstance(turn, RunningChat)
    await asyncio.sleep(1)
    assert turn._task is not None
    turn._task.cancel()
    assert await meters(harness) == [(0, 2), (0, 0)]
    advance(harness.clock, 60)
    await sweep(harness.another())
    assert await meters(harness) == [(0, 0), (0, 0)]
    assert await running_turns(harness) == 0
    harness.recognition.seconds = 0.0
    assert (await answer_to(harness.another(), key="k")).ended == "complete"
    assert (await meters(harness))[0] == (2, 0)


async def test_a_process_that_dies_after_the_words_keeps_them() -> None:
    harness = new_harness(agent=FakeAgent(["One. ", 1e5, "Two. "]))
    turn = await speak_to(harness.app, key="k")
    assert isinstance(turn, RunningChat)
    await asyncio.sleep(1)
    assert turn._task is not None
    turn._task.cancel()
    advance(harness.clock, 3_600)
    await sweep(harness.another())
    again = await answer_to(harness.another(), key="k")
    assert (again.heard and again.heard.text, again.ended) == (WORDS, "lost")
    assert (await meters(harness))[0] == (2, 0)
    assert await running_turns(harness) == 0


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("held", [True, False])
async def test_an_unconfirmed_commit_has_one_effect(number: int, held: bool) -> None:
    harness = new_harness()
    FailingCommits(harness, number, error=STORE_LOST, held=held)
    answer = await answer_to(harness.app, key="k")
    assert answer.ended == "complete"
    assert (await answer_to(harness.app, key="k")).heard == answer.heard
    assert len(harness.recognition.heard) == len(harness.agent.asked) == 1
    assert (await meters(harness))[0] == (2, 0)
    assert await running_turns(harness) == 0


async def test_seconds_stay_in_the_month_in_which_they_were_reserved() -> None:
    harness = new_harness()
    harness.recognition.seconds = 5.0
    turn = await speak_to(harness.app)
    month = f"users/ada/usage/{harness.clock.now():%Y-%m}"
    advance(harness.clock, 40 * 86_400)
    await answer_of(turn)
    before = await harness.document(month)
    assert (before["transcribed_seconds_used"], before["transcribed_seconds_reserved"]) == (2, 0)
    assert before["running_turns"] == 0
    assert await running_turns(harness) == 0
    assert (await meters(harness))[0] == (0, 0)


async def test_a_turn_ends_within_its_functions_time_after_a_slow_body_and_recognition() -> None:
    harness, loop = new_harness(turn_seconds=570), asyncio.get_running_loop()
    harness.recognition.seconds = deadlines.RECOGNITION - 1
    harness.agent.replies.append(["One moment. ", 600.0, "Done."])

    began, arrived_at = loop.time(), harness.clock.now()
    await asyncio.sleep(deadlines.BODY)
    request = ChatRequest(audio=wav_file(1.2))
    turn = await harness.app.conversations.chat(ADA, request, IdempotencyKey(), loop.time() - began)
    answer = await answer_of(turn)
    assert loop.time() - began <= deadlines.TURN + deadlines.SETTLE < deadlines.FUNCTION
    assert isinstance(answer, ChatAnswer)
    assert (answer.ended, answer.text) == ("incomplete", "One moment. ")
    (record,) = await harness.documents("turns")
    assert record["deadline_at"] == arrived_at + timedelta(seconds=deadlines.TURN)
