"""The limits of `voice`: the switch, the ceilings of a day, the rate of a user."""

import pytest

from common.domain.errors import CapacityReached, RateLimited, Unavailable
from common.schemas.events import SpeechEvent
from common.schemas.requests import ChatRequest, SynthesizeRequest
from common.transactions.idempotency import IdempotencyKey
from tests.support.fakes.agent import FakeAgent
from tests.support.harness import ADA, Harness, advance, collect_events, new_harness
from tests.support.recordings import wav_file
from tests.unit.sessions.test_limits import held
from tests.unit.voice.test_transcribe import transcribe


def tight(agent: FakeAgent | None = None) -> Harness:
    """Return a project with room for two recordings of a minute, in two shards."""
    return new_harness(agent=agent, ceiling_shards=2, ceiling_transcribed_seconds=120)


async def synthesize(harness: Harness, text: str = "Good to see you.") -> None:
    request = SynthesizeRequest(text=text)
    await harness.app.syntheses.synthesize(ADA, request)


async def test_recordings_are_refused_beyond_the_ceiling_of_the_day() -> None:
    harness = tight()
    for _ in range(2):  # each shard has room for one of 40 s
        await transcribe(harness.app, wav_file(40.0))
    with pytest.raises(CapacityReached) as refused:
        await transcribe(harness.app, wav_file(40.0))
    assert refused.value.retry_after
    assert await held(harness, "transcribed_seconds") == 80
    assert len(harness.recognition.heard) == 2
    advance(harness.clock, 24 * 3600)
    await transcribe(harness.app, wav_file(40.0))


async def test_a_recognition_that_failed_returns_its_seconds() -> None:
    harness = tight()
    harness.recognition.fails = {1: Unavailable("speech", "away")}
    with pytest.raises(Unavailable):
        await transcribe(harness.app, wav_file(40.0))
    assert await held(harness, "transcribed_seconds") == 0


async def test_a_spoken_message_counts_its_seconds_once() -> None:
    harness = tight(FakeAgent(["It is noon."]))
    turn = await harness.app.conversations.chat(
        ADA, ChatRequest(audio=wav_file(40.0)), IdempotencyKey()
    )
    await collect_events(turn)  # type: ignore[arg-type]  # a running turn
    assert await held(harness, "transcribed_seconds") == 40
    assert await harness.used("transcribed_seconds") == (40, 0)
    assert await held(harness, "agent_tokens") == (await harness.used("agent_tokens"))[0]


async def test_speech_is_refused_beyond_the_ceiling_of_the_day() -> None:
    harness = new_harness(
        ceiling_shards=1, ceiling_voice_characters=4_000, allowance_voice_characters=20_000
    )
    await synthesize(harness, "A word. " * 480)
    used, _ = await harness.used("voice_characters")
    assert await held(harness, "voice_characters") == used
    with pytest.raises(CapacityReached):
        await synthesize(harness, "A word. " * 100)


async def test_a_message_beyond_the_ceiling_of_speech_is_answered_as_text() -> None:
    harness = new_harness(ceiling_shards=1, ceiling_voice_characters=4_000)
    started = await harness.start()
    await synthesize(harness)
    turn = await harness.chat("Hello.", conversation_id=started.conversation_id)
    events = await collect_events(turn)
    assert [e.code for e in events if isinstance(e, SpeechEvent)] == ["capacity_reached"]
    assert (await turn.answer()).ended == "complete"


async def test_recordings_and_messages_share_the_rate_of_a_user() -> None:
    harness = new_harness(turns_per_minute=3)
    await harness.whole_chat()
    await transcribe(harness.app)
    await synthesize(harness)
    for refused in (transcribe(harness.app), synthesize(harness), harness.whole_chat()):
        with pytest.raises(RateLimited) as error:
            await refused
        assert error.value.retry_after
    advance(harness.clock, 61)
    await transcribe(harness.app)
