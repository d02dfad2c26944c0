"""The calls of all processes, with their time, their request and their outcome."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from common.domain.documents import Update

CURRENT_REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The label of the request whose code runs, set by `SimulatedProcess.run`."""

STORE_KINDS = {"get": "read", "query": "query", "commit": "commit"}


@dataclass
class Call:
    """One call of a port, with its arguments in order. Times are seconds of the loop's clock."""

    process: str
    request: str
    service: str
    method: str
    args: tuple[Any, ...]
    began: float
    ended: float | None = None
    error: BaseException | None = None

    @property
    def name(self) -> str:
        return f"{self.service}.{self.method}"

    @property
    def kind(self) -> str:
        """`read`, `look`, `query`, `commit`, `checkpoint`; the service's name outside the store.

        A look reads one turn and nothing else. A checkpoint updates one turn and nothing else, and
        leaves its state.
        """
        if self.service != "store":
            return self.service
        kind, (first, *_) = STORE_KINDS[self.method], self.args
        if kind == "read" and len(first) == 1 and first[0].startswith("turns/"):
            return "look"
        if kind == "commit" and len(first) == 1 and _is_checkpoint(first[0]):
            return "checkpoint"
        return kind


def _is_checkpoint(write: object) -> bool:
    return (
        isinstance(write, Update)
        and write.path.startswith("turns/")
        and "state" not in write.fields
    )


@dataclass
class Journal:
    """Every call, in the order in which they began, and every silence of a stream."""

    calls: list[Call] = field(default_factory=list, repr=False)
    effects: list[tuple[str, str]] = field(default_factory=list)
    """Effects of the agent's tools: the request's label and the tool's name."""
    silences: dict[str, float] = field(default_factory=dict)
    """By request: the longest time without a byte on its stream, in seconds."""

    def matching(self, matches: Callable[[Call], bool]) -> Iterator[Call]:
        return (call for call in self.calls if matches(call))

    def count(self, name: str, request: str | None = None) -> int:
        """Return how often the port's method `name`, e.g. `agent.reply`, was called."""
        return sum(call.name == name and _in(call, request) for call in self.calls)

    def counts(self, request: str | None = None) -> Counter[str]:
        """Return the number of calls by `Call.kind`, for one request or for all of them."""
        return Counter(call.kind for call in self.matching(lambda call: _in(call, request)))

    def tool_effects(self, request: str | None = None) -> Counter[str]:
        return Counter(tool for label, tool in self.effects if request in {None, label})


def _in(call: Call, request: str | None) -> bool:
    return request is None or call.request == request
