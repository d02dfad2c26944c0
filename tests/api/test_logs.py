"""One line a request, of JSON, with what it did and how long each part took, and with no secret."""

import asyncio
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_type_hints

import pytest
from starlette.types import Message

from common.conversations.chat import ChatUseCase
from common.conversations.running_turn import RunningTurn
from common.domain import errors
from common.domain.user import User
from common.observability.cloud_logging import CloudFormatter, format_stack, hash_user
from common.observability.instrumentation import PARTS
from common.ports.dependencies import Dependencies
from common.schemas.events import ChatEvent
from common.schemas.requests import ChatRequest
from common.transactions.idempotency import IdempotencyKey
from infra.local.identity import LocalIdentity
from tests.api.wire import EVENTS, EVERY, MISSING, PUBLIC, Wire, good_body
from tests.support.harness import advance, new_harness
from tests.support.log_output import Output, output

CANARY = "canary-4b1d-my-mothers-maiden-name"
ALWAYS = {
    *("severity", "message", "time", "logging.googleapis.com/labels"),
    *("event", "function", "status", "seconds", "parts"),
}
SPEAKS = {"message": f"{CANARY} one.", "speak": True}


@pytest.fixture
def out() -> Iterator[Output]:
    with output() as out:
        yield out


def the_line(out: Output) -> dict[str, Any]:
    """Of the last request: the log has one for each."""
    return out.requests()[-1]


def check(line: dict[str, Any], function: str, status: int, code: str | None = None) -> None:
    assert line.keys() >= ALWAYS
    assert (line["function"], line["status"], line.get("code")) == (function, status, code)
    assert line["logging.googleapis.com/labels"] == {"function": function}
    assert line["severity"] == ("WARNING" if status >= 500 else "INFO")
    assert isinstance(line["seconds"], float)
    assert all(isinstance(took, float) for took in line["parts"].values())
    assert all(took <= line["seconds"] for took in line["parts"].values())


async def test_each_success_is_a_line(wire: Wire, out: Output) -> None:
    started = await wire.start()
    session, conversation = started["avatar_session_id"], started["conversation_id"]
    check(the_line(out), "start_avatar", 201)
    assert the_line(out)["avatar_session_id"] == session
    for function in PUBLIC[1:]:
        answer = await wire.call(function, good_body(function, session, conversation))
        check(the_line(out), function, answer.status_code)
        if function != "chat":
            assert the_line(out)["avatar_session_id"] == session
        assert the_line(out)["user"] == hash_user("ada", "oprina-local") != "ada"
    await wire.call("sweep_expired", user=None)
    check(the_line(out), "sweep_expired", 200)
    await wire.call("health", user=None, method="GET")
    check(the_line(out), "health", 200)
    assert the_line(out)["parts"] == {}
    assert "user" not in the_line(out)
    functions = [line["function"] for line in out.requests()]
    assert functions == [*PUBLIC, "sweep_expired", "health"]
    assert len(out.entries()) == len(functions)


REFUSALS: list[tuple[str, Any, dict[str, Any], int, str]] = [
    ("chat", {"message": CANARY}, {"user": None}, 401, "unauthenticated"),
    ("chat", f'{{"{CANARY}'.encode(), {}, 400, "invalid"),
    ("chat", {"message": CANARY, "more": CANARY}, {}, 422, "invalid"),
    ("chat", {"message": CANARY}, {"method": "PUT"}, 405, "invalid"),
    ("chat", {"message": CANARY, "conversation_id": MISSING}, {}, 404, "not_found"),
    ("speak", {"text": CANARY, "avatar_session_id": MISSING}, {}, 404, "not_found"),
    ("keep_alive", {"avatar_session_id": MISSING}, {}, 404, "not_found"),
    ("end_session", {"avatar_session_id": MISSING}, {}, 404, "not_found"),
    ("start_avatar", {"conversation_id": MISSING}, {}, 404, "not_found"),
    ("health", None, {"method": "GET", "query": f"deep={CANARY}"}, 422, "invalid"),
]


@pytest.mark.parametrize(("function", "body", "more", "status", "code"), REFUSALS)
async def test_each_refusal_is_a_line(
    wire: Wire,
    out: Output,
    function: str,
    body: Any,
    more: dict[str, Any],
    status: int,
    code: str,
) -> None:
    await wire.call(function, body, **more)
    check(the_line(out), function, status, code)
    assert len(out.entries()) == 1
    assert "canary" not in out.text


async def test_each_refusal_of_what_is_there_is_a_line(wire: Wire, out: Output) -> None:
    started = await wire.start()
    session = {"avatar_session_id": started["avatar_session_id"]}
    said = {**session, "text": CANARY}
    conversation = {"conversation_id": started["conversation_id"], "message": CANARY}

    async def refused(function: str, body: dict[str, Any], status: int, code: str) -> None:
        key = f"key-{CANARY}" if function == "end_session" else None
        await wire.call(function, body, key=key)
        check(the_line(out), function, status, code)

    await refused("start_avatar", {}, 429, "too_many_sessions")
    await refused("sweep_expired", session, 425, "too_early")
    first = (await wire.call("chat", {"message": CANARY})).json()
    silent = {"conversation_id": first["conversation_id"], "message": CANARY}
    wire.harness.agent.replies.append([60.0])
    talking = asyncio.create_task(wire.call("chat", silent))
    await asyncio.sleep(1)
    await refused("chat", silent, 409, "turn_in_progress")
    await talking
    wire.harness.agent.replies.append([errors.Busy("agent", "answered 429")])
    await refused("chat", conversation, 503, "agent_busy")
    wire.harness.agent.replies.append([errors.Failed("agent", "answered 403")])
    await refused("chat", conversation, 502, "agent_failed")
    wire.harness.voice.fails = {len(wire.harness.voice.texts) + 1: errors.Failed("voice", CANARY)}
    await refused("speak", said, 503, "voice_unavailable")
    wire.harness.avatars.fail_next("keep_alive", errors.Ambiguous("avatar", "no answer"))
    await refused("keep_alive", session, 503, "avatar_ambiguous")
    await wire.call("end_session", session, key=f"key-{CANARY}")
    await refused("end_session", {"avatar_session_id": MISSING}, 422, "key_reused")
    await refused("keep_alive", session, 409, "session_over")
    await refused("speak", said, 409, "session_over")
    assert "canary" not in out.text


async def test_a_quota_that_is_used_up_is_a_line_with_its_code(
    local: LocalIdentity, out: Output
) -> None:
    wire = Wire(new_harness(allowance_agent_tokens=10), local)
    await wire.call("chat", {"message": CANARY})
    check(the_line(out), "chat", 429, "quota_exceeded")
    await wire.harness.store.close()


@pytest.mark.parametrize("function", EVERY)
async def test_a_store_that_is_away_is_a_line(wire: Wire, out: Output, function: str) -> None:
    async def away(_: str) -> None:
        raise errors.Unavailable("store", "away")

    wire.harness.store.before = away
    await wire.call(function, good_body(function, MISSING, MISSING))
    check(the_line(out), function, 503, "store_unavailable")
    assert len(out.entries()) == 1


@pytest.mark.parametrize("function", EVERY)
async def test_a_bug_is_a_line_and_an_error_with_its_stack(
    wire: Wire, out: Output, function: str
) -> None:
    async def broken(_: str) -> None:
        raise RuntimeError(CANARY) from ValueError(CANARY)

    wire.harness.store.before = broken
    await wire.call(function, good_body(function, MISSING, MISSING))
    error, line = out.entries()
    check(line, function, 500, "internal")
    assert error["severity"] == "ERROR"
    assert error["stack_trace"].count("Traceback (most recent call last):\n") == 2
    assert "\nRuntimeError: " in error["stack_trace"]
    assert "canary" not in out.text


def test_a_stack_has_every_error_of_a_group_and_ends_though_they_go_round() -> None:
    first, second = KeyError(CANARY), errors.Failed("agent", "answered 403")
    first.__context__ = second
    second.__context__ = first
    stack = format_stack(ExceptionGroup(CANARY, [first, second]))
    assert "KeyError: " in stack
    assert "Failed: agent: answered 403" in stack
    assert "canary" not in stack


class Broken(RunningTurn):
    def __init__(self) -> None:
        """It has nothing."""

    async def news(self) -> list[ChatEvent]:
        raise RuntimeError(CANARY)

    async def cancel(self) -> None:
        raise RuntimeError(CANARY)


class Breaking(ChatUseCase):
    def __init__(self) -> None:
        """It needs nothing."""

    async def chat(self, caller: User, request: ChatRequest, once: IdempotencyKey) -> RunningTurn:  # noqa: ARG002 - the real one's
        return Broken()


async def test_a_bug_in_a_stream_is_kept_from_the_server_which_would_log_what_it_says(
    wire: Wire, out: Output
) -> None:
    wire.app = replace(wire.app, conversations=Breaking())
    sent: list[Message] = []

    async def receive() -> Message:
        if receiving:
            return receiving.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    receiving: list[Message] = [{"type": "http.request", "body": b'{"message": "Hi."}'}]
    named = {**wire.headers(), "accept": EVENTS}
    headers = [(name.encode(), value.encode()) for name, value in named.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}
    await wire.asgi("chat")(scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start"]
    error, line = out.entries()
    check(line, "chat", 200, "internal")
    assert "\nRuntimeError: " in error["stack_trace"]
    assert "canary" not in out.text


def test_of_what_a_library_says_the_first_line_is_taken() -> None:
    record = logging.makeLogRecord(
        {"name": "asyncio", "levelname": "ERROR", "msg": f"never retrieved\nfuture: {CANARY}"}
    )
    assert json.loads(CloudFormatter().format(record))["message"] == "never retrieved"


@pytest.mark.parametrize("accept", [EVENTS, "application/json"])
async def test_a_turn_that_broke_off_is_a_line_with_the_errors_code(
    wire: Wire, out: Output, accept: str
) -> None:
    broke = errors.Failed("agent", "the connection was cut", kind="broken")
    wire.harness.agent.replies.append([f"{CANARY} ", broke])
    await wire.call("chat", {"message": CANARY}, headers={"accept": accept})
    check(the_line(out), "chat", 200, "agent_broken")
    assert len(out.entries()) == 1
    assert "canary" not in out.text


async def test_a_chat_says_how_long_each_part_took(wire: Wire, out: Output) -> None:
    """Of the first sentence, the last token comes 2.0 s after the agent was asked; a third of a
    second later its sound is made, and goes out."""
    started = await wire.start()
    wire.harness.voice.seconds = 0.3
    wire.harness.agent.replies.append([0.5, f"{CANARY} ", 1.5, "goes home.", 0.25, " And", " out."])

    async def takes(kind: str) -> None:
        await asyncio.sleep(0.06 if kind == "commit" else 0.0)

    wire.harness.store.before = takes
    body = {"message": CANARY, "conversation_id": started["conversation_id"]}
    answer = await wire.call("chat", body, headers={"accept": EVENTS})
    line = the_line(out)
    check(line, "chat", 200)
    parts = line["parts"]
    assert parts["commit"] == pytest.approx(0.12)
    assert parts["agent_first_token"] == pytest.approx(0.5)
    assert parts["agent"] == pytest.approx(2.25)
    assert parts["first_speech"] == pytest.approx(2.0 + 0.3)
    assert line["first_speech_lag_seconds"] == pytest.approx(0.3)
    assert {"identity", "read", "connection", "vault", "voice", "agent_session"} <= parts.keys()
    assert line["seconds"] > parts["first_speech"]
    assert line["turn_id"] in answer.text
    assert line["conversation_id"] == started["conversation_id"]
    assert line["avatar_session_id"] == started["avatar_session_id"]
    assert "canary" not in out.text


def test_every_timed_method_exists_on_its_port() -> None:
    ports = get_type_hints(Dependencies)
    missing = [
        f"{port}.{method}"
        for port, methods in PARTS.items()
        for method in methods
        if not hasattr(ports[port], method)
    ]
    assert missing == []


async def test_of_a_text_that_is_spoken_the_lag_is_counted_from_the_request(
    wire: Wire, out: Output
) -> None:
    started = await wire.start()
    wire.harness.voice.seconds = 0.7
    body = {"avatar_session_id": started["avatar_session_id"], "text": f"{CANARY}. And on."}
    await wire.call("speak", body)
    line = the_line(out)
    assert line["first_speech_lag_seconds"] == line["parts"]["first_speech"]
    assert line["first_speech_lag_seconds"] == pytest.approx(0.7, abs=0.01)
    assert line["conversation_id"] == started["conversation_id"]
    assert "canary" not in out.text


@pytest.mark.parametrize("speak", [False, None])
async def test_where_nothing_is_spoken_there_is_no_lag(
    wire: Wire, out: Output, speak: bool | None
) -> None:
    await wire.call("chat", {"message": "Hi.", "speak": speak})
    assert "first_speech_lag_seconds" not in the_line(out)
    assert "first_speech" not in the_line(out)["parts"]


async def test_a_sweep_says_what_it_did_and_what_the_provider_has_left(
    wire: Wire, out: Output
) -> None:
    await wire.start()
    advance(wire.harness.clock, 3_600)
    await wire.call("sweep_expired", user=None)
    line = the_line(out)
    assert line["did"] == {
        **dict.fromkeys(("idle", "stuck", "leases_freed", "stopped_again", "unknown"), 0),
        "expired": 1,
        "failed": 0,
    }
    assert line["credits_left"] == pytest.approx(wire.harness.avatars.bought - 10, abs=6)
    assert {"read", "commit", "active", "credits"} <= line["parts"].keys()


async def test_a_sweep_that_cannot_see_the_credits_is_none_the_worse(
    wire: Wire, out: Output
) -> None:
    wire.harness.avatars.fail_next("credits", errors.Unavailable("avatar", "away"))
    answer = await wire.call("sweep_expired", user=None)
    assert answer.json()["failed"] == 0
    warning, line = out.entries()
    assert warning["severity"] == "WARNING"
    check(line, "sweep_expired", 200)
    assert "credits_left" not in line


TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HERE = f"projects/oprina-local/traces/{TRACE}"
TRACES: list[tuple[dict[str, str], tuple[str, str | None, bool] | None]] = [
    ({"traceparent": f"00-{TRACE}-{SPAN}-01"}, (HERE, SPAN, True)),
    ({"traceparent": f"00-{TRACE}-{SPAN}-00"}, (HERE, SPAN, False)),
    ({"x-cloud-trace-context": f"{TRACE}/{int(SPAN, 16)};o=1"}, (HERE, SPAN, True)),
    ({"x-cloud-trace-context": f"{TRACE}/{int(SPAN, 16)}"}, (HERE, SPAN, False)),
    ({"x-cloud-trace-context": f"{TRACE}/0;o=1"}, (HERE, None, True)),
    ({"x-cloud-trace-context": TRACE}, (HERE, None, False)),
    ({"traceparent": f"00-{'0' * 32}-{SPAN}-01"}, None),
    ({"traceparent": f'{CANARY}", "severity": "ERROR'}, None),
    ({"x-cloud-trace-context": f"{TRACE}/{'9' * 30};o=1"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "found"), TRACES)
async def test_a_line_belongs_to_the_trace_that_the_request_came_with(
    wire: Wire, out: Output, headers: dict[str, str], found: tuple[str, str | None, bool] | None
) -> None:
    await wire.call("chat", {"message": "Hi."}, headers=headers)
    line = the_line(out)
    names = [f"logging.googleapis.com/{name}" for name in ("trace", "spanId", "trace_sampled")]
    assert [line.get(name) for name in names] == list(found or (None, None, None))
    assert "canary" not in out.text


async def test_whoever_goes_away_leaves_a_line_too(wire: Wire, out: Output) -> None:
    wire.harness.agent.replies.append(["Well", 60.0, "."])
    call = wire.call("chat", {"message": "Hi."}, headers={"accept": EVENTS})
    asking = asyncio.create_task(call)
    await asyncio.sleep(5)
    asking.cancel()
    await asyncio.wait({asking})
    check(the_line(out), "chat", 200)
    assert the_line(out)["seconds"] == pytest.approx(5, abs=0.5)
    assert len(out.entries()) == 1


async def test_where_nobody_listens_nothing_is_made(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    """As on one's own machine: only what is wrong is said, on standard error."""
    await wire.call("chat", {"message": "Hi."})
    assert caplog.text == ""

    async def away(_: str) -> None:
        raise errors.Unavailable("store", "away")

    wire.harness.store.before = away
    await wire.call("chat", {"message": "Hi."})
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "chat 503 in 0.000 s: store_unavailable"
