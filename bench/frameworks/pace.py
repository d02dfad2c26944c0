"""A reply as a stream of tokens at a fixed pace, and the lag of its first speech.

This module runs in our environment and in that of the other frameworks, so it imports nothing else.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Literal

StepKind = Literal["say", "tool", "stall"]
ToolCaller = Literal["agent", "framework"]
TOKEN_SECONDS = 0.025


@dataclass(frozen=True)
class Step:
    """One step of a reply.

    `say`: a token. `tool`: the agent calls a tool, which answers after `seconds`. `stall`: the
    agent sends nothing for `seconds`, and no event announces it."""

    kind: StepKind
    text: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class PacedReply:
    """A reply of an agent.

    `ends` is the index of the step that ends the first sentence. `tool_caller`: with `agent`, the
    agent calls its tools itself, and its reply is one stream. With `framework`, the model's
    response ends with the call, and a new response follows."""

    steps: tuple[Step, ...]
    ends: int
    language: str
    tool_caller: ToolCaller = "agent"

    @classmethod
    def parse(cls, fields: dict[str, Any]) -> "PacedReply":
        """Return the reply of which `dataclasses.asdict` made `fields`."""
        steps = tuple(Step(**step) for step in fields["steps"])
        return cls(**{**fields, "steps": steps})


@dataclass
class Listener:
    """Records when each step arrived, and when text was given to the voice."""

    reply: PacedReply
    arrivals: list[float] = field(default_factory=list)
    """Time of each step, by `time.perf_counter`."""
    releases: list[tuple[float, str]] = field(default_factory=list)
    """Texts that were given to the voice, each with its time."""

    async def steps(self) -> AsyncGenerator[Step, None]:
        """Yield each step at its time. Times count from the first step, so delays do not add up."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        for step in self.reply.steps:
            due += TOKEN_SECONDS
            await asyncio.sleep(due - loop.time())
            self.arrivals.append(time.perf_counter())
            yield step
            due += step.seconds
        await asyncio.sleep(due - loop.time())

    def hear(self, text: str) -> None:
        """Record a text that is given to the voice."""
        self.releases.append((time.perf_counter(), text))

    def figures(self) -> dict[str, Any]:
        """Return the figures of the first release after the token that ends the first sentence.

        `lag`: milliseconds since that token. `looked`: number of steps that arrived in between.
        `work`: milliseconds since the last of them. `before`: texts that were released earlier, and
        so are no whole sentence. `first`: the lag of the first release of all; it is negative if it
        came before the sentence ended."""
        end = self.arrivals[self.reply.ends]
        release = next(at for at, _ in self.releases if at >= end)
        arrived = [arrival for arrival in self.arrivals if arrival <= release]
        return {
            "lag": 1000 * (release - end),
            "looked": len(arrived) - 1 - self.reply.ends,
            "work": 1000 * (release - arrived[-1]),
            "first": 1000 * (self.releases[0][0] - end),
            "before": [text for at, text in self.releases if at < end],
        }
