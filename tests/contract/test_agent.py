"""The contract of `Agent`: the fake, and Agent Engine's client against the simulator."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import pytest

from common.adapters.agent_engine.client import AgentEngine
from common.adapters.google.credentials import LocalToken
from common.adapters.http.client import HttpClient
from common.domain import errors
from common.domain.ids import ConversationId, UserId
from common.ports.agent import (
    Agent,
    AgentEvent,
    Delta,
    Finished,
    ToolCall,
    ToolResult,
    UsageSoFar,
)
from infra.local.simulators.agent_engine.app import agent_engine_app
from infra.local.simulators.agent_engine.assistant.steps import Break, Error, Text
from infra.local.simulators.agent_engine.assistant.steps import Step as SimulatedStep
from infra.local.simulators.agent_engine.assistant.steps import ToolRun as SimulatedCall
from infra.local.simulators.agent_engine.state import AgentEngineState
from tests.local.serving import served
from tests.support.fakes.agent import FakeAgent, Step

ENGINE = "projects/local/locations/local/reasoningEngines/1"
ADA = UserId("ada")
TALK = ConversationId("talk-1")


@dataclass
class ScriptedReply:
    """One reply, as the fake and as the simulator take it."""

    fake: Sequence[Step]
    simulated: Sequence[SimulatedStep]


PLAIN = ScriptedReply(["It is", " noon {", " 正午 \u2028."], [Text("It is noon { 正午 \u2028.")])
TOOL = ScriptedReply(
    [
        "One moment.",
        ToolCall("c1", "get_time"),
        0.01,
        ToolResult("c1", "get_time"),
        "It is noon.",
        Finished(12),
    ],
    [
        Text("One moment."),
        SimulatedCall("get_time", {}, {"time": "12:00"}, seconds=0.01),
        Text("It is noon."),
    ],
)
ERROR = ScriptedReply(
    ["So ", errors.Failed("agent", "the reply ended with an error")],
    [Text("So "), Error("SAFETY", "canary")],
)
CUT = ScriptedReply(
    ["So ", errors.Failed("agent", "the connection was cut", kind="broken")],
    [Text("So "), Break()],
)
NO_CONTENT = ScriptedReply(
    [errors.Failed("agent", "the reply has no text", kind="empty")],
    [Error("MODEL_RETURNED_NO_CONTENT", "canary")],
)
UNANSWERED = ScriptedReply(
    [
        "One moment.",
        ToolCall("c1", "get_time"),
        ToolResult("c1", "get_time"),
        Finished(12, unanswered=True),
    ],
    [Text("One moment."), SimulatedCall("get_time", {}, {"time": "12:00"}, seconds=0.0)],
)
BUSY = ScriptedReply(
    [errors.Busy("agent", "at its limit")], [Error("RESOURCE_EXHAUSTED", "canary")]
)
DOWN = ScriptedReply([errors.Unavailable("agent", "down")], [Error("503", "canary")])
BUSY_LATER = ScriptedReply(
    ["So ", errors.Busy("agent", "at its limit")],
    [Text("So "), Error("RESOURCE_EXHAUSTED", "canary")],
)
EMPTY = ScriptedReply([errors.Failed("agent", "the reply has no text", kind="empty")], [])
LONG = ScriptedReply(["word ", 60.0], [Text("word " * 1000)])


@dataclass
class AgentSetup:
    agent: Agent
    tell: Callable[[ScriptedReply], None]
    left: Callable[[], int]

    async def heard(self, message: str = "Hello") -> list[AgentEvent]:
        events: list[AgentEvent] = []
        await self.agent.reply(ADA, TALK, message, events.append)
        return events


async def do_not_pause() -> None:
    """Begin the second attempt at once."""


@pytest.fixture(params=["fake", "agent_engine"])
async def setting(request: pytest.FixtureRequest) -> AsyncIterator[AgentSetup]:
    if request.param == "fake":
        fake = FakeAgent()
        yield AgentSetup(fake, lambda story: fake.replies.append(story.fake), lambda: fake.left)
        return
    world = AgentEngineState(token_seconds=0.0, lost_session="http_404")

    def tell(story: ScriptedReply) -> None:
        world.script = lambda _message: story.simulated

    http_client = HttpClient()
    async with served(agent_engine_app(world)) as address:
        agent = AgentEngine(f"{address}/v1/{ENGINE}", LocalToken(), http_client, pause=do_not_pause)
        yield AgentSetup(agent, tell, lambda: world.cut_short)
        await http_client.close()


def text(events: Sequence[AgentEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


async def test_reply_arrives_as_deltas_and_a_last_event(setting: AgentSetup) -> None:
    setting.tell(PLAIN)
    await setting.agent.create_session(ADA, TALK)
    *deltas, last = await setting.heard()
    assert len(deltas) > 2
    assert text(deltas) == "It is noon { 正午 \u2028."
    assert isinstance(last, Finished)
    assert last.tokens


async def test_creating_and_deleting_a_session_may_be_repeated(setting: AgentSetup) -> None:
    for _ in range(2):
        await setting.agent.create_session(ADA, TALK)
    for _ in range(2):
        await setting.agent.delete_session(ADA, TALK)


async def test_turn_in_a_deleted_session_is_not_found(setting: AgentSetup) -> None:
    await setting.agent.create_session(ADA, TALK)
    await setting.agent.delete_session(ADA, TALK)
    with pytest.raises(errors.UpstreamNotFound):
        await setting.heard()


async def test_any_conversation_id_can_name_a_session(setting: AgentSetup) -> None:
    odd = ConversationId("01JD_Upper-Case-")
    await setting.agent.create_session(ADA, odd)
    events: list[AgentEvent] = []
    await setting.agent.reply(ADA, odd, "Hello", events.append)
    assert isinstance(events[-1], Finished)
    await setting.agent.delete_session(ADA, odd)


async def test_text_around_a_tool_call_comes_once_and_in_order(setting: AgentSetup) -> None:
    setting.tell(TOOL)
    await setting.agent.create_session(ADA, TALK)
    events = [event for event in await setting.heard() if not isinstance(event, UsageSoFar)]
    at = next(i for i, event in enumerate(events) if isinstance(event, ToolCall))
    call, result = events[at : at + 2]
    assert isinstance(call, ToolCall)
    assert isinstance(result, ToolResult)
    assert (call.name, result.name, call.id) == ("get_time", "get_time", result.id)
    assert text(events[:at]) == "One moment."
    assert text(events[at:]) == "It is noon."


@pytest.mark.parametrize(
    ("story", "said", "kind"),
    [
        (ERROR, "So ", "failed"),
        (CUT, "So ", "broken"),
        (EMPTY, "", "empty"),
        (NO_CONTENT, "", "empty"),
    ],
    ids=["error", "cut", "empty", "no content"],
)
async def test_failed_reply_has_the_right_kind(
    setting: AgentSetup, story: ScriptedReply, said: str, kind: str
) -> None:
    setting.tell(story)
    await setting.agent.create_session(ADA, TALK)
    events: list[AgentEvent] = []
    with pytest.raises(errors.Failed) as failed:
        await setting.agent.reply(ADA, TALK, "Hello", events.append)
    assert text(events).strip() == said.strip()
    assert failed.value.kind == kind
    assert "canary" not in str(failed.value)


async def test_answer_of_a_tool_without_a_text_is_unanswered(setting: AgentSetup) -> None:
    setting.tell(UNANSWERED)
    await setting.agent.create_session(ADA, TALK)
    *events, last = await setting.heard()
    assert text(events) == "One moment."
    assert isinstance(last, Finished)
    assert (last.unanswered, last.waiting) == (True, False)


@pytest.mark.parametrize(
    ("story", "said", "kind"),
    [
        (BUSY, "", errors.Busy),
        (DOWN, "", errors.Unavailable),
        (BUSY_LATER, "So ", errors.Busy),
    ],
    ids=["busy", "down", "busy later"],
)
async def test_agent_at_its_limit_says_when_to_come_back(
    setting: AgentSetup, story: ScriptedReply, said: str, kind: type[errors.Unavailable]
) -> None:
    setting.tell(story)
    await setting.agent.create_session(ADA, TALK)
    events: list[AgentEvent] = []
    with pytest.raises(errors.Unavailable) as refused:
        await setting.agent.reply(ADA, TALK, "Hello", events.append)
    assert (type(refused.value), text(events).strip()) == (kind, said.strip())
    assert refused.value.retry_after


@pytest.mark.parametrize("setting", ["agent_engine"], indirect=True)
async def test_usage_grows_with_each_model_call(setting: AgentSetup) -> None:
    setting.tell(TOOL)
    await setting.agent.create_session(ADA, TALK)
    *events, last = await setting.heard()
    first, second = [event for event in events if isinstance(event, UsageSoFar)]
    assert isinstance(last, Finished)
    assert (last.tokens, last.prompt) == (second.tokens, second.prompt)
    assert second.prompt > first.prompt > 0
    assert second.tokens > first.tokens + second.prompt


async def test_cancelled_reply_closes_the_agents_stream(setting: AgentSetup) -> None:
    setting.tell(LONG)
    await setting.agent.create_session(ADA, TALK)
    begun = asyncio.Event()
    reply = asyncio.create_task(setting.agent.reply(ADA, TALK, "Hello", lambda _: begun.set()))
    await begun.wait()
    reply.cancel()
    await asyncio.wait({reply})
    async with asyncio.timeout(60):
        while not setting.left():  # noqa: ASYNC110 - the simulator only counts
            await asyncio.sleep(0.001)
    assert setting.left() == 1
