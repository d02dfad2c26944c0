from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from infra.local.simulators.agent_engine import (
    LOST_SESSION_FORMS,
    AgentEngineState,
    LostSession,
)
from tests.local.agent_engine.turns import (
    ENGINE,
    SimulatorClock,
    client_for,
    stream,
    turn_body,
)

NAME = ENGINE.removeprefix("/v1/")


@pytest.fixture
def state() -> AgentEngineState:
    return AgentEngineState(token_seconds=0)


@pytest.fixture
async def client(state: AgentEngineState) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(state) as client:
        yield client


LINES: dict[LostSession, list[dict[str, Any]]] = {
    "stream_498": [{"code": 498, "message": "Session not found: gone"}],
    "stream_498_api": [
        {
            "code": 498,
            "message": "404 NOT_FOUND. {'error': {'code': 404, 'message': 'Session with resource name "
            f"{NAME}/sessions/gone is not found.', 'status': 'NOT_FOUND'}}}}",
        }
    ],
    "stream_error": [
        {
            "error": {
                "code": 404,
                "message": f"Session with resource name {NAME}/sessions/gone is not found.",
                "status": "NOT_FOUND",
            }
        }
    ],
    "error_event": [
        {
            "author": "assistant",
            "error_code": "NOT_FOUND",
            "error_message": "Session not found: gone",
        }
    ],
    "empty": [],
}
STATUSES: dict[LostSession, tuple[int, str]] = {
    "http_404": (404, "NOT_FOUND"),
    "http_400": (400, "FAILED_PRECONDITION"),
    "http_400_name": (400, "INVALID_ARGUMENT"),
}


@pytest.mark.parametrize("form", LOST_SESSION_FORMS)
async def test_lost_session_is_answered_in_the_chosen_form(
    state: AgentEngineState, client: httpx.AsyncClient, form: LostSession
) -> None:
    state.lost_session = form
    body = turn_body(session_id="gone")
    if form in STATUSES:
        refused = await client.post(f"{ENGINE}:streamQuery", json=body)
        assert (refused.status_code, refused.json()["error"]["status"]) == STATUSES[form]
    elif form in LINES:
        assert await stream(client, body) == LINES[form]
    else:
        assert form == "fresh"
        assert await stream(client, body)
        assert [session.id for session in state.sessions.of(NAME)] == ["gone"]


async def test_expired_session_is_lost() -> None:
    clock = SimulatorClock()
    state = AgentEngineState(
        now=clock.now, sleep=clock.sleep, token_seconds=0, lost_session="http_404"
    )
    async with client_for(state) as client:
        fields = {"userId": "ada", "ttl": "86400s"}
        state.sessions.create(NAME, "s1", fields)
        assert await stream(client, turn_body(session_id="s1"))
        clock.moment += 86_400
        answer = await client.post(f"{ENGINE}:streamQuery", json=turn_body(session_id="s1"))
    assert answer.status_code == 404


async def test_session_of_another_user_fails_in_the_stream(
    state: AgentEngineState, client: httpx.AsyncClient
) -> None:
    state.lost_session = "fresh"
    state.sessions.create(NAME, "s1", {"userId": "bob"})
    (line,) = await stream(client, turn_body(session_id="s1"))
    assert line == {"code": 498, "message": "Session s1 does not belong to user ada."}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"state": {}}, "Runner.run_async() got an unexpected keyword argument 'state'"),
        ({"nonsense": 1}, "Runner.run_async() got an unexpected keyword argument 'nonsense'"),
        ({"run_config": {"foo": 1}}, "Extra inputs are not permitted"),
        ({"run_config": {"streaming_mode": "SSE"}}, "Input should be None, 'sse' or 'bidi'"),
        ({"run_config": "sse"}, "run_config must be a dictionary"),
        ({"message": 5}, "message must be a string or a dictionary"),
        ({"message": {"parts": [1]}}, "1 validation error for Content"),
        ({"session_id": "s1", "session_events": [{}]}, "Only one of session_id and session_events"),
    ],
)
async def test_wrong_argument_of_a_stream_fails_in_the_stream(
    client: httpx.AsyncClient, arguments: dict[str, Any], message: str
) -> None:
    body = turn_body()
    body["input"] |= arguments
    (line,) = await stream(client, body)
    assert line["code"] == 498
    assert message in line["message"]


@pytest.mark.parametrize("message", ["", {"role": "user"}, {"role": "user", "parts": []}])
async def test_empty_message_is_accepted(client: httpx.AsyncClient, message: Any) -> None:
    assert len(await stream(client, turn_body(message, streaming=False))) == 1


@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        ("async_create_session", {"user_id": "ada", "nonsense": 1}, "keyword argument 'nonsense'"),
        ("async_list_sessions", {"user_id": "ada", "page": 1}, "keyword argument 'page'"),
        ("async_delete_session", {"user_id": "a", "session_id": "s", "x": 1}, "argument 'x'"),
        ("async_get_session", {"user_id": "ada"}, "required keyword-only argument: 'session_id'"),
    ],
)
async def test_wrong_argument_of_a_method_is_a_400(
    client: httpx.AsyncClient, method: str, arguments: dict[str, Any], message: str
) -> None:
    body = {"class_method": method, "input": arguments}
    answer = await client.post(f"{ENGINE}:query", json=body)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "FAILED_PRECONDITION")
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic x"}, {"Authorization": "Bearer "}]
)
async def test_request_without_a_bearer_token_is_401(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    client.headers.pop("Authorization")
    answer = await client.get(ENGINE, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["status"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", "INVALID_ARGUMENT"),
        (b"[]", "INVALID_ARGUMENT"),
        (b'{"class_method": "fly", "input": {}}', "FAILED_PRECONDITION"),
        (
            b'{"class_method": "async_stream_query", "input": {"user_id": "u"}}',
            "FAILED_PRECONDITION",
        ),
        (b'{"input": {"message": "hi"}}', "FAILED_PRECONDITION"),
    ],
)
async def test_invalid_request_is_400(client: httpx.AsyncClient, body: bytes, status: str) -> None:
    answer = await client.post(f"{ENGINE}:streamQuery", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 400
    assert answer.json()["error"]["status"] == status


async def test_missing_engine_is_404(state: AgentEngineState, client: httpx.AsyncClient) -> None:
    state.engines = frozenset({"8"})
    for answer in (await client.get(ENGINE), await client.post(f"{ENGINE}:query", json={})):
        assert answer.status_code == 404
        assert answer.json()["error"]["message"] == "The ReasoningEngine does not exist."


async def test_queries_over_the_quota_are_429_for_a_minute() -> None:
    clock = SimulatorClock()
    state = AgentEngineState(queries_a_minute=2, now=clock.now, sleep=clock.sleep, token_seconds=0)
    async with client_for(state) as client:
        answers = [await client.post(f"{ENGINE}:streamQuery", json=turn_body()) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[-1].json()["error"]["status"] == "RESOURCE_EXHAUSTED"
        clock.moment += 60
        assert (await client.post(f"{ENGINE}:streamQuery", json=turn_body())).status_code == 200


async def test_engine_resource_lists_its_methods(client: httpx.AsyncClient) -> None:
    for version in ("v1", "v1beta1"):
        resource = (await client.get(ENGINE.replace("v1", version))).json()
        modes = {m["name"]: m["api_mode"] for m in resource["spec"]["classMethods"]}
        assert resource["name"] == NAME
        assert modes["async_stream_query"] == "async_stream"
        assert modes["async_create_session"] == "async"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/nothing", (404, "NOT_FOUND")), ("PUT", ENGINE, (405, "UNIMPLEMENTED"))],
)
async def test_unknown_path_or_method_has_googles_envelope(
    client: httpx.AsyncClient, method: str, path: str, status: tuple[int, str]
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["error"]["status"]) == status
