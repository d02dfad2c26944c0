"""Real speech becomes words, offline; what is no speech becomes none."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from infra.local.recogniser.recogniser import (
    PYTHON,
    NoRecogniserError,
    Recogniser,
    UndecodableError,
)
from tests.support.recogniser import needs_recogniser
from tests.support.recordings import wav_file
from tests.support.spoken import NO_SPEECH, SENTENCES, recording, speech, words, wrong_words

TO_WEBM = """
import sys, wave, av, numpy
source, target = sys.argv[1:]
with wave.open(source) as sound:
    pcm = numpy.frombuffer(sound.readframes(sound.getnframes()), numpy.int16)
file = av.open(target, "w", format="webm")
stream = file.add_stream("libopus", rate=48_000)
stream.layout = "mono"
frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), "s16", "mono")
frame.sample_rate = 16_000
resampler = av.AudioResampler("s16", "mono", 48_000)
for each in [*resampler.resample(frame), *resampler.resample(None)]:
    file.mux(stream.encode(each))
file.mux(stream.encode(None))
file.close()
"""


@needs_recogniser
async def test_85_percent_of_the_words_of_ten_sentences_are_heard(recogniser: Recogniser) -> None:
    """Hear a man. tests/end_to_end/test_spoken_chat.py says the same sentences with a woman's voice."""
    wrong = 0
    for sentence in SENTENCES:
        found = await recogniser(speech(sentence, "MALE"))
        assert 0.3 < found.confidence <= 1
        wrong += wrong_words(words(sentence), words(found.text))
    assert 1 - wrong / sum(len(words(each)) for each in SENTENCES) >= 0.85


@needs_recogniser
async def test_what_is_no_speech_has_no_words(recogniser: Recogniser) -> None:
    for name, sound in NO_SPEECH.items():
        assert (await recogniser(recording(sound))).text == "", name


@needs_recogniser
async def test_webm_is_heard_as_wav_is(recogniser: Recogniser, tmp_path: Path) -> None:
    wav, webm = tmp_path / "speech.wav", tmp_path / "speech.webm"
    wav.write_bytes(speech(SENTENCES[1]))
    subprocess.run([PYTHON, "-c", TO_WEBM, wav, webm], check=True)  # noqa: ASYNC221 - a test
    found = await recogniser(webm.read_bytes())
    assert wrong_words(words(SENTENCES[1]), words(found.text)) <= 2


@needs_recogniser
async def test_a_damaged_file_is_undecodable_and_the_next_one_is_heard(
    recogniser: Recogniser,
) -> None:
    with pytest.raises(UndecodableError):
        await recogniser(b"hello")
    assert "calendar" in (await recogniser(speech(SENTENCES[1]))).text


@needs_recogniser
async def test_a_process_that_died_is_replaced(recogniser: Recogniser) -> None:
    await recogniser(wav_file())
    assert recogniser._process is not None
    recogniser._process.kill()
    await recogniser._process.wait()
    assert (await recogniser(wav_file())).text == ""


@needs_recogniser
async def test_a_caller_that_leaves_does_not_mix_up_the_answers(recogniser: Recogniser) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await recogniser(speech(SENTENCES[0]))
    assert "calendar" in (await recogniser(speech(SENTENCES[1]))).text


async def test_without_an_environment_there_is_no_recogniser(tmp_path: Path) -> None:
    with pytest.raises(NoRecogniserError):
        await Recogniser(tmp_path / "python")(wav_file())
