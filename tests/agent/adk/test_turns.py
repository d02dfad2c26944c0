"""ADK's own events, over the wire, through the parser that the functions read them with."""

import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
from google.adk.tools.tool_context import ToolContext

from common.adapters.agent_events import Reply
from common.domain import errors
from common.services.ports import AgentEvent, Delta, Finished, ToolCall, ToolResult
from infra.agent.assistant.instruction import instruction
from infra.agent.assistant.tools import Tool
from infra.agent.assistant.tools.google_access import access_token
from tests.agent.adk.conftest import ADA, TALK, Deployed
from tests.agent.adk.engine import ENGINE
from tests.agent.adk.scripted import Fails, Says

TOKEN = "ya29.a-canary-of-a-token"
LISBON = ("get_time", {"time_zone": "Europe/Lisbon"})

# What Google's packages themselves emit, and nobody can change from outside.
pytestmark = [
    pytest.mark.filterwarnings(r"ignore:\[EXPERIMENTAL\] \w+CredentialService:UserWarning"),
    pytest.mark.filterwarnings("ignore:GOOGLE_GENAI_USE_VERTEXAI is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:agentplatform"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:google.genai"),
]


async def test_a_reply_comes_as_it_is_written_and_is_counted_once(deployed: Deployed) -> None:
    deployed.script(Says(("It is ", "noon { 正午 \u2028", "."), tokens=9))
    assert await deployed.heard() == [
        Delta("It is "),
        Delta("noon { 正午 \u2028"),
        Delta("."),
        Finished(9),
    ]


async def test_the_clock_is_called_and_what_it_says_reaches_the_model(deployed: Deployed) -> None:
    deployed.script(Says(("Let me ", "see."), LISBON, tokens=20), Says(("It's noon.",), tokens=30))
    said, more, call, result, last, end = await deployed.heard("What time is it in Lisbon?")
    assert (said, more, last, end) == (
        Delta("Let me "), Delta("see."), Delta("It's noon."), Finished(50),
    )  # fmt: skip
    assert isinstance(call, ToolCall)
    assert result == ToolResult(call.id, "get_time")
    assert call.name == "get_time"
    assert deployed.tool_answered().keys() == {"time", "weekday", "date"}


async def test_the_model_is_told_how_it_is_to_talk_and_what_it_can_do(deployed: Deployed) -> None:
    deployed.script(Says(("Hello.",)))
    await deployed.heard()
    asked = deployed.asked()
    assert instruction() in asked.config.system_instruction
    (declared,) = asked.config.tools[0].function_declarations
    assert declared.name == "get_time"
    assert "IANA" in declared.description


async def test_a_conversation_is_remembered(deployed: Deployed) -> None:
    deployed.script(Says(("Hello, Ada.",)), Says(("You are Ada.",)))
    await deployed.heard("I am Ada.")
    await deployed.heard("Who am I?")
    told = [part.text for content in deployed.asked().contents for part in content.parts]
    assert told == ["I am Ada.", "Hello, Ada.", "Who am I?"]


async def failure(deployed: Deployed) -> tuple[errors.Failed, list[AgentEvent]]:
    heard: list[AgentEvent] = []
    with pytest.raises(errors.Failed) as failed:
        await gather(deployed.client.reply(ADA, TALK, "Hello"), heard)
    return failed.value, heard


async def gather(reply: AsyncIterator[AgentEvent], events: list[AgentEvent]) -> None:
    async for event in reply:
        events.append(event)  # noqa: PERF401 - what came before an error is wanted


@pytest.mark.parametrize("code", ["RESOURCE_EXHAUSTED", "SAFETY"])
async def test_an_error_event_fails_the_turn_after_what_was_said(
    deployed: Deployed, code: str
) -> None:
    deployed.script(Fails(code, ("So ",)))
    error, heard = await failure(deployed)
    assert heard == [Delta("So ")]
    assert error.kind == "failed"
    assert code in str(error)
    assert "canary" not in str(error)


async def test_a_model_that_breaks_fails_the_turn_without_its_words(deployed: Deployed) -> None:
    deployed.script(Fails(None, ("So ",)))
    error, heard = await failure(deployed)
    assert heard == [Delta("So ")]
    assert str(error) == "agent: the reply ended with an error"


async def test_a_turn_after_an_error_is_whole_again(deployed: Deployed) -> None:
    deployed.script(Fails("UNAVAILABLE"), Says(("Here I am.",), tokens=7))
    await failure(deployed)
    assert await deployed.heard() == [Delta("Here I am."), Finished(7)]


async def test_a_model_that_says_nothing_is_an_empty_reply(deployed: Deployed) -> None:
    deployed.script(Says(()))
    error, heard = await failure(deployed)
    assert (error.kind, heard) == ("empty", [])


class TestWithAnAccount:
    """What a tool of mail or calendar will rely on."""

    @pytest.fixture
    def tools(self) -> Sequence[Tool]:
        def look(tool_context: ToolContext) -> dict[str, Any]:
            """Looks at the user's account."""
            return {"connected": access_token(tool_context) == TOKEN}

        return [look]

    async def turn(self, deployed: Deployed, state: dict[str, Any]) -> bytes:
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
        self, deployed: Deployed, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        lines = await self.turn(deployed, {"temp:google_access_token": TOKEN, "mood": "good"})
        assert deployed.tool_answered() == {"connected": True}
        session = await deployed.session()
        assert session.state == {"mood": "good"}
        assert TOKEN not in session.model_dump_json()
        assert TOKEN.encode() not in lines
        assert TOKEN not in str(deployed.model.asked)
        assert caplog.records
        assert TOKEN not in caplog.text

    async def test_the_next_turn_does_not_have_it(self, deployed: Deployed) -> None:
        await self.turn(deployed, {"temp:google_access_token": TOKEN})
        await self.turn(deployed, {})
        assert deployed.tool_answered() == {"connected": False}

    async def test_our_parser_reads_such_a_turn(self, deployed: Deployed) -> None:
        lines = await self.turn(deployed, {"temp:google_access_token": TOKEN})
        reply = Reply()
        events = [event for line in lines.split(b"\n") for event in reply.feed(line)]
        assert [type(event) for event in [*events, reply.finish()]] == [
            ToolCall, ToolResult, Delta, Finished,
        ]  # fmt: skip
