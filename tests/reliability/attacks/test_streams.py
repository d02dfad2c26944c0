"""Event streams that fall silent, agents that break off, and agents at their limit."""

import asyncio
from typing import Any

import pytest

from common.domain import errors
from common.ports.agent import Finished, ToolCall, ToolResult, UsageSoFar
from common.schemas.answers import ChatAnswer
from tests.reliability.attacks.interleaving import result_of
from tests.reliability.fault_injection import Simulation, delay
from tests.reliability.scenarios.aftermath import leftovers, sweeps
from tests.support.fakes.agent import Step, ToolEffect
from tests.support.harness import advance, chat_answer, start

SILENT = 15
"""No stream may be silent for longer, in seconds. Proxies cut at 20 to 60."""
CALL, RESULT = ToolCall("c1", "look"), ToolResult("c1", "look")
STORY = "A long sentence is spoken here, and it goes on. " * 75

SILENCES: dict[str, list[Step]] = {
    "before its first token": [100.0, "At last.", Finished(90)],
    "in a tool": ["One moment. ", ToolEffect("search", 100.0), "Here it is.", Finished(90)],
    "between two words": ["One ", 100.0, "two.", Finished(90)],
    "at its end": ["All is said.", 100.0, Finished(90)],
}


@pytest.mark.parametrize("script", SILENCES.values(), ids=SILENCES)
async def test_no_stream_is_silent_while_the_agent_is(
    simulation: Simulation, script: list[Step]
) -> None:
    here = simulation.process()
    simulation.harness.agent.replies.append(script)
    await simulation.post(here, "chat", {"message": "Look."}, "chat", events=True)
    assert simulation.journal.silences["chat"] <= SILENT
    assert await leftovers(simulation) == []


async def test_no_stream_is_silent_while_a_long_reply_is_spoken(simulation: Simulation) -> None:
    here = simulation.process()
    started = await here.run(start(here.app))
    assert len(STORY) == 3_600
    simulation.harness.agent.replies.append([STORY, Finished(900)])
    body = {"message": "Tell.", "conversation_id": started.conversation_id}
    began = asyncio.get_running_loop().time()
    await simulation.post(here, "chat", body, "chat", events=True)
    assert asyncio.get_running_loop().time() - began > 60
    assert simulation.journal.silences["chat"] <= SILENT
    assert await leftovers(simulation) == []


@pytest.mark.parametrize("call", ["agent.create_session", "store.commit", "avatars.connect"])
async def test_no_stream_is_silent_while_a_service_is_slow(
    simulation: Simulation, call: str
) -> None:
    here = simulation.process()
    started = await here.run(start(here.app))
    simulation.faults.add(call, delay(9), process=here)
    body = {"message": "Hello.", "conversation_id": started.conversation_id}
    await simulation.post(here, "chat", body, "chat", events=True)
    assert simulation.journal.silences["chat"] <= SILENT
    await sweeps(here)
    assert await leftovers(simulation) == []


# ── the agent breaks off ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "script",
    [
        ["One moment. ", CALL, RESULT, Finished(40, unanswered=True)],
        ["One moment. ", CALL, Finished(40, unanswered=True)],
        ["One moment. ", CALL, RESULT, UsageSoFar(40, 20), errors.Failed("agent", "cut")],
    ],
    ids=["after the result", "before the result", "by a failure"],
)
async def test_a_turn_without_an_answer_after_its_tool_is_incomplete(
    simulation: Simulation, script: list[Step]
) -> None:
    here = simulation.process()
    simulation.harness.agent.replies.append(script)
    answer = await here.run(chat_answer(here.app, "Look it up.", key="k"))
    assert (str(answer.ended), answer.text) == ("incomplete", "One moment. ")
    assert answer.error is not None
    assert await simulation.harness.used("agent_tokens") == (40, 0)
    again = await here.run(chat_answer(here.app, "Look it up.", key="k"))
    assert (again.ended, again.error) == (answer.ended, answer.error)
    assert len(simulation.harness.agent.asked) == 1
    assert await leftovers(simulation) == []


LIMITS: list[tuple[errors.Upstream, str, int]] = [
    (errors.Busy("agent", "at its limit", retry_after=7), "agent_busy", 7),
    (errors.Unavailable("agent", "away"), "agent_unavailable", 2),
]


@pytest.mark.parametrize(("error", "code", "seconds"), LIMITS, ids=["busy", "away"])
async def test_an_agent_at_its_limit_says_when_to_come_back(
    simulation: Simulation, error: errors.Upstream, code: str, seconds: int
) -> None:
    here, harness = simulation.process(), simulation.harness
    harness.agent.replies.extend([[error], ["Now.", Finished(30)]])
    refused = await result_of(here.run(chat_answer(here.app, "Hello.", key="k")))
    assert isinstance(refused, errors.Unavailable)
    assert (refused.code, refused.retry_after) == (code, seconds)
    assert await harness.used("agent_tokens") == (0, 0)
    again = await here.run(chat_answer(here.app, "Hello.", key="k"))
    assert again.text == "Now."
    assert len(await harness.messages(again.conversation_id)) == 2
    assert await leftovers(simulation) == []


@pytest.mark.parametrize(("error", "code", "seconds"), LIMITS, ids=["busy", "away"])
async def test_a_limit_in_the_middle_of_a_reply_keeps_what_was_written(
    simulation: Simulation, error: errors.Upstream, code: str, seconds: int
) -> None:
    here, harness = simulation.process(), simulation.harness
    harness.agent.replies.append(["The first half, ", UsageSoFar(55, 40), error])
    answer = await here.run(chat_answer(here.app, "Hello.", key="k"))
    assert (str(answer.ended), answer.text) == ("incomplete", "The first half, ")
    assert answer.error is not None
    assert (answer.error.code, answer.error.retry_after) == (code, seconds)
    assert await harness.used("agent_tokens") == (55, 0)
    assert await leftovers(simulation) == []


async def test_a_reply_that_breaks_off_is_charged_what_it_wrote_since_the_last_usage(
    simulation: Simulation,
) -> None:
    """The usage is that of the model call before."""
    here, harness = simulation.process(), simulation.harness
    lead: list[Step] = [UsageSoFar(100, 80), CALL, RESULT]
    harness.agent.replies.append([*lead, "word " * 400, errors.Failed("agent", "cut")])
    answer = await here.run(chat_answer(here.app, "Hello."))
    assert str(answer.ended) == "incomplete"
    assert await harness.used("agent_tokens") == (80 + 500, 0)
    assert await leftovers(simulation) == []


async def test_an_agent_that_fails_outright_costs_nothing(simulation: Simulation) -> None:
    here, harness = simulation.process(), simulation.harness
    harness.agent.replies.append([errors.Failed("agent", "answered 500")])
    refused = await result_of(here.run(chat_answer(here.app, "Hello.")))
    assert isinstance(refused, errors.Failed)
    assert await harness.used("agent_tokens") == (0, 0)
    assert await leftovers(simulation) == []


# ── the month ends ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dies", [False, True], ids=["settles", "is swept"])
async def test_a_turn_is_settled_in_the_month_of_its_start(
    simulation: Simulation, dies: bool
) -> None:
    """A sweep of another process runs at the same moment."""
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    advance(harness.clock, 20 * 86_400 + 11 * 3_600 + 59 * 60 + 50)
    harness.agent.replies.append(["The beginning. ", 20.0, "The end.", Finished(700)])
    turn = asyncio.ensure_future(result_of(here.run(chat_answer(here.app, "Tell.", key="k"))))
    await asyncio.sleep(15)
    if dies:
        here.die()
    await sweeps(there)
    found: Any = await turn
    assert isinstance(found, ChatAnswer) is not dies
    november = await harness.document("users/ada/usage/2026-11")
    december = await harness.document("users/ada/usage/2026-12")
    assert november["agent_tokens_reserved"] == 0
    assert november["agent_tokens_used"] > 0
    assert not december.get("agent_tokens_used")
    assert not december.get("agent_tokens_reserved")
    assert await leftovers(simulation) == []
