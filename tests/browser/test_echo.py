"""The page's listener with real sound: the avatar's echo, people who interrupt, a cough."""

import math
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np

from infra.deploy.shell import ROOT
from infra.local.simulators.espeak import EspeakRequest, synthesize

RATE = 16_000
STORY = (
    "Once there was a lighthouse keeper named Marta, who lived on a rock at the edge of the sea. "
    "Every evening she climbed ninety-nine steps and lit the great lamp. One night, in the middle "
    "of a storm, the lamp went out. Marta looked for a spark, but every match in the house was wet."
)
SENTENCES = (
    "Wait a moment, that is not what I wanted to know.",
    "Stop please, and tell me about the weather instead.",
    "No, I meant the other appointment on Thursday.",
    "Hold on, can you say that again more slowly?",
    "Thank you, I have heard enough about the lighthouse.",
)
COUGH_SECONDS = 0.12


def speak(folder: Path, name: str, request: EspeakRequest) -> None:
    (folder / f"{name}.pcm").write_bytes(synthesize(request))


def cough(rate: int = RATE) -> bytes:
    """Return a burst of noise that fades, with the loudness of speech."""
    count = int(COUGH_SECONDS * rate)
    noise = np.random.default_rng(7).standard_normal(count)
    fade = np.exp(-np.arange(count) / count * math.e)
    voiced = np.sin(2 * np.pi * 180 * np.arange(count) / rate)
    return (
        ((0.12 * noise + 0.25 * voiced) * fade * 32_767)
        .clip(-32_768, 32_767)
        .astype("<i2")
        .tobytes()
    )


def test_the_avatar_never_interrupts_itself_and_a_person_does(tmp_path: Path) -> None:
    speak(tmp_path, "avatar-female", EspeakRequest(STORY, rate=RATE))
    speak(tmp_path, "avatar-male", EspeakRequest(STORY, gender="MALE", rate=RATE))
    for number, sentence in enumerate(SENTENCES):
        voice = EspeakRequest(sentence, "en-GB", "MALE", rate=RATE, pitch=2 * number - 4)
        speak(tmp_path, f"person-{number}", voice)
    (tmp_path / "cough.pcm").write_bytes(cough())
    npx = shutil.which("npx") or "npx"
    run = subprocess.run(
        [npx, "vitest", "run", "--silent", "--reporter", "dot"],
        cwd=ROOT / "web",
        env={**os.environ, "SPEECH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=1_200,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
