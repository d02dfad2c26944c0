"""How sentences get to the avatar: early, in few requests, without a gap."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest

from common.conversations.running_turn import RunningSpeech
from common.domain import errors
from common.ports.agent import ToolCall, ToolResult
from common.schemas.events import DoneEvent, SentenceEvent, SpeechEvent
from common.schemas.requests import SpeakRequest
from common.transactions.idempotency import IdempotencyKey
from tests.support.fakes.agent import FakeAgent, Step
from tests.support.fakes.connection import PlayedUtterance
from tests.support.harness import ADA, Harness, advance, collect_events, new_harness

TEN = [f"This is sentence {word} of a rather long story. " for word in
       ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")]  # fmt: skip


def tokens(text: str, seconds: float = 0.025) -> list[Step]:
    """As an agent writes them: a word at a time."""
    return [step for word in text.split(" ") if word for step in (f"{word} ", seconds)]


def utterances_of(harness: Harness) -> Sequence[PlayedUtterance]:
    (session,) = harness.avatars.sessions.values()
    return list(session.player.played.values())


async def test_ten_sentences_take_four_requests_at_most_and_are_heard_without_a_gap() -> None:
    harness = new_harness(agent=FakeAgent(tokens("".join(TEN))))
    harness.voice.seconds = 0.3
    started = await harness.start()
    events = await collect_events(await harness.chat(conversation_id=started.conversation_id))
    assert [e.text for e in events if isinstance(e, SentenceEvent)] == [s.strip() for s in TEN]
    assert len(harness.voice.texts) <= 4
    assert " ".join(harness.voice.texts) == "".join(TEN).strip()
    for before, after in pairwise(utterances_of(harness)):
        assert before.ended is not None
        assert after.started is not None
        assert after.started - before.ended < 0.05


async def test_the_first_sentence_is_made_as_soon_as_the_next_token_has_come() -> None:
    harness = new_harness(agent=FakeAgent([0.1, "Hello there.", 0.1, " How", 5.0, " are you?"]))
    started = await harness.start()
    turn = await harness.chat(conversation_id=started.conversation_id)
    await asyncio.sleep(0.201)
    assert harness.voice.texts == ["Hello there."]
    await turn.cancel()


@pytest.mark.parametrize("stall", [[2.0], [ToolCall("1", "x"), 2.0, ToolResult("1", "x")]])
async def test_what_is_complete_goes_out_while_the_agent_is_silent(stall: list[Step]) -> None:
    harness = new_harness(agent=FakeAgent(["Let me look.", *stall, " Here it is."]))
    started = await harness.start()
    turn = await harness.chat(conversation_id=started.conversation_id)
    await asyncio.sleep(0.151)
    assert harness.voice.texts == ["Let me look."]
    await turn.cancel()


async def test_half_a_sentence_waits_however_silent_the_agent_is() -> None:
    harness = new_harness(agent=FakeAgent(["Let me look at Dr.", 2.0, " Smith."]))
    started = await harness.start()
    await harness.whole_chat(conversation_id=started.conversation_id)
    assert harness.voice.texts == ["Let me look at Doctor Smith."]


async def test_a_long_first_sentence_may_begin_with_a_clause() -> None:
    long = "As far as I can tell from here, there is nothing at all to be seen. "
    harness = new_harness(agent=FakeAgent(tokens(long)), first_clause=24)
    started = await harness.start()
    await harness.whole_chat(conversation_id=started.conversation_id)
    assert harness.voice.texts[0] == "As far as I can tell from here,"


async def test_what_is_said_is_not_what_is_written() -> None:
    written = "**Great:** it costs $5 (see [here](https://example.com))."
    harness = new_harness(agent=FakeAgent([written]))
    started = await harness.start()
    answer = await harness.whole_chat(conversation_id=started.conversation_id)
    assert harness.voice.texts == ["Great: it costs five dollars (see here)."]
    assert answer.text == answer.spoken == written


async def test_nothing_is_made_long_before_it_is_needed() -> None:
    """An early interruption leaves the rest of the text without a charge."""
    harness = new_harness(agent=FakeAgent(["".join(TEN)]))
    started = await harness.start()
    turn = await harness.chat(conversation_id=started.conversation_id)
    await asyncio.sleep(1.0)
    await turn.cancel()
    assert len(harness.voice.texts) == 1


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "This is one more sentence of a story that goes on and on. "),
        ("zh", "今天的天气非常好，我们可以一起去公园散步，然后喝一杯热茶。"),
        ("hi", "आज मौसम बहुत अच्छा है और हम साथ में पार्क जा सकते हैं। "),
    ],
)
async def test_a_shared_request_has_a_minute_of_speech_at_most_in_any_script(
    language: str, sentence: str
) -> None:
    """A minute of audio has 3 MB. A byte of UTF-8 is about as long in every script."""
    harness = new_harness(agent=FakeAgent([sentence * 60]), allowance_voice_characters=50_000)
    started = await harness.start(language=language)
    await harness.whole_chat(conversation_id=started.conversation_id)
    sizes = [len(text.encode()) for text in harness.voice.texts]
    assert sum(sizes) >= len(sentence.strip().encode()) * 60
    assert max(sizes) < 700
    assert len(sizes) < 20


async def test_the_transcript_says_where_the_avatar_was_cut() -> None:
    harness = new_harness(agent=FakeAgent(["One two three four five six seven eight nine ten."]))
    started = await harness.start()
    turn = await harness.chat(conversation_id=started.conversation_id)
    listening = asyncio.create_task(collect_events(turn))
    await asyncio.sleep(1.5)  # half of the 49 characters at 60 ms each
    await turn.cancel()
    done = (await listening)[-1]
    assert isinstance(done, DoneEvent)
    assert done.spoken == "One two three four five"
    messages = await harness.documents(f"conversations/{started.conversation_id}/messages")
    (reply,) = [message for message in messages if message["role"] == "assistant"]
    assert (reply["spoken"], reply["interrupted"]) == ("One two three four five", True)


async def test_a_slow_voice_slows_the_speech_and_never_the_text() -> None:
    harness = new_harness(agent=FakeAgent(tokens("".join(TEN))))
    harness.voice.seconds = 4.0
    started = await harness.start()
    turn = await harness.chat(conversation_id=started.conversation_id)
    await asyncio.sleep(0.025 * len("".join(TEN).split()) + 0.01)
    assert turn.reply.text.split() == "".join(TEN).split()
    await turn.cancel()


@pytest.mark.parametrize("call", ["chat", "speak"])
async def test_an_avatar_that_the_provider_ended_is_ended_and_the_next_start_gets_another(
    call: str,
) -> None:
    harness = new_harness()
    first = await harness.start()
    harness.avatars.sessions[first.avatar_session_id].end(harness.clock.now(), "ZOMBIE")  # type: ignore[index]
    advance(harness.clock, 30)
    if call == "chat":
        answer = await harness.whole_chat(conversation_id=first.conversation_id)
        assert answer.text
        assert answer.speech is not None
        assert answer.speech.state == "unavailable"
    else:
        ask = SpeakRequest(avatar_session_id=first.avatar_session_id, text="Hello?")
        speech = await harness.app.speeches.speak(ADA, ask, IdempotencyKey())
        assert isinstance(speech, RunningSpeech)
        with pytest.raises(errors.SessionOver):
            await speech.answer()
    second = await harness.start(conversation_id=first.conversation_id)
    assert second.avatar_session_id != first.avatar_session_id
    assert not second.resumed
    ended = await harness.session(first.avatar_session_id)
    assert (ended["state"], ended["end_reason"]) == ("ended", "gone")
    assert await harness.used("voice_characters") == (0, 0)


async def test_speech_events_name_what_was_skipped_and_the_rest_is_heard() -> None:
    harness = new_harness(agent=FakeAgent([" ".join(TEN)]))
    harness.voice.fails |= dict.fromkeys((2, 4), errors.Failed("voice", "refused"))
    started = await harness.start()
    events = await collect_events(await harness.chat(conversation_id=started.conversation_id))
    skipped = [e for e in events if isinstance(e, SpeechEvent) and e.state == "skipped"]
    assert len(skipped) == 1
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert done.spoken.count("sentence") == 9


async def test_the_voice_is_asked_at_the_very_token_that_ends_the_first_sentence() -> None:
    harness = new_harness(
        agent=FakeAgent([0.1, "Hello", " there", ".", 0.1, " How", 5.0, " are you?"])
    )
    harness.voice.seconds = 0.05
    started = await harness.start()
    turn = await harness.chat(conversation_id=started.conversation_id)
    await asyncio.sleep(0.101)
    assert harness.voice.texts == ["Hello there."]
    await asyncio.sleep(0.098)
    assert utterances_of(harness) == [], (
        "nothing is heard of it before the next token makes it certain"
    )
    await asyncio.sleep(0.01)
    assert [said.seconds > 0 for said in utterances_of(harness)] == [True]
    assert harness.voice.texts == ["Hello there."]
    await turn.cancel()


async def test_a_sentence_that_goes_on_after_all_is_said_as_a_whole() -> None:
    """One request was in vain, and paid for; in this turn nothing is guessed any more."""
    harness = new_harness(
        agent=FakeAgent([0.1, "I like Vue", ".", 0.02, "js", ".", 0.02, " And", " you", "?"])
    )
    harness.voice.seconds = 0.3
    started = await harness.start()
    events = await collect_events(await harness.chat(conversation_id=started.conversation_id))
    assert harness.voice.texts[0] == "I like Vue."
    assert " ".join(harness.voice.texts[1:]) == "I like Vue dot js. And you?"
    assert (
        "".join(e.text for e in events if isinstance(e, SentenceEvent)) == "I like Vue.js.And you?"
    )
    paid = sum(map(len, ["I like Vue.", "I like Vue dot js.", "And you?"]))
    assert await harness.used("voice_characters") == (paid, 0)
    assert [said.ended is not None for said in utterances_of(harness)] == [True] * len(
        utterances_of(harness)
    )


@pytest.mark.parametrize("text", ["You need approx.", "It is 5 p.m.", "Pi is 3.", "I saw Dr."])
async def test_what_often_goes_on_is_not_asked_for_before_it_is_certain(text: str) -> None:
    harness = new_harness(agent=FakeAgent([text, 0.1, " 200 grams of it."]))
    started = await harness.start()
    turn = await harness.chat(conversation_id=started.conversation_id)
    await asyncio.sleep(0.09)
    assert harness.voice.texts == []
    await turn.cancel()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *[("zh-CN", "会议在下午3点。"), ("ja-JP", "会議は3時です。"), ("hi-IN", "बैठक 3 बजे है।")],
        *[("ko-KR", "회의는 3시입니다."), ("de-DE", "Um 3 Uhr."), ("sv-SE", "Klockan 3.")],
    ],
)
async def test_whatever_language_is_spoken_it_is_heard(language: str, text: str) -> None:
    harness = new_harness(agent=FakeAgent([text]))
    started = await harness.start(language=language)
    answer = await harness.whole_chat(conversation_id=started.conversation_id)
    assert (answer.ended, answer.spoken, answer.speech) == ("complete", text, None)
    assert len(harness.voice.texts) == 1


async def test_what_was_asked_for_early_is_not_paid_for_twice() -> None:
    """With no voice left for a second one of its length."""
    harness = new_harness(
        agent=FakeAgent([0.1, "Hello there.", 0.1, " And you?"]), turn_characters=15
    )
    started = await harness.start()
    answer = await harness.whole_chat(conversation_id=started.conversation_id)
    assert answer.spoken == "Hello there."
    assert answer.speech is not None
    assert answer.speech.state == "stopped"
    assert await harness.used("voice_characters") == (len("Hello there."), 0)
