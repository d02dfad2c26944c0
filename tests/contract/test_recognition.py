"""The contract of `SpeechToText`: the fake, and Google's client against the simulator."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from anyio.lowlevel import checkpoint

from common.adapters.google.credentials import LocalToken
from common.adapters.google.speech_to_text import GoogleRecognition, transcript
from common.adapters.http.client import HttpClient
from common.domain import errors
from common.ports.voice import Recording, SpeechToText
from common.voice.recording import read_recording
from infra.local.recogniser.recogniser import Recognition
from infra.local.simulators.speech_to_text import RecognitionSimulator, speech_to_text_app
from tests.local.serving import served
from tests.support.fakes.recognition import FakeRecognition
from tests.support.recordings import wav_file, webm_file


@dataclass
class RecognitionSetup:
    port: SpeechToText
    hear: Callable[[str, float | None], None]
    """Sets the words of all recordings, and their confidence."""
    refuse: Callable[[], None]
    """Makes the service refuse further requests."""

    async def recognize(self, sound: bytes = b"", *languages: str) -> Any:
        recording = read_recording(sound or wav_file())
        return await self.port.recognize(recording, languages or ("en-US",))


def google_at(address: str, http_client: HttpClient) -> GoogleRecognition:
    return GoogleRecognition(
        LocalToken(),
        http_client,
        project="p",
        location="global",
        model="short",
        base_url=address,
    )


@pytest.fixture(params=["fake", "google"])
async def setting(request: pytest.FixtureRequest) -> AsyncIterator[RecognitionSetup]:
    if request.param == "fake":
        fake = FakeRecognition()

        def say(text: str, confidence: float | None) -> None:
            fake.text, fake.confidence = text, confidence

        busy = errors.Busy("speech", "answered 429", retry_after=1)
        yield RecognitionSetup(fake, say, lambda: setattr(fake, "fails", {1: busy}))
        return
    world = RecognitionSimulator()

    def hear(text: str, confidence: float | None) -> None:
        async def recognise(_: bytes) -> Recognition:
            return Recognition(1.0, text, confidence or 0.0)

        world.recognise, world.gives_confidence = recognise, confidence is not None

    hear("What time is it?", 0.9)
    http_client = HttpClient(sleep=at_once)
    async with served(speech_to_text_app(world)) as address:
        port = google_at(address, http_client)
        yield RecognitionSetup(port, hear, lambda: setattr(world, "requests_a_minute", 0))
        await http_client.close()


async def at_once(_seconds: float) -> None:
    await checkpoint()


@pytest.mark.parametrize("sound", [wav_file(), webm_file()], ids=["WAV", "WebM"])
async def test_a_recording_has_words_and_a_confidence(
    setting: RecognitionSetup, sound: bytes
) -> None:
    found = await setting.recognize(sound)
    assert (found.text, found.confidence) == ("What time is it?", 0.9)
    assert found.language.lower() == "en-us"


async def test_silence_has_no_words_and_no_confidence(setting: RecognitionSetup) -> None:
    setting.hear("", 0.0)
    found = await setting.recognize()
    assert (found.text, found.confidence) == ("", None)


async def test_a_confidence_that_the_model_does_not_give_is_none(
    setting: RecognitionSetup,
) -> None:
    setting.hear("Hello.", None)
    assert (await setting.recognize()).confidence is None


async def test_an_overloaded_service_is_busy(setting: RecognitionSetup) -> None:
    setting.refuse()
    with pytest.raises(errors.Busy):
        await setting.recognize()


async def test_a_language_that_google_does_not_have_is_the_callers_mistake() -> None:
    http_client = HttpClient(sleep=at_once)
    async with served(speech_to_text_app(RecognitionSimulator())) as address:
        port = google_at(address, http_client)
        with pytest.raises(errors.Invalid) as refused:
            await port.recognize(Recording("pcm", bytes(32_000), 16_000, 1, 1.0), ["tlh"])
        await http_client.close()
    assert [name for name, _ in refused.value.fields] == ["language"]


def alternative(text: str, *sure: float) -> dict[str, Any]:
    return {"alternatives": [{"transcript": text, **dict(zip(["confidence"], sure, strict=False))}]}


def test_results_are_joined_and_their_confidence_is_weighed_by_length() -> None:
    answer = {"results": [alternative(" One two.", 1.0), {}, alternative("Six", 0.5)]}
    found = transcript(answer, "en-US")
    assert found.text == "One two. Six"
    assert found.confidence == pytest.approx((8 * 1.0 + 3 * 0.5) / 11)


@pytest.mark.parametrize("sure", [(), (0.0,)])
def test_one_result_without_confidence_leaves_none(sure: tuple[float, ...]) -> None:
    answer = {"results": [alternative("One", 1.0), alternative("two", *sure)]}
    assert transcript(answer, "en-US").confidence is None


@pytest.mark.parametrize("answer", [{}, {"results": []}, {"results": [{"resultEndOffset": "1s"}]}])
def test_an_answer_without_results_has_no_words(answer: Any) -> None:
    assert transcript(answer, "en-US").text == ""


@pytest.mark.parametrize(
    "answer", [None, [], {"results": 7}, {"results": [7]}, {"results": [{"alternatives": [7]}]}]
)
def test_an_answer_of_another_shape_is_a_failure(answer: Any) -> None:
    with pytest.raises(errors.Failed):
        transcript(answer, "en-US")
