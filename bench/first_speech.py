"""How long after its last token the first sentence is given to the voice, ours beside the rivals'.

    python -m bench.first_speech

Each reply of `replies.py` is paced on one clock by `rivals/pace.py`, for all alike; ours is a whole
turn over a store in memory, with an agent, a voice and an avatar that cost no time.
"""

import argparse
import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from bench.frameworks.pace import EVERY, Listener, Reply, Step
from bench.frameworks.peers import Missing, Peer, complete, peers
from bench.replies import replies
from bench.table import Row, markdown, middle
from common.domain.ids import ConversationId, UserId
from common.ports.agent import Delta, Finished, OnEvent, ToolCall, ToolResult
from common.schemas.events import SentenceEvent
from tests.support.fakes.agent import FakeAgent
from tests.support.fakes.voice import FakeVoice
from tests.support.harness import new_harness

TOKEN: Final = 1_000 * EVERY
PROMISE: Final = TOKEN + 2
STALL: Final = 2.0
BREAK: Final = 150
"""Milliseconds that a finished sentence may be held when the stream stalls."""
FIRST_CLAUSE: Final = 24
SOUND: Final = bytes(4_800)
"""100 ms of silence."""

PLAIN: Final = "a first sentence of 8 to 15 tokens"
SHORT: Final = "a first sentence with Dr., p.m., Jan., no. and the like in it"
CLAUSE: Final = "the same with our setting for it; below 0 speech begins before the sentence ends"
AGENT: Final = (
    "a sentence, then a tool that answers after 2 s; the agent calls it within its stream"
)
FRAMEWORK: Final = "the same where a rival calls the tool: its model's response ends with the call"


@dataclass(frozen=True)
class Case:
    """`replies` take turns, one a run. `bar` in milliseconds; `below` says whether every rival must
    be slower, too. `which` of what the listener noted is the figure."""

    figure: str
    replies: tuple[Reply, ...]
    how: str
    bar: float | None = None
    below: bool = False
    first_clause: int = 0
    which: str = "lag"


def cases() -> list[Case]:
    tool, stall = Step("tool", seconds=STALL), Step("stall", seconds=STALL)
    long = replies("long")
    chinese = replies("Chinese", language="zh")
    called = replies("plain", tool, whose="framework")
    return [
        Case("first speech, plain", replies("plain"), PLAIN, PROMISE, below=True),
        Case("first speech, long", long, "a first sentence of 30 to 40 tokens"),
        Case(
            f"... first clause of {FIRST_CLAUSE}",
            long,
            CLAUSE,
            first_clause=FIRST_CLAUSE,
            which="first",
        ),
        Case("first speech, abbreviations", replies("short"), SHORT, PROMISE, below=True),
        Case("first speech, Chinese", chinese, "about a token a character", PROMISE, below=True),
        Case("first speech, tool stall", replies("plain", tool), AGENT, BREAK, below=True),
        Case("... framework's own tool", called, FRAMEWORK, BREAK),
        Case("first speech, silent stall", replies("plain", stall), "nobody says why it stalls"),
    ]


# ── ours ─────────────────────────────────────────────────────────────────────────────────────────


class PacedAgent(FakeAgent):
    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener = listener

    async def reply(
        self,
        user: UserId,  # noqa: ARG002 - the port's
        session: ConversationId,  # noqa: ARG002 - the port's
        message: str,  # noqa: ARG002 - the port's
        take: OnEvent,
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
    def __init__(self, hear: Callable[[str], None]) -> None:
        super().__init__()
        self._hear = hear

    async def synthesize(self, text: str, voice: str, language: str) -> bytes:  # noqa: ARG002 - the port's
        self._hear(text)
        return SOUND


async def speak(reply: Reply, first_clause: int) -> dict[str, Any]:
    """One turn of ours, to its end."""
    listener = Listener(reply)
    at = new_harness(agent=PacedAgent(listener), first_clause=first_clause)
    at.voice = ListeningVoice(listener.hear)
    at.app = at.another()
    started = await at.start(language=_locale(reply.language))
    turn = await at.chat("Well?", conversation_id=started.conversation_id)
    sure = 0.0
    while news := await turn.next_events():
        if not sure and any(isinstance(event, SentenceEvent) for event in news):
            sure = time.perf_counter()
    await turn.over()
    await at.store.close()
    return listener.answer() | {"sure": 1_000 * (sure - listener.arrivals[reply.ends])}


def _locale(language: str) -> str:
    return {"en": "en-US", "zh": "zh-CN"}[language]


# ── side by side ─────────────────────────────────────────────────────────────────────────────────

Figures = dict[str, list[dict[str, Any]]]
"""By whose they are ("" is ours): what was heard in each run."""


def measure(runs: int) -> list[Row]:
    """All take turns within a run, so that a slow moment of the machine hits all alike. One run of
    the first case warms up and does not count."""
    with peers() as rivals:
        _taken(cases()[0], rivals, 1)
        return [row for case in cases() for row in _rows(case, _taken(case, rivals, runs))]


def _taken(case: Case, rivals: dict[str, Peer], runs: int) -> Figures:
    taken: Figures = {"": [], **{name: [] for name in rivals}}
    for run in range(runs):
        reply = case.replies[run % len(case.replies)]
        taken[""].append(asyncio.run(speak(reply, case.first_clause)))
        for name, rival in rivals.items():
            taken[name].append(rival.ask(ask="speak", reply=asdict(reply)))
    return taken


def _rows(case: Case, taken: Figures) -> list[Row]:
    """Where a rival must be slower, besides: what its lag and ours are made of."""
    row = _row(case, taken)
    if not case.below:
        return [row]
    return [
        row,
        _part("... of which: tokens waited for", "tokens", "looked", taken),
        _part("... of which: work on the last of them", "ms", "work", taken),
        _part("... until its sound may be sent", "ms", "sure", taken),
    ]


def _row(case: Case, taken: Figures) -> Row:
    """A bar of "below theirs" is held where the median of ours is faster than their fastest."""
    row = _part(case.figure, "ms", case.which, taken, case.how + _too_early(taken))
    if case.bar is None:
        return row
    bar = f"at most {case.bar:g}{', below theirs' if case.below else ''}"
    tied = [name for name, (low, _) in row.spreads.items() if case.below and low <= row.ours]
    how = row.how + "".join(f"; not clearly below {name}" for name in tied)
    held = row.ours <= case.bar and not tied
    unknown = held and case.below and not complete(row.rivals)
    return replace(row, bar=bar, held=None if unknown else held, how=how)


def _part(figure: str, unit: str, which: str, taken: Figures, how: str = "") -> Row:
    """Of what was noted in each run; no bar."""
    found = {
        name: middle([heard[which] if which in heard else heard["lag"] for heard in runs])
        for name, runs in taken.items()
    }
    ours, spread = found.pop("")
    medians = {name: median for name, (median, _) in found.items()}
    spreads = {name: each for name, (_, each) in found.items()}
    return Row(figure, ours, unit, medians, spread, "", None, how, spreads)


def _too_early(taken: Figures) -> str:
    """What somebody gave to the voice before the first sentence was over."""
    early = {
        name or "ours": list(dict.fromkeys(piece for heard in runs for piece in heard["before"]))
        for name, runs in taken.items()
    }
    return "".join(
        f"; cut before its end by {name}: {said}" for name, said in early.items() if said
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    try:
        print(markdown(measure(parser.parse_args().runs)))
    except Missing as missing:
        print(missing)


if __name__ == "__main__":
    main()
