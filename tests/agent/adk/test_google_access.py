"""A user's access token: what tools of mail and calendar will rely on."""

import logging
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from google.adk.tools.tool_context import ToolContext

from common.adapters.agent_engine.events import ReplyParser
from common.ports.agent import Delta, Finished, ToolCall, ToolResult
from infra.agent.assistant.tools import Tool
from infra.agent.assistant.tools.google_access import access_token
from tests.agent.adk.conftest import ADA, TALK, Deployed
from tests.agent.adk.engine import ENGINE, WARNINGS
from tests.agent.adk.scripted import Says

TOKEN = "ya29.a-canary-of-a-token"

pytestmark = WARNINGS


@pytest.fixture
def tools() -> Sequence[Tool]:
    def look(tool_context: ToolContext) -> dict[str, Any]:
        """Looks at the user's account."""
        return {"connected": access_token(tool_context) == TOKEN}

    return [look]


async def turn(deployed: Deployed, state: dict[str, Any]) -> bytes:
    """The lines of one, as they came."""
    deployed.script(Says((), ("look", {})), Says(("Done.",)))
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
    async with httpx.AsyncClient(base_url=deployed.address, trust_env=False) as http:
        return (await http.post(f"/v1/{ENGINE}:streamQuery?alt=sse", json=body)).content


async def test_the_token_of_a_turn_reaches_the_tool_and_is_kept_nowhere(
    deployed: Deployed, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    lines = await turn(deployed, {"temp:google_access_token": TOKEN, "mood": "good"})
    assert deployed.tool_answered() == {"connected": True}
    session = await deployed.session()
    assert session.state == {"mood": "good"}
    assert TOKEN not in session.model_dump_json()
    assert TOKEN.encode() not in lines
    assert TOKEN not in str(deployed.model.asked)
    assert caplog.records
    assert TOKEN not in caplog.text


async def test_the_next_turn_does_not_have_it(deployed: Deployed) -> None:
    await turn(deployed, {"temp:google_access_token": TOKEN})
    await turn(deployed, {})
    assert deployed.tool_answered() == {"connected": False}


async def test_our_parser_reads_such_a_turn(deployed: Deployed) -> None:
    lines = await turn(deployed, {"temp:google_access_token": TOKEN})
    reply = ReplyParser()
    events = [event for line in lines.split(b"\n") for event in reply.feed(line)]
    assert [type(event) for event in [*events, reply.finish()]] == [
        ToolCall, ToolResult, Delta, Finished,
    ]  # fmt: skip
