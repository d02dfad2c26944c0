"""Speech of espeak, and sounds that are no speech: recordings for the recogniser, and its score."""

import re

import numpy as np

from infra.local.simulators.espeak import EspeakRequest, Gender, synthesize
from tests.support.recordings import RATE, wav_file

Sound = np.ndarray[tuple[int], np.dtype[np.float64]]

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


def noise(seconds: float, scale: float) -> Sound:
    return np.random.default_rng(7).normal(0, scale, int(seconds * RATE))


def claps() -> Sound:
    sound = np.zeros(4 * RATE)
    for number in range(4):
        at = number * RATE
        sound[at : at + 1_200] = noise(0.075, 0.5) * np.exp(-np.arange(1_200) / 150)
    return sound


def music() -> Sound:
    time = np.arange(5 * RATE) / RATE
    chords = ((220, 277, 330), (196, 247, 294), (262, 330, 392), (220, 277, 330), (165, 208, 247))
    tones = [sum(np.sin(2 * np.pi * tone * time[:RATE]) for tone in chord) for chord in chords]
    return 0.1 * np.concatenate(tones)


def recording(sound: Sound) -> bytes:
    """Return a WAV file of samples between -1 and 1."""
    pcm = np.clip(sound * 32_767, -32_768, 32_767).astype("<i2").tobytes()
    return wav_file(pcm=pcm)


NO_SPEECH = {
    "silence": np.zeros(2 * RATE),
    "noise": noise(3.0, 0.02),
    "claps": claps(),
    "music": music(),
}
