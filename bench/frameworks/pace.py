"""One clock for all: a reply as a stream of tokens, and the lag of its first speech.

Needs nothing but Python: it runs in ours and in the rivals' environment alike.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["say", "tool", "stall"]
Whose = Literal["agent", "framework"]
EVERY = 0.025
"""Seconds from token to token."""


@dataclass(frozen=True)
class Step:
    """`say`: a token. `tool`: the agent calls a tool, which answers `seconds` later. `stall`: for
    `seconds` nothing comes, and nobody says why."""

    kind: Kind
    text: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Reply:
    """`ends`: which step, from 0, ends the first sentence. `whose`: whether the agent calls its tools
    itself, so that its reply stays one stream, or the framework does for it, so that the model's
    answer ends with the call and a new one follows."""

    steps: tuple[Step, ...]
    ends: int
    language: str
    whose: Whose = "agent"

    @classmethod
    def read(cls, fields: dict[str, Any]) -> "Reply":
        steps = tuple(Step(**step) for step in fields["steps"])
        return cls(**{**fields, "steps": steps})


@dataclass
class Listener:
    """Notes when each step came and when something was given to the voice."""

    reply: Reply
    arrivals: list[float] = field(default_factory=list)
    """Of each step."""
    released: list[tuple[float, str]] = field(default_factory=list)

    async def steps(self) -> AsyncGenerator[Step, None]:
        """Each at its time, counted from the first, so that what a step costs delays no other."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        for step in self.reply.steps:
            due += EVERY
            await asyncio.sleep(due - loop.time())
            self.arrivals.append(time.perf_counter())
            yield step
            due += step.seconds
        await asyncio.sleep(due - loop.time())

    def hear(self, text: str) -> None:
        self.released.append((time.perf_counter(), text))

    def answer(self) -> dict[str, Any]:
        """Of the first release after the token that ends the first sentence had come: `lag`,
        milliseconds since that token; `looked`, how many steps came in between; `work`, milliseconds
        since the last of them. What was released `before` was no whole sentence. `first` is the
        `lag` of the first release of all: below 0 where it came before the sentence ended."""
        over = self.arrivals[self.reply.ends]
        when = next(when for when, _ in self.released if when >= over)
        came = [arrival for arrival in self.arrivals if arrival <= when]
        return {
            "lag": 1000 * (when - over),
            "looked": len(came) - 1 - self.reply.ends,
            "work": 1000 * (when - came[-1]),
            "first": 1000 * (self.released[0][0] - over),
            "before": [text for when, text in self.released if when < over],
        }
