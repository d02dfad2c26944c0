"""The log line of a request: one for every outcome, and no secret in it."""

import asyncio
import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import Message

from common.conversations.chat import ChatUseCase
from common.conversations.running_turn import RunningChat
from common.domain import errors
from common.observability.cloud_logging import CloudFormatter, format_stack, hash_user
from common.schemas.events import ChatEvent
from infra.local.identity import LocalIdentity
from tests.api.cases import ALL, MISSING, SESSION, Case
from tests.api.client import CANARY, EVENTS, BrokenApp, FunctionClient
from tests.support.harness import new_harness
from tests.support.log_output import Output

ALWAYS = {
    *("severity", "message", "time", "logging.googleapis.com/labels"),
    *("event", "function", "status", "seconds", "parts"),
}


def last_line(out: Output) -> dict[str, Any]:
    """Return the line of the last request."""
    return out.requests()[-1]


def check_line(line: dict[str, Any], function: str, status: int, code: str | None = None) -> None:
    assert line.keys() >= ALWAYS
    assert (line["function"], line["status"], line.get("code")) == (function, status, code)
    assert line["logging.googleapis.com/labels"] == {"function": function}
    assert line["severity"] == ("WARNING" if status >= 500 else "INFO")
    assert isinstance(line["seconds"], float)
    assert all(isinstance(took, float) for took in line["parts"].values())
    assert all(took <= line["seconds"] for took in line["parts"].values())


async def test_each_success_has_one_line(api: FunctionClient, out: Output) -> None:
    started = await api.start()
    session, conversation = started["avatar_session_id"], started["conversation_id"]
    check_line(last_line(out), "start_avatar", 201)
    assert last_line(out)["avatar_session_id"] == session
    calls = {str(case): case for case in ALL}
    for function in SESSION[1:]:
        answer = await api.send(calls[function], calls[function].example(session, conversation))
        check_line(last_line(out), function, answer.status_code)
        if function != "chat":
            assert last_line(out)["avatar_session_id"] == session
        assert last_line(out)["user"] == hash_user("ada", "oprina-local") != "ada"
    await api.call("sweep_expired", user=None)
    check_line(last_line(out), "sweep_expired", 200)
    await api.call("health", user=None, method="GET")
    check_line(last_line(out), "health", 200)
    assert last_line(out)["parts"] == {}
    assert "user" not in last_line(out)
    functions = [line["function"] for line in out.requests()]
    assert functions == [*SESSION, "sweep_expired", "health"]
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
    ("health", None, {"method": "GET", "path": f"/?deep={CANARY}"}, 422, "invalid"),
]


@pytest.mark.parametrize(("function", "body", "more", "status", "code"), REFUSALS)
async def test_each_refused_request_has_one_line(
    api: FunctionClient,
    out: Output,
    function: str,
    body: Any,
    more: dict[str, Any],
    status: int,
    code: str,
) -> None:
    await api.call(function, body, **more)
    check_line(last_line(out), function, status, code)
    assert len(out.entries()) == 1
    assert "canary" not in out.text


FIELDS: list[tuple[str, Any, dict[str, Any], list[str]]] = [
    ("chat", {"message": 1, "speak": CANARY}, {}, ["message", "speak"]),
    ("chat", {"message": "Hi.", CANARY: 1, CANARY[1:]: 1}, {}, ["(unknown)"]),
    ("account", {"preferences": {"speed": CANARY}}, {"method": "PATCH"}, ["preferences"]),
    ("account", {"preferences": {CANARY: 1}}, {"method": "PATCH"}, ["preferences"]),
    ("chat", CANARY.encode(), {}, ["body"]),
    ("chat", {"message": "Hi."}, {"method": "PUT"}, ["method"]),
    ("chat", {"message": "Hi."}, {"key": "a b"}, ["Idempotency-Key"]),
    ("start_avatar", {"voice": CANARY}, {}, ["voice"]),
    ("health", None, {"method": "GET", "path": f"/?{CANARY}=1"}, ["(unknown)"]),
    ("health", None, {"method": "GET", "path": f"/?deep={CANARY}"}, ["deep"]),
]


@pytest.mark.parametrize(("function", "body", "more", "fields"), FIELDS)
async def test_a_refusal_is_logged_with_the_names_of_the_fields(
    api: FunctionClient,
    out: Output,
    function: str,
    body: Any,
    more: dict[str, Any],
    fields: list[str],
) -> None:
    await api.call(function, body, **more)
    assert last_line(out)["fields"] == fields
    assert CANARY[1:] not in out.text


async def test_each_refusal_of_a_use_case_has_one_line(api: FunctionClient, out: Output) -> None:
    started = await api.start()
    session = {"avatar_session_id": started["avatar_session_id"]}
    said = {**session, "text": CANARY}
    conversation = {"conversation_id": started["conversation_id"], "message": CANARY}

    async def refused(function: str, body: dict[str, Any], status: int, code: str) -> None:
        key = f"key-{CANARY}" if function == "end_session" else None
        await api.call(function, body, key=key)
        check_line(last_line(out), function, status, code)

    await refused("start_avatar", {}, 429, "too_many_sessions")
    await refused("sweep_expired", session, 425, "too_early")
    stop = {"conversation_id": started["conversation_id"], "stop": True}
    await refused("chat", stop, 409, "no_turn")
    api.harness.agent.replies.append([errors.Busy("agent", "answered 429")])
    await refused("chat", conversation, 503, "agent_busy")
    api.harness.agent.replies.append([errors.Failed("agent", "answered 403")])
    await refused("chat", conversation, 502, "agent_failed")
    asked = len(api.harness.voice.texts)  # the text is tried again in two parts
    api.harness.voice.fails = {asked + n: errors.Failed("voice", CANARY) for n in (1, 2, 3)}
    await refused("speak", said, 503, "voice_unavailable")
    api.harness.avatars.fail_next("keep_alive", errors.Ambiguous("avatar", "no answer"))
    await refused("keep_alive", session, 503, "avatar_ambiguous")
    await api.call("end_session", session, key=f"key-{CANARY}")
    await refused("end_session", {"avatar_session_id": MISSING}, 422, "key_reused")
    await refused("keep_alive", session, 409, "session_over")
    await refused("speak", said, 409, "session_over")
    assert "canary" not in out.text


async def test_a_used_up_quota_has_its_code_in_the_line(local: LocalIdentity, out: Output) -> None:
    api = FunctionClient(new_harness(allowance_agent_tokens=500, min_turn_tokens=500), local)
    await api.call("chat", {"message": CANARY})
    await api.call("chat", {"message": CANARY})
    check_line(last_line(out), "chat", 429, "quota_exceeded")
    await api.harness.store.close()


@pytest.mark.parametrize("case", [c for c in ALL if str(c) in {*SESSION, "sweep_expired"}], ids=str)
async def test_an_unavailable_store_has_one_line(
    api: FunctionClient, out: Output, case: Case
) -> None:
    async def away(_: str) -> None:
        raise errors.Unavailable("store", "away")

    api.harness.store.before = away
    await api.send(case, case.example())
    check_line(last_line(out), case.function, 503, "store_unavailable")
    assert len(out.entries()) == 1


@pytest.mark.parametrize("case", ALL, ids=str)
async def test_a_bug_has_one_line_and_one_stack(
    api: FunctionClient, out: Output, case: Case
) -> None:
    api.app = BrokenApp(**vars(api.app))
    await api.send(case, case.example())
    error, line = out.entries()
    check_line(line, case.function, 500, "internal")
    assert error["severity"] == "ERROR"
    assert error["stack_trace"].count("Traceback (most recent call last):\n") == 2
    assert "\nRuntimeError: " in error["stack_trace"]
    assert "canary" not in out.text


def test_a_stack_has_every_error_of_a_cyclic_group() -> None:
    first, second = KeyError(CANARY), errors.Failed("agent", "answered 403")
    first.__context__ = second
    second.__context__ = first
    stack = format_stack(ExceptionGroup(CANARY, [first, second]))
    assert "KeyError: " in stack
    assert "Failed: agent: answered 403" in stack
    assert "canary" not in stack


class BrokenTurn(RunningChat):
    def __init__(self) -> None:
        """Skip the constructor of the real turn."""

    async def next_events(self) -> list[ChatEvent]:
        raise RuntimeError(CANARY)

    async def cancel(self) -> None:
        raise RuntimeError(CANARY)


class BrokenChat(ChatUseCase):
    def __init__(self) -> None:
        """Skip the constructor of the real use case."""

    async def chat(self, *_: object, **__: object) -> RunningChat:
        return BrokenTurn()


async def test_a_bug_in_a_stream_does_not_reach_the_server(
    api: FunctionClient, out: Output
) -> None:
    api.app = replace(api.app, conversations=BrokenChat())
    sent: list[Message] = []

    async def receive() -> Message:
        if receiving:
            return receiving.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    receiving: list[Message] = [{"type": "http.request", "body": b'{"message": "Hi."}'}]
    named = {**api.headers(), "accept": EVENTS}
    headers = [(name.encode(), value.encode()) for name, value in named.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}
    await api.asgi("chat")(scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start"]
    error, line = out.entries()
    check_line(line, "chat", 200, "internal")
    assert "\nRuntimeError: " in error["stack_trace"]
    assert "canary" not in out.text


def test_only_the_first_line_of_a_librarys_message_is_logged() -> None:
    record = logging.makeLogRecord(
        {"name": "asyncio", "levelname": "ERROR", "msg": f"never retrieved\nfuture: {CANARY}"}
    )
    assert json.loads(CloudFormatter().format(record))["message"] == "never retrieved"


@pytest.mark.parametrize("accept", [EVENTS, "application/json"])
async def test_an_incomplete_turn_has_its_code_in_the_line(
    api: FunctionClient, out: Output, accept: str
) -> None:
    broke = errors.Failed("agent", "the connection was cut", kind="broken")
    api.harness.agent.replies.append([f"{CANARY} ", broke])
    await api.call("chat", {"message": CANARY}, headers={"accept": accept})
    check_line(last_line(out), "chat", 200, "agent_broken")
    assert len(out.entries()) == 1
    assert "canary" not in out.text


async def test_a_disconnect_has_one_line(api: FunctionClient, out: Output) -> None:
    api.harness.agent.replies.append(["Well", 60.0, "."])
    call = api.call("chat", {"message": "Hi."}, headers={"accept": EVENTS})
    asking = asyncio.create_task(call)
    await asyncio.sleep(5)
    asking.cancel()
    await asyncio.wait({asking})
    check_line(last_line(out), "chat", 200)
    assert last_line(out)["seconds"] == pytest.approx(5, abs=0.5)
    assert len(out.entries()) == 1


async def test_outside_a_deployment_only_warnings_are_written(
    api: FunctionClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The local stack writes warnings to standard error."""
    await api.call("chat", {"message": "Hi."})
    assert caplog.text == ""

    async def away(_: str) -> None:
        raise errors.Unavailable("store", "away")

    api.harness.store.before = away
    await api.call("chat", {"message": "Hi."})
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("chat 503 in ")
    assert record.getMessage().endswith(" s: store_unavailable")
