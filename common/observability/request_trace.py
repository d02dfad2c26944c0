"""What is noted of a request while it is served, by whoever does something for it. The log's line and
the trace are both made of it when the request is over; nobody measures twice.

Seconds are of the event loop's clock, which is right to a millisecond under uvloop. Nothing is noted of
a token but when it came, and that only until the first sentence is whole.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

from common.domain.ids import UserId
from common.schemas.events import SentenceEvent, SpeechEvent

Emit = Callable[[SentenceEvent | SpeechEvent], None]
MOST_SPANS = 100
"""A sweep makes thousands of calls: of them all the sum is kept, and of the first ones each."""

IDS = ("conversation_id", "avatar_session_id", "turn_id")


@dataclass(frozen=True)
class TraceParent:
    """Where the request stands in a trace that somebody else began: hexadecimal, "" where nobody
    did."""

    trace: str = ""
    span: str = ""
    sampled: bool = True


class Span(NamedTuple):
    part: str
    began: float
    ended: float


class TraceExporter(Protocol):
    async def export(self, notes: "RequestTrace", status: int) -> None:
        """In a bounded time, and whatever happens: a trace is worth no failure."""


class RequestTrace:
    """`parts` is how long each took, added up, also where several went on at once; `spans` is when.
    `fields` is what else the line says."""

    def __init__(self, function: str, came_from: TraceParent) -> None:
        self.function = function
        self.came_from = came_from
        self.project = ""
        self.user: UserId | None = None
        self.traces: TraceExporter | None = None
        self.began = self.now()
        self.ended = self.began
        self.parts: dict[str, float] = {}
        self.spans: list[Span] = []
        self.fields: dict[str, Any] = {}
        self._arrived: list[tuple[str, float]] = []
        self._sentence_at: float | None = None
        self._heard = False

    @staticmethod
    def now() -> float:
        return asyncio.get_running_loop().time()

    def took(self, part: str, began: float) -> None:
        ended = self.now()
        self.parts[part] = self.parts.get(part, 0.0) + ended - began
        if len(self.spans) < MOST_SPANS:
            self.spans.append(Span(part, began, ended))

    # ── from the first sentence's last token to the first sound ─────────────────────────────────

    def token(self, text: str) -> None:
        if self._sentence_at is None:
            self._arrived.append((text, self.now()))

    def sentence(self, written: str) -> None:
        """Of the sentences that are spoken; only the first one counts. One that came with the request
        was whole at its beginning."""
        if self._sentence_at is None:
            self._sentence_at = _completed(written, self._arrived) or self.began
            self._arrived.clear()

    def sound(self) -> None:
        """Was handed to the avatar."""
        if self._heard or self._sentence_at is None:
            return
        self._heard = True
        self.took("first_speech", self.began)
        self.fields["first_speech_lag_seconds"] = round(self.now() - self._sentence_at, 6)


def _completed(written: str, arrived: list[tuple[str, float]]) -> float | None:
    """When the token came that completed it; the last one, where it cannot be found in them."""
    text = "".join(token for token, _ in arrived)
    end = text.find(written) + len(written) if written in text else len(text)
    for token, at in arrived:
        end -= len(token)
        if end <= 0:
            return at
    return None


_notes: ContextVar[RequestTrace | None] = ContextVar("notes", default=None)


def start_trace(notes: RequestTrace) -> RequestTrace:
    """From here on, what is done for the request is noted in these."""
    _notes.set(notes)
    return notes


def current_trace() -> RequestTrace | None:
    return _notes.get()


def annotate(**fields: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """Says something of the request, where there is one. None says nothing."""
    if (notes := _notes.get()) is not None:
        notes.fields |= {name: value for name, value in fields.items() if value is not None}


def annotate_ids(of: object) -> None:
    """Those that it names of what it is about: a request's, an answer's."""
    annotate(**{name: getattr(of, name, None) for name in IDS})


def trace_sentences(emit: Emit) -> Emit:
    """Whoever releases the first sentence to speech tells it by an event."""

    def emitted(event: SentenceEvent | SpeechEvent) -> None:
        notes = _notes.get()
        if notes is not None and isinstance(event, SentenceEvent):
            notes.sentence(event.text)
        emit(event)

    return emitted


def record_token(text: str) -> None:
    """Of what is spoken: when it came."""
    if (notes := _notes.get()) is not None:
        notes.token(text)


def stopwatch(part: str) -> Callable[[], None]:
    """To be called when the part is over, which begins now."""
    notes = _notes.get()
    return partial(notes.took, part, notes.now()) if notes else lambda: None


@contextmanager
def timed(part: str) -> Iterator[None]:
    over = stopwatch(part)
    try:
        yield
    finally:
        over()
