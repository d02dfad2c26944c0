"""Speech that is sent to a caller without an avatar."""

import asyncio
import base64
from array import array
from collections.abc import Iterable
from typing import Any

import pytest

from common.conversations.running_turn import RunningChat
from common.domain.ids import AvatarSessionId, UtteranceId
from common.schemas.events import AudioEvent, ChatEvent, DoneEvent, SentenceEvent, SpeechEvent
from common.speech.audio import seconds
from common.speech.playback import Piece, Utterance
from tests.support.fakes.agent import FakeAgent
from tests.support.harness import Harness, collect_events, end, new_harness

REPLY = ["The first sentence is here. ", "The second sentence follows it. ", "The third ends."]


def talkative(**settings: Any) -> Harness:
    return new_harness(agent=FakeAgent(REPLY), **settings)


async def spoken_events(harness: Harness, **fields: Any) -> list[ChatEvent]:
    return await collect_events(await harness.chat(speak="audio", **fields))


def sound(events: Iterable[ChatEvent]) -> list[AudioEvent]:
    return [event for event in events if isinstance(event, AudioEvent)]


async def test_a_reply_is_sent_as_sound_with_its_sentences() -> None:
    harness = talkative()
    events = await spoken_events(harness)
    pieces = sound(events)
    assert " ".join(each.text for each in pieces if each.text) == "".join(REPLY)
    seconds = sum(len(text) * 0.06 for text in harness.voice.texts)
    assert sum(each.seconds for each in pieces) == pytest.approx(seconds, abs=0.05)
    assert sum(len(base64.b64decode(each.data)) for each in pieces) / 48_000 == pytest.approx(
        seconds, abs=0.05
    )
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert (done.ended, done.spoken) == ("complete", "".join(REPLY))
    used, reserved = await harness.used("voice_characters")
    assert (used, reserved) == (sum(map(len, REPLY)) - len(REPLY) + 1, 0)


async def test_each_utterance_begins_with_its_captions_and_counts_its_pieces() -> None:
    events = await spoken_events(talkative())
    known: dict[str, int] = {}
    for event in events:
        if isinstance(event, SpeechEvent) and event.state == "started":
            assert event.sentences
            known[event.utterance_id or ""] = 0
        if isinstance(event, AudioEvent):
            assert event.index == known[event.utterance_id]
            known[event.utterance_id] += 1
    assert known
    assert all(known.values())


async def test_sound_is_sent_at_the_pace_of_playback() -> None:
    harness = talkative()
    turn = await harness.chat(speak="audio")
    began, sent = asyncio.get_running_loop().time(), 0.0
    while news := await turn.next_events():
        for piece in sound(news):
            played = asyncio.get_running_loop().time() - began
            assert sent - played <= 2.1
            sent += piece.seconds
    assert sent > 4


async def test_an_interruption_saves_synthesis_and_what_was_sent_is_spoken() -> None:
    harness = new_harness(agent=FakeAgent([f"Sentence number {n} is said. " for n in range(120)]))
    turn = await harness.chat(speak="audio")
    await asyncio.sleep(6)
    newer = await harness.chat("Stop.", conversation_id=turn.record.conversation_id)
    events = await collect_events(turn)
    await collect_events(newer)
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert done.ended == "interrupted"
    assert 0 < len(done.spoken) < len(done.text) / 4
    texts = " ".join(each.text for each in sound(events) if each.text)
    assert texts.startswith(done.spoken[: len(texts)])
    assert sum(map(len, harness.voice.texts)) < len(done.text) / 2


async def test_a_running_avatar_speaks_itself() -> None:
    harness = talkative()
    started = await harness.start()
    events = await spoken_events(harness, conversation_id=started.conversation_id)
    assert sound(events) == []
    assert any(isinstance(each, SpeechEvent) and each.state == "started" for each in events)


STORY = [f"Sentence number {n} is said. " for n in range(30)]


@pytest.mark.parametrize(
    "by", ["the page ends it", "it falls silent", "a second before", "it reports late"]
)
async def test_the_caller_plays_on_in_mid_sentence_when_the_avatar_s_time_ends(by: str) -> None:
    harness = new_harness(agent=FakeAgent(STORY), allowance_avatar_seconds=20)
    session = await harness.start()
    if by == "a second before":
        await asyncio.sleep(19)
    turn = await harness.chat(speak="audio", conversation_id=session.conversation_id)
    avatar = harness.avatars.session(session.avatar_session_id)
    asyncio.get_running_loop().call_later(20, avatar.player.fall_silent)
    events: list[ChatEvent] = []
    while news := await turn.next_events():
        if sound(news) and not sound(events):
            assert all(each.ended for each in avatar.player.played.values())
            if by == "the page ends it":
                await end(harness.app, session.avatar_session_id)
            if by == "it reports late":
                harness.avatars.connections[-1].deliver("interrupted", None)
        events += news
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert (done.ended, done.spoken) == ("complete", "".join(STORY).strip())
    by_avatar = sum(each.seconds for each in avatar.player.played.values())
    by_caller = sum(each.seconds for each in sound(events))
    made = sum(len(text) * 0.06 for text in harness.voice.texts)
    assert by_avatar + by_caller == pytest.approx(made, abs=0.1)
    assert by_avatar == 0 if by == "a second before" else 15 < by_avatar < 18.5
    started = [e for e in events if isinstance(e, SpeechEvent) and e.state == "started"]
    assert len({event.utterance_id for event in started}) == len(started)
    captions = [caption.text for event in started for caption in event.sentences or []]
    sentences = [event.text for event in events if isinstance(event, SentenceEvent)]
    for texts in (captions, sentences):
        assert " ".join(texts) == "".join(STORY).strip()


async def test_the_caller_plays_a_sentence_that_comes_after_the_avatar_s_session() -> None:
    harness = new_harness(agent=FakeAgent([STORY[0], 25.0, STORY[1]]), allowance_avatar_seconds=20)
    session = await harness.start()
    stop = harness.avatars.stop(AvatarSessionId(session.avatar_session_id), "expired")
    asyncio.get_running_loop().call_later(20, asyncio.ensure_future, stop)
    events = await spoken_events(harness, conversation_id=session.conversation_id)
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert (done.ended, done.spoken) == ("complete", "".join(STORY[:2]).strip())
    assert " ".join(each.text for each in sound(events) if each.text) == STORY[1].strip()
    assert await harness.used("avatar_seconds") == (20, 0)


async def test_speech_ends_if_the_avatar_is_lost_before_its_time_ends() -> None:
    harness = new_harness(agent=FakeAgent(STORY), allowance_avatar_seconds=20)
    session = await harness.start()
    turn = await harness.chat(speak="audio", conversation_id=session.conversation_id)
    avatar = harness.avatars.session(session.avatar_session_id)
    stop = harness.avatars.stop(avatar.id, "gone")
    asyncio.get_running_loop().call_later(10, asyncio.ensure_future, stop)
    events = await collect_events(turn)
    assert sound(events) == []
    failures = [e for e in events if isinstance(e, SpeechEvent) and e.state == "unavailable"]
    assert len(failures) == 1
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert (done.ended, done.text) == ("complete", "".join(STORY))
    assert 0 < len(done.spoken) < len(done.text)


async def test_a_stop_while_the_caller_plays_on_silences_the_avatar() -> None:
    """The avatar may have begun late, and still speak."""
    harness = new_harness(agent=FakeAgent(STORY), allowance_avatar_seconds=20)
    session = await harness.start()
    turn = await harness.chat(speak="audio", conversation_id=session.conversation_id)
    while not sound(await turn.next_events()):
        pass
    stopped_at = asyncio.get_running_loop().time()
    turn.interruption.request("stopped")
    done = (await collect_events(turn))[-1]
    assert isinstance(done, DoneEvent)
    assert done.ended == "interrupted"
    player = harness.avatars.session(session.avatar_session_id).player
    assert player.interrupts[-1] == pytest.approx(stopped_at, abs=0.1)


async def test_a_caller_without_sound_gets_none_after_the_avatars_time() -> None:
    harness = new_harness(agent=FakeAgent(STORY), allowance_avatar_seconds=20)
    session = await harness.start()
    turn = await harness.chat(conversation_id=session.conversation_id)
    events = await collect_events(turn)
    assert sound(events) == []


def test_speech_is_cut_where_it_is_quiet() -> None:
    tone = array("h", [8_000, -8_000] * 12_000)
    pcm = tone.tobytes() + bytes(2 * 4_800) + tone.tobytes()
    pieces = [Piece("One two three.", "one two three"), Piece("Four five six.", "four five six")]
    whole = Utterance(UtteranceId("a"), pieces, pcm, seconds(pcm))
    before, after = whole.cut_in_two(1.5, UtteranceId("b"))
    assert (before.id, after.id) == ("a", "b")
    assert before.pcm + after.pcm == pcm
    assert 1.0 <= before.seconds <= 1.2
    words = [" ".join(piece.written for piece in part.pieces) for part in (before, after)]
    assert words == ["One two", "three. Four five six."]


async def test_a_used_up_voice_leaves_text_and_says_so() -> None:
    harness = talkative(allowance_voice_characters=27)
    await spoken_events(harness)
    events = await spoken_events(harness)
    assert sound(events) == []
    (why,) = (each for each in events if isinstance(each, SpeechEvent))
    assert (why.state, why.code) == ("unavailable", "quota_exceeded")


async def test_a_caller_that_asks_for_no_audio_gets_none() -> None:
    harness = talkative()
    for speak in (True, None, False):
        events = await collect_events(await harness.chat(speak=speak))
        assert sound(events) == []


async def test_sound_is_not_kept_in_the_answer() -> None:
    turn = await talkative().chat(speak="audio")
    assert isinstance(turn, RunningChat)
    await collect_events(turn)
    assert sound(turn.events.kept) == []
