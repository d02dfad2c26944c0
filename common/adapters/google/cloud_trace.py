"""Spans for Cloud Trace, sent in OpenTelemetry's protocol. Loaded only when OPRINA_TRACES is on.

A request's spans are built from its `RequestTrace` when the request ends, and are exported before
its last byte goes out: between requests an instance has no processor, so a background thread would
lose them. The end of an answer therefore waits for Google, at most `SECONDS`. The beginning of an
answer never waits. Spans that Google does not accept in time are lost, and so are those of further
requests while `MAX_WAITING` wait.
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
MAX_WAITING = 32
FIRST_SERVER_ERROR = 500
NANOSECONDS = 1_000_000_000


class CloudTraceExporter:
    """Exports one span for each request and one for each of its parts.

    `exporter` builds the OpenTelemetry exporter; it is called in a thread when the first trace is
    sent. `epoch` returns seconds since 1970. `seconds` is how long a request waits for Google.
    """

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
        self._build_exporter = exporter or build_google_exporter
        self._exporter: SpanExporter | None = None
        self._epoch = epoch
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1, "traces")
        self._waiting = 0

    async def export(self, trace: RequestTrace, status: int) -> None:
        if not trace.parent.sampled or self._waiting >= MAX_WAITING:
            return
        spans = list(self._spans(trace, status))
        self._waiting += 1
        sending = asyncio.get_running_loop().run_in_executor(self._thread, self._send, spans)
        sending.add_done_callback(self._end)
        await asyncio.wait({sending}, timeout=self._seconds)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _send(self, spans: Sequence[ReadableSpan]) -> None:
        if self._exporter is None:
            self._exporter = self._build_exporter()
        self._exporter.export(spans)

    def _end(self, sending: "asyncio.Future[None]") -> None:
        self._waiting -= 1
        if not sending.cancelled():
            sending.exception()  # marks it as seen; OpenTelemetry has logged it

    def _spans(self, trace: RequestTrace, status: int) -> Iterator[ReadableSpan]:
        """Yield one span for each part, and the request's own span last."""
        offset = self._epoch() - trace.now()

        def at(moment: float) -> int:
            return int((offset + moment) * NANOSECONDS)

        request = self._tracer.start_span(
            trace.function,
            context=set_span_in_context(NonRecordingSpan(_parent(trace.parent))),
            kind=SpanKind.SERVER,
            start_time=at(trace.began),
            attributes={"http.response.status_code": status, **_attributes(trace)},
        )
        if status >= FIRST_SERVER_ERROR:
            request.set_status(Status(StatusCode.ERROR))
        within = set_span_in_context(request)
        for part, began, ended in trace.spans:
            span = self._tracer.start_span(
                part, context=within, kind=SpanKind.CLIENT, start_time=at(began)
            )
            span.end(at(ended))
            yield from _readable(span)
        request.end(at(trace.ended))
        yield from _readable(request)


def _readable(span: object) -> Iterator[ReadableSpan]:
    if isinstance(span, ReadableSpan):
        yield span


def _parent(parent: TraceParent) -> SpanContext:
    """Return the caller's span. Ids of zero make OpenTelemetry begin a new trace."""
    return SpanContext(
        trace_id=int(parent.trace or "0", 16),
        span_id=int(parent.span or "0", 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )


def _attributes(trace: RequestTrace) -> dict[str, AttributeValue]:
    return {
        f"oprina.{name}": value
        for name, value in trace.fields.items()
        if isinstance(value, str | int | float)
    }


def build_google_exporter() -> SpanExporter:
    from google.auth.transport.requests import AuthorizedSession  # noqa: PLC0415 - off the cold start

    return over_http(AuthorizedSession(default_credentials()))  # type: ignore[no-untyped-call]  # google-auth's


def over_http(session: "AuthorizedSession", address: str = ADDRESS) -> SpanExporter:
    """Return an exporter that sends spans to `address` through the session."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - off the cold start
        OTLPSpanExporter,
    )

    return OTLPSpanExporter(address, session=session, timeout=SECONDS)
