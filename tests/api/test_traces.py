"""Spans in Cloud Trace: the same parts as in the request's log line, with their times."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from common.adapters.google.cloud_trace import MAX_WAITING, CloudTraceExporter, over_http
from common.domain import errors
from common.observability.request_trace import RequestTrace, TraceParent
from tests.api.client import EVENTS, FunctionClient
from tests.local.serving import served
from tests.support.log_output import output

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CANARY = "canary-88ab-my-first-school"
EPOCH = 1_800_000_000.0


@pytest.fixture
def spans(api: FunctionClient) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    traces = CloudTraceExporter("oprina-local", lambda: exporter, lambda: EPOCH)
    api.app = replace(api.app, traces=traces)
    return exporter


def traced(sampled: str = "01") -> dict[str, str]:
    return {"traceparent": f"00-{TRACE}-{SPAN}-{sampled}", "accept": EVENTS}


def seconds(span: ReadableSpan) -> float:
    assert span.start_time is not None
    assert span.end_time is not None
    return (span.end_time - span.start_time) / 1e9


def context(span: ReadableSpan) -> Any:
    assert span.context is not None
    return span.context


async def test_parts_of_a_chat_are_children_of_its_span(
    api: FunctionClient, spans: InMemorySpanExporter
) -> None:
    started = await api.start()
    spans.clear()
    api.harness.voice.seconds = 0.3
    api.harness.agent.replies.append([0.5, f"{CANARY} ", 1.5, "goes home.", 0.25, " Yes."])
    body = {"message": CANARY, "conversation_id": started["conversation_id"]}
    with output() as out:
        await api.call("chat", body, headers=traced())
    (line,) = out.requests()
    found = {span.name: span for span in spans.get_finished_spans()}
    assert set(found) == {"chat", *line["parts"]}
    request = found.pop("chat")
    assert f"{context(request).trace_id:032x}" == TRACE
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == SPAN
    assert seconds(request) == pytest.approx(line["seconds"], abs=1e-5)
    assert {span.parent.span_id for span in found.values() if span.parent} == {
        context(request).span_id
    }
    assert seconds(found["agent_first_token"]) == pytest.approx(0.5, abs=1e-5)
    assert seconds(found["first_speech"]) == pytest.approx(2.3, abs=1e-5)
    assert request.end_time == pytest.approx(EPOCH * 1e9, abs=1e4)
    assert dict(request.attributes or {}) == {
        "http.response.status_code": 200,
        "oprina.avatar_session_id": started["avatar_session_id"],
        "oprina.conversation_id": started["conversation_id"],
        "oprina.first_speech_lag_seconds": line["first_speech_lag_seconds"],
        "oprina.turn_id": line["turn_id"],
    }
    assert not [span for span in found.values() if span.attributes]


async def test_a_failed_request_is_marked(api: FunctionClient, spans: InMemorySpanExporter) -> None:
    async def away(_: str) -> None:
        raise errors.Unavailable("store", CANARY)

    api.harness.store.before = away
    await api.call("chat", {"message": CANARY}, headers=traced())
    *_, request = spans.get_finished_spans()
    assert not request.status.is_ok
    assert (request.attributes or {})["oprina.code"] == "store_unavailable"
    assert "canary" not in request.to_json()


async def test_an_unsampled_request_has_no_spans(
    api: FunctionClient, spans: InMemorySpanExporter
) -> None:
    await api.call("chat", {"message": "Hi."}, headers=traced("00"))
    assert spans.get_finished_spans() == ()


async def test_a_request_without_a_trace_begins_one(
    api: FunctionClient, spans: InMemorySpanExporter
) -> None:
    await api.call("chat", {"message": "Hi."})
    *_, request = spans.get_finished_spans()
    assert request.parent is None


@pytest.mark.parametrize("accept", [EVENTS, "application/json"])
async def test_spans_are_exported_before_the_last_byte_is_sent(
    api: FunctionClient, spans: InMemorySpanExporter, accept: str
) -> None:
    exported: list[int] = []
    sent = asyncio.Event()

    async def receive() -> Message:
        if not sent.is_set():
            sent.set()
            return {"type": "http.request", "body": b'{"message": "Hi."}'}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            exported.append(len(spans.get_finished_spans()))

    named = {**api.headers(), "accept": accept}
    headers = [(name.encode(), value.encode()) for name, value in named.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}
    await api.asgi("chat")(scope, receive, send)
    assert exported[-1] > 1


class BlockedExporter(SpanExporter):
    """Blocks until `go` is set."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.requests = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.go.wait(10)
        self.requests += sum(span.name == "chat" for span in spans)
        return SpanExportResult.SUCCESS


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_blocked_export_delays_no_request_and_drops_spans() -> None:
    blocked = BlockedExporter()
    traces = CloudTraceExporter("oprina-local", lambda: blocked, seconds=0)
    for _ in range(MAX_WAITING + 10):
        await traces.export(RequestTrace("chat", TraceParent()), 200)
    assert (blocked.requests, traces._waiting) == (0, MAX_WAITING)
    blocked.go.set()
    await asyncio.get_running_loop().run_in_executor(traces._thread, int)
    assert blocked.requests == MAX_WAITING
    traces.close()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_missing_credentials_are_ignored() -> None:
    def none() -> SpanExporter:
        raise OSError

    traces = CloudTraceExporter("oprina-local", none)
    await traces.export(RequestTrace("chat", TraceParent()), 200)
    assert traces._waiting == 0
    traces.close()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_spans_are_sent_in_googles_protocol() -> None:
    received: list[ExportTraceServiceRequest] = []

    async def taken(request: Request) -> Response:
        received.append(ExportTraceServiceRequest.FromString(await request.body()))
        return Response(status_code=200)

    app = Starlette(routes=[Route("/v1/traces", taken, methods=["POST"])])
    session = AuthorizedSession(AnonymousCredentials())  # type: ignore[no-untyped-call]  # google-auth's
    async with served(app) as address:
        traces = CloudTraceExporter(
            "some-project", lambda: over_http(session, f"{address}/v1/traces")
        )
        await traces.export(RequestTrace("chat", TraceParent(TRACE, SPAN)), 200)
        traces.close()
    session.close()  # type: ignore[no-untyped-call]  # as above
    ((sent,),) = [request.resource_spans for request in received]
    named = {each.key: each.value.string_value for each in sent.resource.attributes}
    assert named["gcp.project_id"] == "some-project"
    ((span,),) = [scope.spans for scope in sent.scope_spans]
    assert (span.name, span.trace_id.hex(), span.parent_span_id.hex()) == ("chat", TRACE, SPAN)
