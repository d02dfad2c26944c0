"""Spans for Cloud Trace, in OpenTelemetry's own protocol. Loaded only where OPRINA_TRACES is on.

A request's spans are made of its notes when it is over, and are exported then and there, before its
last byte goes out: between requests an instance has no processor, and a thread that waited for one
would lose them. So the end of an answer waits for Google, `SECONDS` at the most; its beginning never
does. What Google does not take in time is lost, and so is what comes while `MOST` requests wait.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.util.types import AttributeValue

from common.adapters.google.credentials import default_credentials
from common.observability.request_trace import RequestTrace, TraceParent

if TYPE_CHECKING:
    from google.auth.transport.requests import AuthorizedSession

ADDRESS = "https://telemetry.googleapis.com/v1/traces"
SECONDS = 1.0
MOST = 32
BAD = 500
NANO = 1_000_000_000


class CloudTraceExporter:
    """`exporter` is made at the first request whose trace is wanted, in a thread; `epoch` gives
    seconds since 1970."""

    def __init__(
        self,
        project: str,
        exporter: Callable[[], SpanExporter] | None = None,
        epoch: Callable[[], float] = time.time,
        *,
        seconds: float = SECONDS,
    ) -> None:
        resource = Resource({"service.name": "oprina", "gcp.project_id": project})
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._tracer = provider.get_tracer("oprina")
        self._make = exporter or to_google
        self._exporter: SpanExporter | None = None
        self._epoch = epoch
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1, "traces")
        self._waiting = 0

    async def export(self, notes: RequestTrace, status: int) -> None:
        if not notes.came_from.sampled or self._waiting >= MOST:
            return
        spans = list(self._spans(notes, status))
        self._waiting += 1
        sending = asyncio.get_running_loop().run_in_executor(self._thread, self._send, spans)
        sending.add_done_callback(self._sent)
        await asyncio.wait({sending}, timeout=self._seconds)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _send(self, spans: Sequence[ReadableSpan]) -> None:
        if self._exporter is None:
            self._exporter = self._make()
        self._exporter.export(spans)

    def _sent(self, sending: "asyncio.Future[None]") -> None:
        """A trace is worth no failure, and the exporter has told its log."""
        self._waiting -= 1
        if not sending.cancelled():
            sending.exception()

    def _spans(self, notes: RequestTrace, status: int) -> Iterator[ReadableSpan]:
        """The request's, and one a part, of which some were at the same time."""
        since = self._epoch() - notes.now()

        def at(moment: float) -> int:
            return int((since + moment) * NANO)

        request = self._tracer.start_span(
            notes.function,
            context=set_span_in_context(NonRecordingSpan(_parent(notes.came_from))),
            kind=SpanKind.SERVER,
            start_time=at(notes.began),
            attributes={"http.response.status_code": status, **_told(notes)},
        )
        if status >= BAD:
            request.set_status(Status(StatusCode.ERROR))
        within = set_span_in_context(request)
        for part, began, ended in notes.spans:
            span = self._tracer.start_span(
                part, context=within, kind=SpanKind.CLIENT, start_time=at(began)
            )
            span.end(at(ended))
            yield from _readable(span)
        request.end(at(notes.ended))
        yield from _readable(request)


def _readable(span: object) -> Iterator[ReadableSpan]:
    if isinstance(span, ReadableSpan):
        yield span


def _parent(came_from: TraceParent) -> SpanContext:
    """One of noughts is none: a trace that nobody began begins here."""
    return SpanContext(
        trace_id=int(came_from.trace or "0", 16),
        span_id=int(came_from.span or "0", 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )


def _told(notes: RequestTrace) -> dict[str, AttributeValue]:
    return {
        f"oprina.{name}": value
        for name, value in notes.fields.items()
        if isinstance(value, str | int | float)
    }


def to_google() -> SpanExporter:
    from google.auth.transport.requests import AuthorizedSession  # noqa: PLC0415 - a thread's time

    return over_http(AuthorizedSession(default_credentials()))  # type: ignore[no-untyped-call]  # google-auth's


def over_http(session: "AuthorizedSession", address: str = ADDRESS) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - as above
        OTLPSpanExporter,
    )

    return OTLPSpanExporter(address, session=session, timeout=SECONDS)
