"""Times of the page in headless Chromium, against a local stack in this process.

    make bench ARGS=page

A person writes, then speaks through a WAV file that is the browser's microphone, and interrupts the
avatar. The agent, the voice and the avatar are the simulators of the local stack. The recogniser
answers at once, so that its own time is zero and hides no other. Needs Chromium and Node."""

import asyncio
import io
import shutil
import subprocess
import tempfile
import time
import wave
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import anyio
import numpy as np
from playwright.async_api import Page, expect

from bench.table import Row, middle
from infra.deploy.shell import ROOT
from infra.local.recogniser.recogniser import Recognition
from infra.local.simulators.agent_engine.assistant.steps import Message, Step, Text
from infra.local.simulators.agent_engine.assistant.stories import LIGHTHOUSE
from infra.local.simulators.all import Simulators
from infra.local.simulators.espeak import EspeakRequest, synthesize
from infra.local.stack import stack
from tests.browser.conftest import CHROMIUM, chromium, sign_in, visit, write

RUNS: Final = 10
"""Runs of each figure: its bar is for the median of ten."""
RATE: Final = 48_000
BLOCK: Final = 128
LOUD: Final = 0.01
"""Loudness (root mean square) of a block with speech, as in page_probe.js."""
QUESTION: Final = "Can you tell me a story?"
INTERRUPTION: Final = "Wait a moment that is not at all what I wanted to know from you."
STORY: Final = f"Of course. {LIGHTHOUSE}"
SHORT_ANSWER: Final = "All right. I will stop here."
STORY_SECONDS, ANSWER_SECONDS = 6.0, 7.0
"""Silence of the person after the question, and after the interruption."""
SOUND_BAR: Final = 1.0
TEXT_BAR, DUCKED_BAR, SILENT_BAR = 60, 100, 1_000
"""Milliseconds."""
DUCKED: Final = 0.15
"""Volume of the ducked page (web/src/core/audio/output.ts)."""
TOLERANCE: Final = 0.3
"""Seconds by which speech in the microphone may differ from the file."""


@dataclass(frozen=True)
class SoundSpan:
    """Sound without a pause of 0.3 s or more. Seconds of the page's clock."""

    start: float
    end: float


@dataclass
class TimedAgent:
    """The script of the agent. Notes how long each turn takes to its first token, in seconds."""

    first_tokens: list[float] = field(default_factory=list)
    _began: float | None = None

    def script(self, message: Message) -> Iterable[Step]:
        self._began = time.perf_counter()
        return [Text(STORY if QUESTION in message.text else SHORT_ANSWER)]

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self._began is not None:
            self.first_tokens.append(time.perf_counter() - self._began)
            self._began = None


@dataclass(frozen=True)
class RecordedSpeech:
    """The speech of the person: two recordings, which the microphone plays again and again."""

    question: bytes
    interruption: bytes

    @classmethod
    def synthesize(cls) -> "RecordedSpeech":
        made = (synthesize(EspeakRequest(each, rate=RATE)) for each in (QUESTION, INTERRUPTION))
        return cls(*(trim(each) for each in made))

    def record(self, file: Path) -> None:
        with wave.open(str(file), "wb") as sound:
            sound.setparams((1, 2, RATE, 0, "NONE", ""))
            sound.writeframes(silence(1.0) + self.question + silence(STORY_SECONDS))
            sound.writeframes(self.interruption + silence(ANSWER_SECONDS))

    async def recognise(self, audio: bytes) -> Recognition:
        """Return the words of a recording at once. Its length tells the question from the other."""
        with wave.open(io.BytesIO(audio)) as sound:
            length = sound.getnframes() / sound.getframerate()
        margins = 1.0  # what the page adds before and after the words
        is_short = length < (seconds(self.question) + seconds(self.interruption)) / 2 + margins
        return Recognition(length, QUESTION if is_short else INTERRUPTION, 0.9)


def trim(pcm: bytes) -> bytes:
    """Return the sound from its first loud block to its last one."""
    samples = np.frombuffer(pcm, "<i2")
    blocks = samples[: len(samples) // BLOCK * BLOCK].reshape(-1, BLOCK) / 32_768
    loud = np.flatnonzero(np.sqrt((blocks**2).mean(axis=1)) > LOUD)
    return samples[loud[0] * BLOCK : (loud[-1] + 1) * BLOCK].tobytes()


def silence(length: float) -> bytes:
    return bytes(2 * int(RATE * length))


def seconds(pcm: bytes) -> float:
    return len(pcm) / 2 / RATE


# ── what is measured ─────────────────────────────────────────────────────────────────────────────


async def measure_texts(page: Page, agent: TimedAgent, runs: int) -> list[float]:
    """Return milliseconds from the key press to the first text, less the agent's first token."""
    for run in range(runs + 1):
        await write(page, "Well?")
        await page.wait_for_function(f"() => window.bench.shown.length > {run}")
        await expect(page.get_by_test_id("live-answer")).to_have_count(0)
    shown: list[float] = await page.evaluate("window.bench.shown")
    pairs = zip(shown, agent.first_tokens, strict=True)
    return [1_000 * (all_of_it - own) for all_of_it, own in list(pairs)[1:]]


async def converse(page: Page, person: RecordedSpeech, runs: int) -> dict[str, Any]:
    """Talk until `runs` questions and interruptions were measured, beside those that warm up.

    Return what the page noted. Gives up after twice as many rounds: a busy machine spoils some.
    """
    await page.get_by_test_id("talk").click()
    round_seconds = 1.0 + seconds(person.question + person.interruption)
    round_seconds += STORY_SECONDS + ANSWER_SECONDS
    await anyio.sleep(runs * round_seconds)
    for _ in range(runs):
        await anyio.sleep(round_seconds)
        noted: dict[str, Any] = await page.evaluate("window.bench")
        if min(len(first_sounds(noted, person)), len(interruptions(noted, person)[0])) > runs:
            break
    return noted


def spans(noted: Iterable[dict[str, float | None]]) -> list[SoundSpan]:
    return [SoundSpan(each["from"], each["to"]) for each in noted if each["from"] and each["to"]]


def starts_of(recording: bytes, speech: list[SoundSpan]) -> list[float]:
    """Return when a recording began in the microphone, found by its length."""
    length = seconds(recording)
    return [each.start for each in speech if abs(each.end - each.start - length) < TOLERANCE]


def first_sounds(noted: dict[str, Any], person: RecordedSpeech) -> list[float]:
    """Return seconds from the end of each question to the first sound of the page."""
    speech, sounds = spans(noted["sounds"]["person"]), spans(noted["sounds"]["page"])
    ends = [start + seconds(person.question) for start in starts_of(person.question, speech)]
    waits = [min((s.start - end for s in sounds if s.start > end), default=99.0) for end in ends]
    return [each for each in waits if each < STORY_SECONDS]


def interruptions(noted: dict[str, Any], person: RecordedSpeech) -> tuple[list[float], list[float]]:
    """Return milliseconds from each interruption to the ducked page, and to the silent one.

    The page is silent after its last loud block before it answers.
    """
    speech, sounds = spans(noted["sounds"]["person"]), spans(noted["sounds"]["page"])
    ducked, silent = [], []
    for start in starts_of(person.interruption, speech):
        end = start + seconds(person.interruption)
        gains = [each for each in noted["gains"] if start < each["at"] < end]
        ducks = [each["at"] for each in gains if each["target"] <= DUCKED]
        cuts = [each["at"] for each in gains if each["target"] == 0]
        if not cuts:
            continue
        last = max((each.end for each in sounds if each.start < end), default=start)
        ducked.append(1_000 * (min(ducks) - start))
        silent.append(1_000 * (max(min(cuts), last) - start))
    return ducked, silent


# ── the run ──────────────────────────────────────────────────────────────────────────────────────


def prepare() -> None:
    """Build the page. Raises SystemExit with the reason if a program is missing."""
    missing = [
        name for name, path in (("Chromium", CHROMIUM), ("Node", "npm")) if not shutil.which(path)
    ]
    if missing:
        raise SystemExit(f"The page cannot be measured: {' and '.join(missing)} not installed.")
    built = subprocess.run(["make", "--silent", "page"], cwd=ROOT, check=False, timeout=600)
    if built.returncode:
        raise SystemExit("The page cannot be measured: `make page` failed.")


async def run_page(folder: Path, runs: int) -> list[Row]:
    person, agent, simulators = RecordedSpeech.synthesize(), TimedAgent(), Simulators()
    simulators.recognition.recognise = person.recognise
    simulators.agent.script, simulators.agent.sleep = agent.script, agent.sleep
    microphone = folder / "microphone.wav"
    person.record(microphone)
    flag = f"--use-file-for-fake-audio-capture={microphone}"
    async with (
        stack(folder / "data", simulators=simulators, scheduled=False) as local,
        chromium(flag) as browser,
        visit(browser, local, bypass_csp=True) as page,
    ):
        await page.add_init_script(path=ROOT / "bench" / "page_probe.js")
        await page.reload()
        await sign_in(page)
        texts = await measure_texts(page, agent, runs)
        agent.first_tokens.clear()
        noted = await converse(page, person, runs)
    return rows(texts, noted, person, agent, runs)


def rows(
    texts: list[float], noted: dict[str, Any], person: RecordedSpeech, agent: TimedAgent, runs: int
) -> list[Row]:
    """Return the rows. The first round warms up. Raises SystemExit if rounds are missing."""
    sounds = first_sounds(noted, person)[1:]
    ducked, silent = (each[1:] for each in interruptions(noted, person))
    if min(len(sounds), len(ducked)) < runs:
        heard = f"{len(sounds)} answers and {len(ducked)} interruptions of {runs}"
        raise SystemExit(f"The page cannot be measured: {heard} on so busy a machine.")
    own, _ = middle(agent.first_tokens)
    waits = [each - own for each in sounds]
    return [
        make_row(
            "page: last word to first sound",
            waits,
            "s",
            SOUND_BAR,
            "from the end of a spoken question in the microphone to the first loud block of the"
            " avatar's answer, less the agent's first token; the recogniser takes no time",
        ),
        make_row(
            "page: key press to first text",
            texts,
            "ms",
            TEXT_BAR,
            "from Enter to the frame that shows the first text, less the agent's first token",
        ),
        make_row(
            "page: interruption to ducked",
            ducked,
            "ms",
            DUCKED_BAR,
            "from the first loud block of the person until the avatar's volume is at 15 %",
        ),
        make_row(
            "page: interruption to silent",
            silent,
            "ms",
            SILENT_BAR,
            "from the first loud block of the person to the last loud block of the avatar",
        ),
    ]


def make_row(figure: str, values: list[float], unit: str, bar: float, how: str) -> Row:
    median, spread = middle(values)
    return Row(figure, median, unit, {}, spread, f"at most {bar:g}", median <= bar, how)


def measure(runs: int) -> list[Row]:
    """Measure the page. At least ten runs are made of each figure."""
    prepare()
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(run_page(Path(folder), max(runs, RUNS)))
