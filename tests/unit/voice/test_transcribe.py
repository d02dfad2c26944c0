"""Recordings become words: charged by the second, once, and only if there was an answer."""

import asyncio
from typing import Any

import pytest

from common.app import App
from common.domain import errors
from common.domain.documents import Create, Update
from common.schemas.answers import TranscribeAnswer
from common.schemas.requests import SynthesizeRequest, TranscribeRequest
from tests.support.harness import ADA, Harness, advance, idempotency_key, new_harness, sweep
from tests.support.recordings import wav_file
from tests.unit.sessions.test_start import STORE_LOST, FailingCommits

OLD = {"voice": "de-DE-Studio-B"}
DOWN = errors.Unavailable("speech", "no answer in time")


async def transcribe(
    app: App, sound: bytes = b"", *, key: str | None = None, **fields: Any
) -> TranscribeAnswer:
    request = TranscribeRequest(audio=sound or wav_file(1.2), **fields)
    return await app.transcripts.transcribe(
        ADA, request, idempotency_key(ADA, "transcribe", key, request)
    )


async def unsettled(harness: Harness) -> int:
    return len(await harness.unsettled_turns())


async def test_words_are_charged_by_the_second_rounded_up() -> None:
    harness = new_harness()
    answer = await transcribe(harness.app)
    assert (answer.text, answer.confidence, answer.seconds) == ("What time is it?", 0.9, 1.2)
    assert answer.usage.meters["transcribed_seconds"].used == 2
    assert await harness.used("transcribed_seconds") == (2, 0)
    assert await unsettled(harness) == 0


async def test_a_second_request_of_the_day_is_admitted_like_the_first() -> None:
    """Seconds of speech have no ceiling: nothing is taken from the shard of the day."""
    harness = new_harness(ceiling_shards=1)
    await harness.chat("Hello!", speak=False)
    for _ in range(2):
        assert (await transcribe(harness.app)).text == "What time is it?"


async def test_a_model_without_confidence_gives_none() -> None:
    harness = new_harness()
    harness.recognition.confidence = None
    assert (await transcribe(harness.app)).confidence is None


async def test_the_language_is_the_requests_else_the_accounts_else_the_settings() -> None:
    harness = new_harness(language="en-GB", other_languages=("de-DE", "fr-FR"))
    await transcribe(harness.app)
    await transcribe(harness.app, language="it-IT")
    await harness.store.inner.commit([profile({"language": "fr-FR"})])
    await transcribe(harness.app)
    assert [languages for _, languages in harness.recognition.heard] == [
        ("en-GB", "de-DE", "fr-FR"),
        ("it-IT",),
        ("fr-FR", "de-DE"),
    ]


def profile(preferences: dict[str, str]) -> Create:
    return Create(f"users/{ADA.uid}", {"preferences": preferences})


async def test_one_key_is_recognised_and_charged_once() -> None:
    harness = new_harness()
    first = await transcribe(harness.app, key="k")
    again = await transcribe(harness.another(), key="k")
    assert again == first
    assert len(harness.recognition.heard) == 1
    assert await harness.used("transcribed_seconds") == (2, 0)


async def test_one_key_with_another_recording_is_refused() -> None:
    harness = new_harness()
    await transcribe(harness.app, key="k")
    with pytest.raises(errors.KeyReused):
        await transcribe(harness.app, wav_file(3.0), key="k")


async def test_a_key_in_use_is_refused_meanwhile() -> None:
    harness = new_harness()
    harness.recognition.seconds = 5.0
    running = asyncio.create_task(transcribe(harness.app, key="k"))
    await asyncio.sleep(1)
    with pytest.raises(errors.KeyInFlight) as refused:
        await transcribe(harness.another(), key="k")
    assert refused.value.retry_after
    await running


async def test_a_failure_charges_nothing_and_the_key_runs_again() -> None:
    harness = new_harness()
    harness.recognition.fails = {1: DOWN}
    with pytest.raises(errors.Unavailable):
        await transcribe(harness.app, key="k")
    assert await harness.used("transcribed_seconds") == (0, 0)
    assert (await transcribe(harness.app, key="k")).text
    assert await harness.used("transcribed_seconds") == (2, 0)


async def test_a_used_up_allowance_is_refused_before_recognition() -> None:
    harness = new_harness(allowance_transcribed_seconds=3)
    await transcribe(harness.app)
    with pytest.raises(errors.QuotaExceeded) as refused:
        await transcribe(harness.app)
    assert refused.value.meter == "transcribed_seconds"
    assert len(harness.recognition.heard) == 1
    assert await harness.used("transcribed_seconds") == (2, 0)


async def test_a_short_recording_costs_nothing() -> None:
    harness = new_harness()
    with pytest.raises(errors.Invalid):
        await transcribe(harness.app, wav_file(0.2))
    assert await harness.used("transcribed_seconds") == (0, 0)
    assert harness.recognition.heard == []


async def test_a_process_that_dies_charges_nothing_after_the_sweep() -> None:
    harness = new_harness()
    harness.recognition.seconds = 1e6
    running = asyncio.create_task(transcribe(harness.app, key="k"))
    await asyncio.sleep(1)
    running.cancel()
    assert await harness.used("transcribed_seconds") == (0, 2)
    advance(harness.clock, 60)
    await sweep(harness.another())
    assert await harness.used("transcribed_seconds") == (0, 0)
    assert await unsettled(harness) == 0
    harness.recognition.seconds = 0
    assert (await transcribe(harness.another(), key="k")).text
    assert await harness.used("transcribed_seconds") == (2, 0)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("held", [True, False])
async def test_an_unconfirmed_commit_is_charged_once(number: int, held: bool) -> None:
    harness = new_harness()
    FailingCommits(harness, number, error=STORE_LOST, held=held)
    answer = await transcribe(harness.app, key="k")
    assert await transcribe(harness.app, key="k") == answer
    assert len(harness.recognition.heard) == 1
    assert await harness.used("transcribed_seconds") == (2, 0)
    assert (await harness.document(f"users/ada/usage/{harness.clock.now():%Y-%m}"))[
        "running_turns"
    ] == 0


async def synthesize(app: App, text: str = "Hello there. How are you?", **fields: Any) -> bytes:
    return await app.syntheses.synthesize(ADA, SynthesizeRequest(text=text, **fields))


async def test_a_text_is_spoken_and_charged_by_the_character() -> None:
    harness = new_harness()
    pcm = await synthesize(harness.app)
    assert len(pcm) == pytest.approx(24 * 0.06 * 48_000, rel=0.1)
    used, reserved = await harness.used("voice_characters")
    assert (used, reserved) == (sum(map(len, harness.voice.texts)), 0)
    assert await unsettled(harness) == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": "…"}, "text"),
        ({"text": "word " * 790}, "text"),
        ({"voice": "nonsense"}, "voice"),
        ({"voice": "en-US-Studio-O"}, "voice"),
        ({"voice": "en-US-Neural2-F", "language": "de-DE"}, "voice"),
    ],
)
async def test_text_or_voice_that_cannot_be_spoken_is_refused(
    fields: dict[str, str], field: str
) -> None:
    harness = new_harness(turn_characters=2_000)
    with pytest.raises(errors.Invalid) as refused:
        await synthesize(harness.app, **fields)
    assert [name for name, _ in refused.value.fields] == [field]
    assert await harness.used("voice_characters") == (0, 0)


async def test_a_voice_that_fails_charges_nothing() -> None:
    harness = new_harness()
    harness.voice.fails = {n: errors.Unavailable("voice", "down") for n in range(1, 9)}
    with pytest.raises(errors.Unavailable):
        await synthesize(harness.app)
    assert await harness.used("voice_characters") == (0, 0)
    assert await unsettled(harness) == 0


async def test_a_used_up_voice_is_refused() -> None:
    harness = new_harness(allowance_voice_characters=10)
    with pytest.raises(errors.QuotaExceeded):
        await synthesize(harness.app)
    assert harness.voice.texts == []


async def test_the_accounts_voice_speaks_unless_it_is_no_longer_offered() -> None:
    harness = new_harness()
    spoken: list[tuple[str, str]] = []

    class NotedVoice:
        async def synthesize(self, text: str, voice: str, language: str) -> bytes:
            spoken.append((voice, language))
            return bytes(2 * len(text))

    app = harness.another(voice=NotedVoice())
    await harness.store.inner.commit([profile({"voice": "de-DE-Neural2-B"})])
    await synthesize(app, "Hello.")
    await synthesize(app, "Hello.", voice="en-US-Neural2-A")
    await harness.store.inner.commit([Update(f"users/{ADA.uid}", {"preferences": OLD})])
    await synthesize(app, "Hello.")
    assert spoken == [
        ("de-DE-Neural2-B", "de-DE"),
        ("en-US-Neural2-A", "en-US"),
        ("en-US-Neural2-F", "en-US"),
    ]
