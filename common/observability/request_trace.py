"""The trace of one request: how long each part took, and fields for its log line.

Code that works for the request adds to the trace while the request runs. When it ends, the log line
and the spans for Cloud Trace are both built from it, so nothing is measured twice.

Times are seconds of the event loop's clock, which uvloop updates every millisecond. Tokens are
recorded only until the first sentence is complete.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

from common.domain.ids import UserId

MAX_SPANS = 100
"""Spans kept for one request. A sweep makes thousands of calls; `parts` still sums all of them."""

IDS = ("conversation_id", "avatar_session_id", "turn_id")


@dataclass(frozen=True)
class TraceParent:
    """The caller's place in a distributed trace. The ids are hexadecimal, or empty if none came."""

    trace: str = ""
    span: str = ""
    sampled: bool = True


class Span(NamedTuple):
    part: str
    began: float
    ended: float


class TraceExporter(Protocol):
    async def export(self, trace: "RequestTrace", status: int) -> None:
        """Send a finished trace. Return within a bounded time, and never raise."""


class RequestTrace:
    """Timings and log fields of one request.

    `parts` maps a part's name to its seconds; parts of the same name are added up, also when they
    overlap. `spans` holds the same parts with begin and end. `fields` goes into the log line.
    """

    def __init__(self, function: str, parent: TraceParent) -> None:
        self.function = function
        self.parent = parent
        self.project = ""
        self.user: UserId | None = None
        self.exporter: TraceExporter | None = None
        self.began = self.now()
        self.ended = self.began
        self.parts: dict[str, float] = {}
        self.spans: list[Span] = []
        self.fields: dict[str, Any] = {}
        self._tokens: list[tuple[str, float]] = []
        self._first_sentence_at: float | None = None
        self._spoke = False

    @staticmethod
    def now() -> float:
        return asyncio.get_running_loop().time()

    def end_part(self, part: str, began: float) -> None:
        """Record a part that began at `began` and ends now."""
        ended = self.now()
        self.parts[part] = self.parts.get(part, 0.0) + ended - began
        if len(self.spans) < MAX_SPANS:
            self.spans.append(Span(part, began, ended))

    # ── lag between the first sentence's last token and the first audio ─────────────────────────

    def add_token(self, text: str) -> None:
        if self._first_sentence_at is None:
            self._tokens.append((text, self.now()))

    def add_sentence(self, written: str) -> None:
        """Record when the first spoken sentence was complete; later sentences are ignored.

        A sentence that came with the request (`speak`) was complete when the request began.
        """
        if self._first_sentence_at is None:
            self._first_sentence_at = _completed_at(written, self._tokens) or self.began
            self._tokens.clear()

    def add_audio(self) -> None:
        """Record that audio was sent to the avatar; only the first call counts."""
        if self._spoke or self._first_sentence_at is None:
            return
        self._spoke = True
        self.end_part("first_speech", self.began)
        self.fields["first_speech_lag_seconds"] = round(self.now() - self._first_sentence_at, 6)


def _completed_at(written: str, tokens: list[tuple[str, float]]) -> float | None:
    """Return the time of the token that completed the text.

    Returns the time of the last token if the tokens do not contain the text.
    """
    text = "".join(token for token, _ in tokens)
    end = text.find(written) + len(written) if written in text else len(text)
    for token, at in tokens:
        end -= len(token)
        if end <= 0:
            return at
    return None


_current: ContextVar[RequestTrace | None] = ContextVar("request_trace", default=None)


def start_trace(trace: RequestTrace) -> RequestTrace:
    """Make the trace the current one for this context and the tasks that it creates."""
    _current.set(trace)
    return trace


def current_trace() -> RequestTrace | None:
    return _current.get()


def request_age() -> float:
    """Return the seconds since the current request came. Outside a request: 0."""
    trace = _current.get()
    return trace.now() - trace.began if trace is not None else 0.0


def annotate(**fields: Any) -> None:  # noqa: ANN401 - any JSON value
    """Add fields to the current request's log line. Fields that are None are left out.

    Does nothing outside a request.
    """
    if (trace := _current.get()) is not None:
        trace.fields |= {name: value for name, value in fields.items() if value is not None}


def annotate_ids(source: object) -> None:
    """Add the ids that a request or an answer carries (`IDS`) to the log line."""
    annotate(**{name: getattr(source, name, None) for name in IDS})


def record_token(text: str) -> None:
    """Record the arrival of a token that will be spoken."""
    if (trace := _current.get()) is not None:
        trace.add_token(text)


def stopwatch(part: str) -> Callable[[], None]:
    """Start timing a part, and return the function that ends it."""
    trace = _current.get()
    return partial(trace.end_part, part, trace.now()) if trace else lambda: None


@contextmanager
def timed(part: str) -> Iterator[None]:
    """Record the time of the `with` block as a part of the current request."""
    end = stopwatch(part)
    try:
        yield
    finally:
        end()
