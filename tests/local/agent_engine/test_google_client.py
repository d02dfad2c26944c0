"""Google's own client, unchanged, against the Agent Engine simulator on a real port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

import anyio.to_thread
import pytest
from google.oauth2.credentials import Credentials
from starlette.applications import Starlette
from starlette.routing import Mount

from infra.local.simulators.agent_engine import (
    AgentEngineState,
    Error,
    Text,
    ToolRun,
    agent_engine_app,
)
from tests.local.serving import served

ENGINE = "projects/p/locations/us-central1/reasoningEngines/7"

# Warnings that the package itself emits. The first one is raised with the caller's module, so it is
# matched by its text; the others by the module that raises them.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The vertexai.Client class is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:vertexai"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:agentplatform"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:google.genai"),
]


@asynccontextmanager
async def google_client(state: AgentEngineState, package: str = "vertexai") -> AsyncIterator[Any]:
    google = import_module(package)  # takes seconds
    app = Starlette(routes=[Mount("/simulators/agent-engine", agent_engine_app(state))])
    async with served(app) as address:
        client = google.Client(
            project="p",
            location="us-central1",
            credentials=Credentials(token="local"),  # type: ignore[no-untyped-call]  # Google's own
            http_options={"base_url": f"{address}/simulators/agent-engine"},
        )
        try:
            yield client
        finally:
            await client.aio.aclose()
            client._api_client.close()


@asynccontextmanager
async def google_engine(state: AgentEngineState) -> AsyncIterator[tuple[Any, Any]]:
    async with google_client(state) as client:
        yield client, await anyio.to_thread.run_sync(lambda: client.agent_engines.get(name=ENGINE))


@pytest.fixture
def state() -> AgentEngineState:
    return AgentEngineState(token_seconds=0, tool_seconds=0)


async def test_client_creates_a_session_and_streams_a_turn(state: AgentEngineState) -> None:
    call = ToolRun("get_time", {}, {"time": "noon"})
    state.script = lambda _message: [Text("Let me see."), call, Text("It is noon.")]
    async with google_engine(state) as (_client, engine):
        session = await engine.async_create_session(user_id="ada", state={"mood": "good"})
        turn = engine.async_stream_query(
            user_id="ada",
            session_id=session["id"],
            message="What time is it?",
            run_config={"streaming_mode": "sse"},
        )
        events = [event async for event in turn]
        spoken = [e["content"]["parts"][0].get("text", "") for e in events if e.get("partial")]
        assert "".join(spoken) == "Let me see.It is noon."
        assert events[-1]["content"]["parts"] == [{"text": "It is noon."}]
        assert events[-1]["usage_metadata"]["total_token_count"] > 0
        mine = {"user_id": "ada", "session_id": session["id"]}
        assert (await engine.async_get_session(**mine))["state"] == {"mood": "good"}
        listed = await engine.async_list_sessions(user_id="ada")
        assert [kept["id"] for kept in listed["sessions"]] == [session["id"]]
        await engine.async_delete_session(**mine)
        assert (await engine.async_list_sessions(user_id="ada"))["sessions"] == []


async def test_blocking_client_reads_a_turn(state: AgentEngineState) -> None:
    def turn() -> list[dict[str, Any]]:
        return list(engine.stream_query(user_id="ada", message="Tell me a story."))

    async with google_engine(state) as (_client, engine):
        (event,) = await anyio.to_thread.run_sync(turn)
    assert event["content"]["parts"][0]["text"].count(".") >= 8


async def test_agentplatform_client_streams_a_turn(state: AgentEngineState) -> None:
    async with google_client(state, "agentplatform") as client:
        engine = await anyio.to_thread.run_sync(lambda: client.runtimes.get(name=ENGINE))
        events = [e async for e in engine.async_stream_query(user_id="ada", message="Hello!")]
        assert [event["finish_reason"] for event in events] == ["STOP"]
        pages = await client.aio.sessions.list(name=ENGINE)
        assert [session.user_id async for session in pages] == ["ada"]


async def test_sessions_module_manages_sessions(state: AgentEngineState) -> None:
    async with google_client(state) as client:
        sessions = client.aio.agent_engines.sessions
        config = {"session_id": "abc", "ttl": "86400s", "display_name": "mine"}
        made = await sessions.create(name=ENGINE, user_id="ada", config=config)
        assert made.response.name == f"{ENGINE}/sessions/abc"
        assert (made.response.expire_time - made.response.create_time).days == 1
        polled = await sessions._get_session_operation(operation_name=made.name)
        assert (polled.done, polled.response.user_id) == (True, "ada")
        pages = await sessions.list(name=ENGINE, config={"filter": 'user_id="ada"'})
        assert [session.display_name async for session in pages] == ["mine"]
        assert (await sessions.delete(name=made.response.name)).done
        pages = await sessions.list(name=ENGINE)
        assert [session async for session in pages] == []


async def test_errors_reach_the_client_as_its_own_errors(state: AgentEngineState) -> None:
    from google.genai.errors import ClientError  # noqa: PLC0415 - imports what vertexai imports

    state.script = lambda _message: [Error("SAFETY", "No.")]
    state.lost_session = "http_404"
    async with google_engine(state) as (client, engine):
        with pytest.raises(ClientError) as missing:
            await client.aio.agent_engines.sessions.get(name=f"{ENGINE}/sessions/none")
        assert (missing.value.code, missing.value.status) == (404, "NOT_FOUND")
        turn = engine.async_stream_query(user_id="ada", session_id="none", message="Hello?")
        with pytest.raises(ClientError) as unknown:
            await anext(turn)
        assert (unknown.value.code, unknown.value.status) == (404, "NOT_FOUND")
        events = [event async for event in engine.async_stream_query(user_id="a", message="Hi")]
        assert [event["error_code"] for event in events] == ["SAFETY"]
