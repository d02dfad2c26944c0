"""Lag of the first speech, ours beside other frameworks.

    make bench ARGS=first_speech

Each reply of `replies.py` is paced by `frameworks/pace.py`, in the same way for all. Ours is a
whole turn over a store in memory, with an agent, a voice and an avatar that take no time."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from bench.frameworks.pace import TOKEN_SECONDS, Listener, PacedReply, Step
from bench.frameworks.processes import (
    FrameworkProcess,
    includes_all,
    run_frameworks,
)
from bench.replies import replies
from bench.table import Row, middle
from common.domain.ids import UserId
from common.ports.agent import Delta, Finished, OnEvent, ToolCall, ToolResult
from common.schemas.events import SentenceEvent
from tests.support.fakes.agent import FakeAgent
from tests.support.fakes.voice import FakeVoice
from tests.support.harness import new_harness

TOKEN_BAR: Final = 1_000 * TOKEN_SECONDS + 2
"""Milliseconds: one token, and 2 ms of work."""
STALL_SECONDS: Final = 2.0
STALL_BAR: Final = 150
"""Milliseconds that a finished sentence may wait when the stream stalls."""
FIRST_CLAUSE: Final = 24
SILENCE: Final = bytes(4_800)
"""100 ms of audio."""

PLAIN: Final = "a first sentence of 8 to 15 tokens"
SHORT: Final = "a first sentence with Dr., p.m., Jan., no. and the like in it"
CLAUSE: Final = (
    "the same with our setting for it; a negative figure: speech begins before the sentence ends"
)
AGENT: Final = (
    "a sentence, then a tool that answers after 2 s; the agent calls it within its stream"
)
FRAMEWORK: Final = "the same, and the framework calls the tool: a response of the model ends there"
SILENT: Final = "a sentence, then nothing for 2 s, without any event"


@dataclass(frozen=True)
class SpeechCase:
    """One figure. `replies` take turns, one per run.

    `bar` is in milliseconds. With `below`, every framework must also be slower. `which` names the
    value of `Listener.figures`."""

    figure: str
    replies: tuple[PacedReply, ...]
    how: str
    bar: float | None = None
    below: bool = False
    first_clause: int = 0
    which: str = "lag"


def cases() -> list[SpeechCase]:
    tool, stall = Step("tool", seconds=STALL_SECONDS), Step("stall", seconds=STALL_SECONDS)
    long = replies("long")
    chinese = replies("Chinese", language="zh")
    called = replies("plain", tool, tool_caller="framework")
    return [
        SpeechCase("first speech, plain", replies("plain"), PLAIN, TOKEN_BAR, below=True),
        SpeechCase("first speech, long", long, "a first sentence of 30 to 40 tokens"),
        SpeechCase(
            f"... first clause of {FIRST_CLAUSE}",
            long,
            CLAUSE,
            first_clause=FIRST_CLAUSE,
            which="first",
        ),
        SpeechCase("first speech, abbreviations", replies("short"), SHORT, TOKEN_BAR, below=True),
        SpeechCase(
            "first speech, Chinese", chinese, "about a token a character", TOKEN_BAR, below=True
        ),
        SpeechCase(
            "first speech, tool stall", replies("plain", tool), AGENT, STALL_BAR, below=True
        ),
        SpeechCase("... framework's own tool", called, FRAMEWORK, STALL_BAR),
        SpeechCase("first speech, silent stall", replies("plain", stall), SILENT),
    ]


# ── ours ─────────────────────────────────────────────────────────────────────────────────────────


class PacedAgent(FakeAgent):
    """An agent that sends the steps of a listener."""

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener = listener

    async def reply(
        self,
        user: UserId,  # noqa: ARG002 - a parameter of the port
        session: str,  # noqa: ARG002 - a parameter of the port
        message: str,  # noqa: ARG002 - a parameter of the port
        take: OnEvent,
        state: object = None,  # noqa: ARG002 - a parameter of the port
    ) -> None:
        called = False
        async for step in self._listener.steps():
            if called:
                take(ToolResult("call-1", "look_up"))
            called = step.kind == "tool"
            if step.kind == "say":
                take(Delta(step.text))
            elif called:
                take(ToolCall("call-1", "look_up"))
        take(Finished(100))


class ListeningVoice(FakeVoice):
    """A voice that reports each text."""

    def __init__(self, hear: Callable[[str], None]) -> None:
        super().__init__()
        self._hear = hear

    async def synthesize(self, text: str, voice: str, language: str) -> bytes:  # noqa: ARG002 - a parameter of the port
        self._hear(text)
        return SILENCE


async def speak(reply: PacedReply, first_clause: int) -> dict[str, Any]:
    """Run one turn of ours to its end.

    Return the listener's figures, and when audio could be sent.
    """
    listener = Listener(reply)
    harness = new_harness(agent=PacedAgent(listener), first_clause=first_clause)
    harness.voice = ListeningVoice(listener.hear)
    harness.app = harness.another()
    started = await harness.start(language=_locale(reply.language))
    turn = await harness.chat("Well?", conversation_id=started.conversation_id)
    sure = 0.0
    while news := await turn.next_events():
        if not sure and any(isinstance(event, SentenceEvent) for event in news):
            sure = time.perf_counter()
    await turn.over()
    await harness.store.close()
    return listener.figures() | {"sure": 1_000 * (sure - listener.arrivals[reply.ends])}


def _locale(language: str) -> str:
    return {"en": "en-US", "zh": "zh-CN"}[language]


# ── side by side ─────────────────────────────────────────────────────────────────────────────────

Figures = dict[str, list[dict[str, Any]]]
"""The listener's figures of each run, by framework. The key "" is ours."""


def measure(runs: int) -> list[Row]:
    """Measure every case.

    Within a run all frameworks take turns, so that a slow moment of the machine affects all of
    them. One run of the first case warms up and does not count."""
    with run_frameworks() as others:
        _measure_case(cases()[0], others, 1)
        return [row for case in cases() for row in _rows(case, _measure_case(case, others, runs))]


def _measure_case(case: SpeechCase, others: dict[str, FrameworkProcess], runs: int) -> Figures:
    figures: Figures = {"": [], **{name: [] for name in others}}
    for run in range(runs):
        reply = case.replies[run % len(case.replies)]
        figures[""].append(asyncio.run(speak(reply, case.first_clause)))
        for name, framework in others.items():
            figures[name].append(framework.ask(ask="speak", reply=asdict(reply)))
    return figures


def _rows(case: SpeechCase, figures: Figures) -> list[Row]:
    """Return the row of a case. If every framework must be slower, add the parts of the lag."""
    row = _row(case, figures)
    if not case.below:
        return [row]
    return [
        row,
        _part("... of which: tokens waited for", "tokens", "looked", figures),
        _part("... of which: work on the last of them", "ms", "work", figures),
        _part("... until its audio may be sent", "ms", "sure", figures),
    ]


def _row(case: SpeechCase, figures: Figures) -> Row:
    """Return the figure of a case.

    "below theirs" is held if our median is below their fastest run.
    """
    row = _part(case.figure, "ms", case.which, figures, case.how + _too_early(figures))
    if case.bar is None:
        return row
    bar = f"at most {case.bar:g}{', below theirs' if case.below else ''}"
    tied = [name for name, (low, _) in row.spreads.items() if case.below and low <= row.ours]
    how = row.how + "".join(f"; not clearly below {name}" for name in tied)
    held = row.ours <= case.bar and not tied
    unknown = held and case.below and not includes_all(row.others)
    return replace(row, bar=bar, held=None if unknown else held, how=how)


def _part(figure: str, unit: str, which: str, figures: Figures, how: str = "") -> Row:
    """Return the medians of one value of the listener's figures, without a bar."""
    found = {
        name: middle([each[which] if which in each else each["lag"] for each in runs])
        for name, runs in figures.items()
    }
    ours, spread = found.pop("")
    medians = {name: median for name, (median, _) in found.items()}
    spreads = {name: each for name, (_, each) in found.items()}
    return Row(figure, ours, unit, medians, spread, "", None, how, spreads)


def _too_early(figures: Figures) -> str:
    """Return which texts were given to the voice before the first sentence was over, as words."""
    early = {
        name or "ours": list(dict.fromkeys(piece for each in runs for piece in each["before"]))
        for name, runs in figures.items()
    }
    return "".join(
        f"; cut before its end by {name}: {texts}" for name, texts in early.items() if texts
    )
