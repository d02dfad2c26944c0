"""Our client reads ADK's own events over HTTP."""

import pytest

from common.domain import errors
from common.ports.agent import AgentEvent, Delta, Finished, ToolCall, ToolResult, UsageSoFar
from infra.agent.assistant.instruction import instruction
from tests.agent.adk.conftest import ADA, TALK, ServedAgent
from tests.agent.adk.engine_server import WARNINGS
from tests.agent.adk.scripted_model import FailedAnswer, TextAnswer

LISBON = ("get_time", {"time_zone": "Europe/Lisbon"})

pytestmark = WARNINGS


async def test_reply_streams_text_and_counts_tokens_once(agent: ServedAgent) -> None:
    agent.script(TextAnswer(("It is ", "noon { 正午 \u2028", "."), tokens=9))
    assert await agent.reply() == [
        Delta("It is "),
        Delta("noon { 正午 \u2028"),
        Delta("."),
        UsageSoFar(9, 8),
        Finished(9, 8),
    ]


async def test_tool_result_reaches_the_model(agent: ServedAgent) -> None:
    agent.script(
        TextAnswer(("Let me ", "see."), LISBON, tokens=20), TextAnswer(("It's noon.",), tokens=30)
    )
    events = await agent.reply("What time is it in Lisbon?")
    assert [event.tokens for event in events if isinstance(event, UsageSoFar)] == [20, 50]
    first, second, call, result, last, end = (
        event for event in events if not isinstance(event, UsageSoFar)
    )
    assert (first, second, last, end) == (
        Delta("Let me "), Delta("see."), Delta("It's noon."), Finished(50, 29),
    )  # fmt: skip
    assert isinstance(call, ToolCall)
    assert result == ToolResult(call.id, "get_time")
    assert call.name == "get_time"
    assert agent.tool_result().keys() == {"time", "weekday", "date"}


async def test_model_gets_instruction_and_tools(agent: ServedAgent) -> None:
    agent.script(TextAnswer(("Hello.",)))
    await agent.reply()
    request = agent.last_request()
    assert instruction() in request.config.system_instruction
    declared = {each.name: each for each in request.config.tools[0].function_declarations}
    assert declared.keys() == {
        *("get_time", "search_mail", "read_mail", "send_mail"),
        *("list_events", "create_event", "move_event"),
    }
    assert "IANA" in declared["get_time"].description
    assert "tool_context" not in str(declared["send_mail"])


async def test_session_keeps_earlier_messages(agent: ServedAgent) -> None:
    agent.script(TextAnswer(("Hello, Ada.",)), TextAnswer(("You are Ada.",)))
    await agent.reply("I am Ada.")
    await agent.reply("Who am I?")
    texts = [part.text for content in agent.last_request().contents for part in content.parts]
    assert texts == ["I am Ada.", "Hello, Ada.", "Who am I?"]


async def failure(agent: ServedAgent) -> tuple[errors.Upstream, list[AgentEvent]]:
    events: list[AgentEvent] = []
    with pytest.raises(errors.Upstream) as failed:
        await agent.client.reply(ADA, TALK, "Hello", events.append)
    return failed.value, events


@pytest.mark.parametrize(("code", "kind"), [("RESOURCE_EXHAUSTED", "busy"), ("SAFETY", "failed")])
async def test_error_event_fails_the_turn_after_its_text(
    agent: ServedAgent, code: str, kind: str
) -> None:
    agent.script(FailedAnswer(code, ("So ",)))
    error, events = await failure(agent)
    assert events == [Delta("So ")]
    assert error.kind == kind
    assert code in str(error)
    assert "canary" not in str(error)


async def test_exception_of_the_model_is_not_quoted(agent: ServedAgent) -> None:
    agent.script(FailedAnswer(None, ("So ",)))
    error, events = await failure(agent)
    assert events == [Delta("So ")]
    assert str(error) == "agent: the reply ended with an error"


async def test_turn_after_an_error_works(agent: ServedAgent) -> None:
    agent.script(FailedAnswer("INTERNAL"), TextAnswer(("Here I am.",), tokens=7))
    await failure(agent)
    assert (await agent.reply())[-1] == Finished(7, 6)


async def test_unavailable_model_is_asked_a_second_time(agent: ServedAgent) -> None:
    agent.script(FailedAnswer("UNAVAILABLE"), TextAnswer(("Here I am.",), tokens=7))
    assert (await agent.reply())[-1] == Finished(7, 6)


async def test_model_without_text_is_an_empty_reply(agent: ServedAgent) -> None:
    agent.script(TextAnswer(()))
    error, events = await failure(agent)
    assert error.kind == "empty"
    assert [type(event) for event in events] == [UsageSoFar]
