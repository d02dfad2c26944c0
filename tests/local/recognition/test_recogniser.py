"""Real speech becomes words, offline; what is no speech becomes none."""

import asyncio
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from infra.local.recogniser.recogniser import (
    PYTHON,
    NoRecogniserError,
    Recogniser,
    UndecodableError,
)
from infra.local.simulators.espeak import EspeakRequest, Gender, synthesize
from tests.support.recogniser import needs_recogniser
from tests.support.recordings import RATE, wav_file

SENTENCES = (
    "Please show me the three most important emails from this morning.",
    "What is on my calendar for Tuesday afternoon?",
    "Move the meeting with the design team to next Thursday at half past two.",
    "Tell me a short story about a lighthouse and a brave little boat.",
    "How many people live in the capital of Portugal?",
    "Remind me to call my mother when I get home tonight.",
    "I would like to book a table for four people near the river.",
    "Could you explain how the moon makes the tides rise and fall?",
    "Stop talking for a moment, I want to ask something else.",
    "Write a friendly answer and say that I will be ten minutes late.",
)
FIGURES = {"2": "two", "3": "three", "4": "four", "10": "ten"}
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


def speech(text: str, gender: Gender = "FEMALE") -> bytes:
    return wav_file(pcm=synthesize(EspeakRequest(text, gender=gender, rate=RATE)))


def words(text: str) -> list[str]:
    return [FIGURES.get(word, word) for word in re.findall(r"[a-z0-9']+", text.lower())]


def wrong_words(said: list[str], heard: list[str]) -> int:
    """Return the least insertions, deletions and substitutions between both."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(said, 1):
        before, row = row, [number]
        for at, other in enumerate(heard, 1):
            row.append(min(before[at] + 1, row[-1] + 1, before[at - 1] + (word != other)))
    return row[-1]


@needs_recogniser
@pytest.mark.parametrize("gender", ["FEMALE", "MALE"])
async def test_85_percent_of_the_words_of_ten_sentences_are_heard(
    recogniser: Recogniser, gender: Gender
) -> None:
    wrong = 0
    for sentence in SENTENCES:
        found = await recogniser(speech(sentence, gender))
        assert 0.3 < found.confidence <= 1
        wrong += wrong_words(words(sentence), words(found.text))
    assert 1 - wrong / sum(len(words(each)) for each in SENTENCES) >= 0.85


def noise(seconds: float, scale: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.default_rng(7).normal(0, scale, int(seconds * RATE))


def claps() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    sound = np.zeros(4 * RATE)
    for number in range(4):
        at = number * RATE
        sound[at : at + 1_200] = noise(0.075, 0.5) * np.exp(-np.arange(1_200) / 150)
    return sound


def music() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    time = np.arange(5 * RATE) / RATE
    chords = ((220, 277, 330), (196, 247, 294), (262, 330, 392), (220, 277, 330), (165, 208, 247))
    tones = [sum(np.sin(2 * np.pi * tone * time[:RATE]) for tone in chord) for chord in chords]
    return 0.1 * np.concatenate(tones)


@needs_recogniser
@pytest.mark.parametrize(
    "sound",
    [np.zeros(2 * RATE), noise(3.0, 0.02), claps(), music()],
    ids=["silence", "noise", "claps", "music"],
)
async def test_what_is_no_speech_has_no_words(
    recogniser: Recogniser, sound: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> None:
    pcm = np.clip(sound * 32_767, -32_768, 32_767).astype("<i2").tobytes()
    assert (await recogniser(wav_file(pcm=pcm))).text == ""


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
