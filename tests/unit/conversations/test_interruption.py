"""A turn that a newer message, a stop or a lost caller interrupts."""

import asyncio

import pytest

from common.conversations.running_turn import RunningChat, RunningSpeech
from common.domain import errors
from common.schemas.answers import ChatAnswer
from common.schemas.events import (
    DoneEvent,
    TurnEvent,
)
from common.schemas.requests import ChatRequest, SpeakRequest
from common.transactions.idempotency import IdempotencyKey
from tests.support.fakes.agent import FakeAgent, Step
from tests.support.harness import ADA, collect_events, new_harness

SHORT: list[list[Step]] = [[0.1, "Well. ", "Done."]]


STORY = [f"This is sentence number {n} of a long story. " for n in range(1, 11)]
LONG = "This goes on and on, and on and on, and never comes to any end that one could see. "


@pytest.mark.parametrize("other_process", [False, True])
@pytest.mark.parametrize("second_connection_hears", [False, True])
async def test_a_new_message_interrupts_the_avatar_at_once(
    *, other_process: bool, second_connection_hears: bool
) -> None:
    harness = new_harness(
        agent=FakeAgent([s for sentence in STORY for s in (sentence, 0.3)], ["Alright."])
    )
    harness.avatars.second_connection_hears = second_connection_hears
    started = await harness.start()
    first = await harness.chat("A story!", conversation_id=started.conversation_id)
    listening = asyncio.create_task(collect_events(first))
    await asyncio.sleep(5)
    app = harness.another() if other_process else harness.app
    player = harness.avatars.sessions[started.avatar_session_id].player  # type: ignore[index]
    player.interrupts.clear()
    arrival = asyncio.get_running_loop().time()
    second = await app.conversations.chat(
        ADA, ChatRequest(message="Stop.", conversation_id=started.conversation_id), IdempotencyKey()
    )
    answer = await second.answer()  # type: ignore[union-attr]
    events = await listening
    assert player.interrupts[0] - arrival < 0.1
    assert answer.spoken == "Alright."
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert done.ended == "interrupted"
    assert 0 < len(done.spoken) < len("".join(STORY))
    late = [
        said for said in player.played.values() if said.started and said.started > arrival + 0.1
    ]
    assert len(late) <= (1 if second_connection_hears or not other_process else 8)
    used, reserved = await harness.used("agent_tokens")
    assert used > 0
    assert reserved == 0
    conversation = await harness.document(f"conversations/{started.conversation_id}")
    assert conversation["lease"] is None


async def test_speak_interrupts_too() -> None:
    harness = new_harness(agent=FakeAgent([s for sentence in STORY for s in (sentence, 0.3)]))
    started = await harness.start()
    turn = await harness.chat("A story!", conversation_id=started.conversation_id)
    listening = asyncio.create_task(collect_events(turn))
    await asyncio.sleep(3)
    ask = SpeakRequest(avatar_session_id=started.avatar_session_id, interrupt=True)
    spoken = await (await harness.app.speeches.speak(ADA, ask, IdempotencyKey())).answer()  # type: ignore[union-attr]
    done = (await listening)[-1]
    assert isinstance(done, DoneEvent)
    assert done.ended == "interrupted"
    assert spoken.utterance_id is None
    (used, reserved) = await harness.used("voice_characters")
    assert reserved == 0
    assert 0 < used <= sum(len(text) for text in harness.voice.texts)


async def test_a_caller_who_goes_away_cancels_the_turn() -> None:
    harness = new_harness(agent=FakeAgent([s for sentence in STORY for s in (sentence, 0.3)]))
    started = await harness.start()
    turn = await harness.chat(conversation_id=started.conversation_id)
    await asyncio.sleep(1)
    await turn.cancel()
    assert harness.agent.left == 1
    player = harness.avatars.sessions[started.avatar_session_id].player  # type: ignore[index]
    assert any(said.interrupted for said in player.played.values())
    messages = await harness.documents(f"conversations/{started.conversation_id}/messages")
    (reply,) = [m for m in messages if m["role"] == "assistant"]
    assert reply["interrupted"]
    assert reply["ended"] == "cancelled"
    assert 0 < len(reply["text"]) < len("".join(STORY))
    assert (await harness.used("agent_tokens"))[1] == 0


async def test_a_newer_message_takes_over_from_a_text_turn() -> None:
    harness = new_harness(agent=FakeAgent(["One. ", 9.0, "Two."], ["Hi."]))
    first = await harness.chat("Hello.", speak=False)
    turn, *_ = await first.next_events()
    assert isinstance(turn, TurnEvent)
    await asyncio.sleep(1)
    second = await harness.whole_chat("And?", conversation_id=turn.conversation_id)
    events = await collect_events(first)
    assert isinstance(events[-1], DoneEvent)
    assert (events[-1].ended, events[-1].text) == ("interrupted", "One. ")
    assert (second.ended, second.text) == ("complete", "Hi.")
    assert harness.agent.most_streams[turn.conversation_id] == 1


async def test_the_agent_is_told_what_was_not_heard() -> None:
    harness = new_harness(agent=FakeAgent(STORY, ["Yes."]))
    started = await harness.start()
    first = await harness.chat("Tell me.", conversation_id=started.conversation_id)
    await asyncio.sleep(4)
    await harness.whole_chat("Stop. What is two and two?", conversation_id=started.conversation_id)
    await collect_events(first)
    told, _, asked = harness.agent.asked[-1].message.rpartition("\n\n")
    assert asked == "Stop. What is two and two?"
    assert 'The person heard: "This is sentence number 1' in told
    assert "Not heard:" in told


async def test_stop_ends_a_turn_from_another_process() -> None:
    harness = new_harness(agent=FakeAgent(["One. ", 60.0, "Two."]))
    turn = await harness.chat("Hello.", speak=False)
    await asyncio.sleep(1)
    conversation = turn.record.conversation_id
    ask = ChatRequest(stop=True, conversation_id=conversation)
    stopped = await harness.another().conversations.chat(ADA, ask, IdempotencyKey())
    assert isinstance(stopped, ChatAnswer)
    assert stopped.turn_id == turn.record.id
    answer = await turn.answer()
    assert (answer.ended, answer.text) == ("interrupted", "One. ")
    with pytest.raises(errors.NoTurn):
        await harness.app.conversations.chat(ADA, ask, IdempotencyKey())


async def test_of_many_messages_at_once_the_newest_is_answered() -> None:
    harness = new_harness(agent=FakeAgent(*SHORT * 5))
    started = await harness.start()
    asked = [harness.chat("Hi!", conversation_id=started.conversation_id) for _ in range(5)]
    turns = await asyncio.gather(*asked)
    answers = [await turn.answer() for turn in turns]
    ended = [answer.ended for answer in answers]
    assert sorted(ended) == ["complete", *["interrupted"] * 4]
    newest = max(turns, key=lambda turn: turn.record.number)
    assert (await newest.answer()).spoken == "Well. Done."
    assert harness.agent.most_streams[started.conversation_id] == 1
    assert (await harness.used("agent_tokens"))[1] == 0
    assert await harness.unsettled_turns() == []


async def test_a_speech_cut_before_its_first_sound_costs_nothing_and_says_so() -> None:
    harness = new_harness()
    started = await harness.start()
    harness.voice.seconds = 3
    ask = SpeakRequest(avatar_session_id=started.avatar_session_id, text="Never to be heard.")
    speech = await harness.app.speeches.speak(ADA, ask, IdempotencyKey())
    assert isinstance(speech, RunningSpeech)
    await asyncio.sleep(1)
    await speech.cancel()
    assert (await speech.answer()).ended == "interrupted"
    assert await harness.used("voice_characters") == (0, 0)


@pytest.mark.parametrize("other_process", [False, True])
async def test_an_interruption_takes_no_more_than_a_read_and_a_connection(
    *, other_process: bool
) -> None:
    """With 20 ms a trip to the store and 50 ms to open a connection: within 100 ms of the request."""
    harness = new_harness(agent=FakeAgent([LONG], [0.5, "Alright."]))
    started = await harness.start()
    first = await harness.chat("A story!", conversation_id=started.conversation_id)
    listening = asyncio.create_task(collect_events(first))
    await asyncio.sleep(3)

    async def slowly(_: str) -> None:
        await asyncio.sleep(0.02)

    harness.store.before = slowly
    harness.avatars.slow["connect"] = 0.05
    player = harness.avatars.sessions[started.avatar_session_id].player  # type: ignore[index]
    player.interrupts.clear()
    arrival = asyncio.get_running_loop().time()
    app = harness.another() if other_process else harness.app
    ask = ChatRequest(message="Stop.", conversation_id=started.conversation_id)
    second = await app.conversations.chat(ADA, ask, IdempotencyKey())
    assert isinstance(second, RunningChat)
    await collect_events(second)
    await listening
    assert player.interrupts[0] - arrival <= 0.1
