"""A stream that its caller loses, and a process that dies, at any event, over both stores."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from common.app import App
from common.conversations.running_turn import RunningChat
from common.domain import deadlines
from common.ports.agent import ProposedAction, ToolCall, ToolResult
from common.schemas.conversations import LastTurn, ListMessagesRequest, ReadConversationRequest
from common.schemas.events import ChatEvent, ProposalEvent, TextEvent
from common.schemas.requests import SweepRequest
from tests.support.fakes.agent import Step
from tests.support.harness import ADA, chat, chat_answer, end, start
from tests.support.simulation.simulation import Simulation

ACTION = ProposedAction("send_mail", "Send a mail to Tom", {"to": ["tom@example.test"]})
WORDS: Sequence[Step] = [step for n in range(4) for step in (f"Word{n} is said. ", 2.5)]
PROPOSING: Sequence[Step] = [
    "Let me see. ",
    ToolCall("call-1", "send_mail"),
    3.0,
    ToolResult("call-1", "send_mail", "Asks first", ACTION),
    "I can send it. ",
    4.0,
    "Shall I? ",
    3.0,
    "Tell me.",
]
SLACK = 0.2
"""Seconds by which a checkpoint may be later than its interval."""


@dataclass(frozen=True)
class LostTurn:
    """A kind of turn: what the agent does, and how the reply is heard."""

    script: Sequence[Step]
    has_avatar: bool = False
    speak: bool | str | None = None


KINDS = {
    "text": LostTurn(WORDS, speak=False),
    "proposal": LostTurn(PROPOSING, speak=False),
    "avatar": LostTurn(WORDS, has_avatar=True),
    "avatar and proposal": LostTurn(PROPOSING, has_avatar=True),
    "audio": LostTurn(WORDS, speak="audio"),
}
KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
Told = list[tuple[float, ChatEvent]]
"""Events, with the loop's time at which the caller got them."""


@pytest.fixture
def stride(request: pytest.FixtureRequest) -> int:
    """Return 1 on SQLite: every event. On the emulator every fourth one is enough."""
    return 1 if "sqlite" in request.node.callspec.id else 4


@pytest.fixture
def wide(simulation: Simulation) -> Simulation:
    """The simulation, with room for the turns of a whole test."""
    more: dict[str, Any] = dict.fromkeys(("turns_per_minute", "starts_per_hour"), 1_000)
    more |= {"allowance_avatar_seconds": 10**6, "allowance_agent_tokens": 10**7}
    harness = simulation.harness
    harness.settings = harness.settings.model_copy(update=more)
    harness.app = harness.another()
    return simulation


async def begin(simulation: Simulation, app: App, kind: LostTurn) -> tuple[RunningChat, str]:
    """Begin a turn. Return it, and its avatar session, if it has one."""
    simulation.harness.agent.replies.append(kind.script)
    fields: dict[str, Any] = {"speak": kind.speak}
    session = ""
    if kind.has_avatar:
        started = await start(app)
        session, fields["conversation_id"] = started.avatar_session_id, started.conversation_id
    turn = await chat(app, "Go.", **fields)
    assert isinstance(turn, RunningChat)
    return turn, session


async def follow(turn: RunningChat, told: Told, count: int) -> bool:
    """Read events until there are `count`. Return False if the stream ended before."""
    while len(told) < count:
        if not (news := await turn.next_events()):
            return False
        told += [(asyncio.get_running_loop().time(), event) for event in news]
    return True


def words(told: Told, until: float = float("inf")) -> str:
    return "".join(e.text for at, e in told if isinstance(e, TextEvent) and at < until)


async def read(app: App, conversation: str) -> LastTurn:
    request = ReadConversationRequest(conversation_id=conversation)
    found = (await app.history.read(ADA, request)).last_turn
    assert found is not None
    return found


async def newest(app: App, conversation: str) -> str:
    page = await app.history.messages(ADA, ListMessagesRequest(conversation_id=conversation))
    return page.messages[-1].text


@KIND
async def test_a_stream_lost_at_any_event_loses_no_word(
    wide: Simulation, kind: LostTurn, stride: int
) -> None:
    kinds, count, more = set(), 1, True
    while more:
        here, there = wide.process(), wide.process()
        turn, session = await here.run(begin(wide, here.app, kind))
        told: Told = []
        more = await here.run(follow(turn, told, count))
        told = told[:count]
        kinds |= {event.event for _, event in told}
        await here.run(turn.cancel())
        conversation = turn.record.conversation_id
        found = await there.run(read(there.app, conversation))
        sent = words(told)
        assert found.text.startswith(sent), count
        assert (await there.run(newest(there.app, conversation))).startswith(sent), count
        proposals = [event.id for _, event in told if isinstance(event, ProposalEvent)]
        assert not proposals or (found.proposal and found.proposal.id == proposals[0]), count
        if session:
            await there.run(end(there.app, session))
        count += stride
    expected = {"turn", "text", "done"}
    expected |= {"proposal", "tool"} if kind.script is PROPOSING else set()
    expected |= {"audio"} if kind.speak == "audio" else set()
    expected |= {"speech"} if kind.has_avatar else set()
    assert kinds >= expected


@KIND
async def test_a_kill_at_any_event_loses_at_most_five_seconds(
    wide: Simulation, kind: LostTurn, stride: int
) -> None:
    count, more = 1, True
    while more:
        here, there = wide.process(), wide.process()
        turn, session = await here.run(begin(wide, here.app, kind))
        told: Told = []
        more = await here.run(follow(turn, told, count))
        here.die()
        died = asyncio.get_running_loop().time()
        conversation = turn.record.conversation_id
        old = words(told, died - deadlines.CHECKPOINT - SLACK)
        found = await there.run(read(there.app, conversation))
        assert found.text.startswith(old), count
        proposals = [event.id for _, event in told if isinstance(event, ProposalEvent)]
        assert not proposals or (found.proposal and found.proposal.id == proposals[0]), count
        await asyncio.sleep(deadlines.DUE + deadlines.SWEEP_AFTER_DUE + 1)
        await there.run(there.app.sweeps.sweep(SweepRequest()))
        settled = await there.run(read(there.app, conversation))
        assert settled.state == "ended"
        assert settled.text.startswith(old), count
        if old:
            assert (await there.run(newest(there.app, conversation))).startswith(old), count
        again = await there.run(chat_answer(there.app, "Go on.", conversation_id=conversation))
        assert again.ended == "complete", count
        if session:
            await there.run(end(there.app, session))
        count += stride
