"""ADK's own events, over the wire, through the parser that the functions read them with."""

import pytest

from common.domain import errors
from common.ports.agent import AgentEvent, Delta, Finished, ToolCall, ToolResult
from infra.agent.assistant.instruction import instruction
from tests.agent.adk.conftest import ADA, TALK, Deployed
from tests.agent.adk.engine import WARNINGS
from tests.agent.adk.scripted import Fails, Says

LISBON = ("get_time", {"time_zone": "Europe/Lisbon"})

pytestmark = WARNINGS


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
        await deployed.client.reply(ADA, TALK, "Hello", heard.append)
    return failed.value, heard


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
