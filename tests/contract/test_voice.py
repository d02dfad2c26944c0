"""The contract of `TextToSpeech`: the fake, and Google's client against the simulator."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
from anyio.lowlevel import checkpoint

from common.adapters.google.credentials import LocalToken
from common.adapters.google.text_to_speech import GoogleSpeech
from common.adapters.http.client import HttpClient
from common.domain import errors
from common.ports.voice import TextToSpeech
from infra.local.simulators.google_speech import SpeechSimulator, google_speech_app
from tests.local.serving import served
from tests.support.fakes.voice import FakeVoice

A_SECOND = 48_000
NAME = "en-US-Chirp3-HD-Aoede"


@dataclass
class VoiceSetup:
    voice: TextToSpeech
    refuse: Callable[[], None]
    """Makes the service refuse further requests."""

    async def say(self, text: str) -> bytes:
        return await self.voice.synthesize(text, NAME, "en-US")


@pytest.fixture(params=["fake", "google_speech"])
async def setting(request: pytest.FixtureRequest) -> AsyncIterator[VoiceSetup]:
    if request.param == "fake":
        fake = FakeVoice(tone=True)
        busy = errors.Busy("voice", "answered 429", retry_after=1)
        yield VoiceSetup(fake, lambda: fake.fails.update({1: busy}))
        return
    world = SpeechSimulator()

    def refuse() -> None:
        world.requests_a_minute = 0

    http_client = HttpClient(sleep=at_once)
    async with served(google_speech_app(world)) as address:
        yield VoiceSetup(GoogleSpeech(LocalToken(), http_client, base_url=address), refuse)
        await http_client.close()


async def at_once(_seconds: float) -> None:
    await checkpoint()


async def test_speech_is_samples_of_a_plausible_length(setting: VoiceSetup) -> None:
    pcm = await setting.say("Good morning, how are you?")
    assert not pcm.startswith(b"RIFF")
    assert len(pcm) % 2 == 0
    assert A_SECOND / 2 < len(pcm) < 4 * A_SECOND
    assert any(pcm)


async def test_more_text_is_longer_speech(setting: VoiceSetup) -> None:
    short, long = await setting.say("Good morning."), await setting.say("Good morning. " * 4)
    assert len(long) > 2 * len(short)


async def test_text_over_the_limit_is_a_value_error(setting: VoiceSetup) -> None:
    with pytest.raises(ValueError, match="5,000"):
        await setting.say("é" * 2_501)


async def test_overloaded_service_is_busy(setting: VoiceSetup) -> None:
    setting.refuse()
    with pytest.raises(errors.Busy) as busy:
        await setting.say("Hello.")
    assert busy.value.retry_after
