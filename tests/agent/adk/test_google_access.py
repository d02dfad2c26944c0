"""The user's access token reaches the tools of its turn and is never stored."""

import logging
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from google.adk.tools.tool_context import ToolContext

from common.adapters.agent_engine.events import ReplyParser
from common.ports.agent import Delta, Finished, ToolCall, ToolResult, UsageSoFar
from infra.agent.assistant.tools import Tool
from infra.agent.assistant.tools.google_access import access_token
from tests.agent.adk.conftest import ADA, TALK, ServedAgent
from tests.agent.adk.engine_server import ENGINE, WARNINGS
from tests.agent.adk.scripted_model import TextAnswer

TOKEN = "ya29.a-canary-of-a-token"

pytestmark = WARNINGS


@pytest.fixture
def tools() -> Sequence[Tool]:
    def look(tool_context: ToolContext) -> dict[str, Any]:
        """Return whether the account is connected."""
        return {"connected": access_token(tool_context) == TOKEN}

    return [look]


async def run_turn(agent: ServedAgent, state: dict[str, Any]) -> bytes:
    """Run a turn with this state, and return the lines of its stream."""
    agent.script(TextAnswer((), ("look", {})), TextAnswer(("Done.",)))
    body = {
        "class_method": "async_stream_query",
        "input": {
            "user_id": ADA,
            "session_id": TALK,
            "message": "Look.",
            "run_config": {"streaming_mode": "sse"},
            "state_delta": state,
        },
    }
    async with httpx.AsyncClient(base_url=agent.address, trust_env=False) as http:
        return (await http.post(f"/v1/{ENGINE}:streamQuery?alt=sse", json=body)).content


async def test_token_reaches_the_tool_and_is_not_stored(
    agent: ServedAgent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    lines = await run_turn(agent, {"temp:google_access_token": TOKEN, "mood": "good"})
    assert agent.tool_result() == {"connected": True}
    session = await agent.session()
    assert session.state == {"mood": "good"}
    assert TOKEN not in session.model_dump_json()
    assert TOKEN.encode() not in lines
    assert TOKEN not in str(agent.model.requests)
    assert caplog.records
    assert TOKEN not in caplog.text


async def test_next_turn_has_no_token(agent: ServedAgent) -> None:
    await run_turn(agent, {"temp:google_access_token": TOKEN})
    await run_turn(agent, {})
    assert agent.tool_result() == {"connected": False}


async def test_our_parser_reads_a_turn_with_a_token(agent: ServedAgent) -> None:
    lines = await run_turn(agent, {"temp:google_access_token": TOKEN})
    reply = ReplyParser()
    events = [event for line in lines.split(b"\n") for event in reply.feed(line)]
    assert [type(event) for event in [*events, reply.finish()]] == [
        ToolCall, UsageSoFar, ToolResult, Delta, UsageSoFar, Finished,
    ]  # fmt: skip
