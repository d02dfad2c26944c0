from collections.abc import AsyncIterator

import httpx
import pytest

from infra.local.simulators.agent_engine import AgentEngineState
from tests.local.test_agent_engine import ENGINE, Clock, asking, client_for, stream

NAME = ENGINE.removeprefix("/v1/")


@pytest.fixture
def world() -> AgentEngineState:
    return AgentEngineState(token_seconds=0)


@pytest.fixture
async def client(world: AgentEngineState) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(world) as client:
        yield client


async def test_an_unknown_session_raises_or_starts_a_fresh_one_as_the_world_says(
    world: AgentEngineState, client: httpx.AsyncClient
) -> None:
    body = asking(session_id="nobody")
    refused = await client.post(f"{ENGINE}:streamQuery", json=body)
    assert refused.status_code == 404
    assert refused.json()["error"]["status"] == "NOT_FOUND"
    world.unknown_session = "fresh"
    assert await stream(client, body)
    (session,) = world.sessions.of(NAME)
    assert session.id == "nobody"


async def test_another_users_session_is_unknown_even_when_fresh_ones_are_made(
    world: AgentEngineState, client: httpx.AsyncClient
) -> None:
    world.unknown_session = "fresh"
    world.sessions.create(NAME, "s1", {"userId": "bob"})
    refused = await client.post(f"{ENGINE}:streamQuery", json=asking(session_id="s1"))
    assert refused.status_code == 404


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic x"}, {"Authorization": "Bearer "}]
)
async def test_without_a_bearer_token_nothing_is_answered(
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
async def test_what_the_agent_cannot_serve_is_a_400(
    client: httpx.AsyncClient, body: bytes, status: str
) -> None:
    answer = await client.post(f"{ENGINE}:streamQuery", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 400
    assert answer.json()["error"]["status"] == status


async def test_an_engine_that_does_not_exist_is_a_404(
    world: AgentEngineState, client: httpx.AsyncClient
) -> None:
    world.engines = frozenset({"8"})
    for answer in (await client.get(ENGINE), await client.post(f"{ENGINE}:query", json={})):
        assert answer.status_code == 404
        assert answer.json()["error"]["message"] == "The ReasoningEngine does not exist."


async def test_queries_over_the_quota_are_429_until_a_minute_has_passed() -> None:
    clock = Clock()
    world = AgentEngineState(queries_a_minute=2, now=clock.now, sleep=clock.sleep, token_seconds=0)
    async with client_for(world) as client:
        answers = [await client.post(f"{ENGINE}:streamQuery", json=asking()) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[-1].json()["error"]["status"] == "RESOURCE_EXHAUSTED"
        clock.moment += 60
        assert (await client.post(f"{ENGINE}:streamQuery", json=asking())).status_code == 200


async def test_the_resource_names_its_methods(client: httpx.AsyncClient) -> None:
    for version in ("v1", "v1beta1"):
        resource = (await client.get(ENGINE.replace("v1", version))).json()
        modes = {m["name"]: m["api_mode"] for m in resource["spec"]["classMethods"]}
        assert resource["name"] == NAME
        assert modes["async_stream_query"] == "async_stream"
        assert modes["async_create_session"] == "async"
