"""The agent's memory of a conversation is lost or expires: no turn goes on without the history.

The agent forgets a session that is 30 days old, or that the test deletes. Whatever dies or fails while
the session is made again, the next answer is given by an agent that has seen the messages before.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from common.conversations.reply.agent_session import SESSION_MARGIN
from common.conversations.reply.history import DIGEST_CHARACTERS
from common.domain.errors import Failed, OprinaError, Upstream, UpstreamNotFound
from common.domain.ids import UserId
from common.ports.agent import SESSION_LIFE, OnEvent
from common.schemas.answers import ChatAnswer
from common.schemas.conversations import ListConversationsRequest
from tests.reliability.fault_injection import (
    Effect,
    Moment,
    ProcessDied,
    SimulatedProcess,
    Simulation,
    busy,
    delay,
    die,
    refuse,
    unconfirmed,
)
from tests.reliability.scenarios.aftermath import leftovers, sweeps
from tests.support.fakes.agent import FakeAgent, Step
from tests.support.harness import ADA, advance, chat, chat_answer, collect_events

FIRST, SECOND, THIRD = "My cat is Mia.", "She is four.", "What is her name?"
HISTORY = "The conversation so far"


class MindfulAgent(FakeAgent):
    """An agent that knows what it was sent in a session, until the session is forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self.memory: dict[str, list[str]] = defaultdict(list)
        self.loses: Upstream | None = None
        """The error with which it answers in a session that does not exist."""

    def forget(self) -> None:
        self.sessions.clear()
        self.memory.clear()

    async def reply(
        self,
        user: UserId,
        session: str,
        message: str,
        take: OnEvent,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        if (user, session) not in self.sessions and self.loses is not None:
            raise self.loses
        if (user, session) in self.sessions:
            self.memory[session].append(message)
        await super().reply(user, session, message, take, state)

    def lacks(self, *texts: str) -> list[str]:
        """Return the texts that the agent has not seen in any session that exists."""
        known = "\n".join(text for sent in self.memory.values() for text in sent)
        return [text for text in texts if text not in known]


@pytest.fixture
def agent(simulation: Simulation) -> MindfulAgent:
    made = simulation.harness.agent = MindfulAgent()
    simulation.journal.effects = made.effects
    return made


async def talk(process: SimulatedProcess) -> str:
    """Send two messages. Return the conversation."""
    first = await process.run(chat_answer(process.app, FIRST))
    same: dict[str, Any] = {"conversation_id": first.conversation_id}
    await process.run(chat_answer(process.app, SECOND, **same))
    return first.conversation_id


def lose(simulation: Simulation, agent: MindfulAgent, how: str) -> None:
    if how == "expired":
        advance(simulation.harness.clock, SESSION_LIFE.total_seconds() + 1)
    agent.forget()
    if how == "broken":
        agent.loses = Failed("agent", "the reply ended with an error")


async def expiry(simulation: Simulation, conversation: str) -> Any:
    document = await simulation.harness.document(f"conversations/{conversation}")
    return document["agent_session_expires_at"]


def notices(answer: ChatAnswer) -> list[str]:
    return [notice.code for notice in answer.notices or []]


LOST = pytest.mark.parametrize("how", ["expired", "lost", "broken"])


@LOST
async def test_a_lost_memory_is_made_again_and_the_person_is_told_first(
    simulation: Simulation, agent: MindfulAgent, how: str
) -> None:
    here = simulation.process()
    conversation = await talk(here)
    lose(simulation, agent, how)
    turn = await here.run(chat(here.app, THIRD, conversation_id=conversation, key="k"))
    assert not isinstance(turn, ChatAnswer)
    events = [event.event for event in await here.run(collect_events(turn))]
    assert events.index("notice") < events.index("text")
    answer = await turn.answer()
    assert (answer.ended, notices(answer)) == ("complete", ["memory_renewed"])
    assert agent.lacks(FIRST, SECOND, THIRD) == []
    assert await expiry(simulation, conversation) > simulation.harness.clock.now() + timedelta(29)
    replayed = await here.run(chat_answer(here.app, THIRD, conversation_id=conversation, key="k"))
    assert notices(replayed) == ["memory_renewed"]
    again = await here.run(chat_answer(here.app, "Thanks.", conversation_id=conversation))
    assert notices(again) == []
    assert HISTORY not in agent.asked[-1].message
    assert await leftovers(simulation) == []


@LOST
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "call", ["store.commit", "agent.create_session", "store.query", "agent.reply"]
)
async def test_a_renewal_whose_process_dies_is_made_by_the_next_turn(
    simulation: Simulation, agent: MindfulAgent, how: str, call: str, moment: Moment
) -> None:
    here, there = simulation.process(), simulation.process()
    conversation = await talk(here)
    lose(simulation, agent, how)
    nth = 2 if call == "store.commit" else 2 if call == "agent.reply" and how != "expired" else 1
    simulation.faults.add(call, die(moment), nth=nth, process=here)
    with pytest.raises(ProcessDied):
        await here.run(chat_answer(here.app, THIRD, conversation_id=conversation), "died")
    await asyncio.sleep(1)
    answer = await there.run(chat_answer(there.app, "And now?", conversation_id=conversation))
    assert answer.ended == "complete"
    assert agent.lacks(FIRST, SECOND, THIRD, "And now?") == []
    assert notices(answer) == ["memory_renewed"] or (call, moment) == ("agent.reply", "after")
    await sweeps(there)
    assert await leftovers(simulation) == []


FAILURES: dict[str, tuple[str, Effect]] = {
    "the store is away": ("store.*", refuse()),
    "the history cannot be read": ("store.query", refuse()),
    "no session is made": ("agent.create_session", refuse()),
    "it is not known whether a session was made": (
        "agent.create_session",
        unconfirmed(held=True, silent=1),
    ),
    "the agent is busy": ("agent.reply", busy()),
}


@LOST
@pytest.mark.parametrize(("call", "effect"), FAILURES.values(), ids=FAILURES)
async def test_a_renewal_that_fails_is_made_by_the_next_turn(
    simulation: Simulation, agent: MindfulAgent, how: str, call: str, effect: Effect
) -> None:
    here = simulation.process()
    conversation = await talk(here)
    lose(simulation, agent, how)
    first = 2 if call == "agent.reply" and how != "expired" else 1
    turn = await here.run(chat(here.app, THIRD, conversation_id=conversation))
    assert not isinstance(turn, ChatAnswer)
    if call == "store.*":
        simulation.faults.add(call, effect, seconds=4, process=here)
    else:
        simulation.faults.add(call, effect, nth=first, process=here)
    events = await here.run(collect_events(turn))
    assert "notice" not in [event.event for event in events], "it was not given the messages"
    simulation.faults.clear()
    answer = await here.run(chat_answer(here.app, "And now?", conversation_id=conversation))
    assert (answer.ended, notices(answer)) == ("complete", ["memory_renewed"])
    assert agent.lacks(FIRST, SECOND, "And now?") == []
    assert await leftovers(simulation) == []


@LOST
@pytest.mark.parametrize("later", [0.0, 0.05, 0.2, 0.6, 1.5, 2.5])
async def test_two_processes_that_renew_at_once_lose_nothing(
    simulation: Simulation, agent: MindfulAgent, how: str, later: float
) -> None:
    here, there = simulation.process(), simulation.process()
    conversation = await talk(here)
    lose(simulation, agent, how)
    simulation.faults.add("agent.create_session", delay(0.5))
    simulation.faults.add("store.query", delay(0.3))
    same: dict[str, Any] = {"conversation_id": conversation}

    async def ask(process: SimulatedProcess, message: str, after: float) -> object:
        await asyncio.sleep(after)
        try:
            return await process.run(chat_answer(process.app, message, **same), message)
        except OprinaError as error:
            return error

    await asyncio.gather(ask(here, THIRD, 0.0), ask(there, "And now?", later))
    simulation.faults.clear()
    await asyncio.sleep(5)
    last = await here.run(chat_answer(here.app, "Really?", **same))
    assert last.ended == "complete"
    assert agent.lacks(FIRST, SECOND, "Really?") == []
    assert await leftovers(simulation) == []


async def test_a_memory_that_expires_soon_and_exists_is_kept(
    simulation: Simulation, agent: MindfulAgent
) -> None:
    here = simulation.process()
    conversation = await talk(here)
    known = await expiry(simulation, conversation)
    advance(simulation.harness.clock, (SESSION_LIFE - SESSION_MARGIN / 2).total_seconds())
    answer = await here.run(chat_answer(here.app, THIRD, conversation_id=conversation))
    assert (answer.ended, notices(answer)) == ("complete", [])
    assert HISTORY not in agent.asked[-1].message
    assert await expiry(simulation, conversation) == known


async def test_a_memory_that_expires_within_a_turn_is_made_again_by_the_next(
    simulation: Simulation, agent: MindfulAgent
) -> None:
    here = simulation.process()
    conversation = await talk(here)
    advance(simulation.harness.clock, SESSION_LIFE.total_seconds() - 5)
    gone: list[Step] = ["She is ", 10.0, UpstreamNotFound("agent", "no such session")]
    agent.replies.append(gone)
    cut = await here.run(chat_answer(here.app, THIRD, conversation_id=conversation))
    assert (cut.ended, notices(cut)) == ("incomplete", [])
    agent.forget()
    answer = await here.run(chat_answer(here.app, "And now?", conversation_id=conversation))
    assert (answer.ended, notices(answer)) == ("complete", ["memory_renewed"])
    assert agent.lacks(FIRST, SECOND, THIRD, "And now?") == []


async def test_an_agent_that_fails_has_not_lost_its_memory(
    simulation: Simulation, agent: MindfulAgent
) -> None:
    here = simulation.process()
    conversation = await talk(here)
    known = await expiry(simulation, conversation)
    agent.replies.append([Failed("agent", "the reply ended with an error")])
    with pytest.raises(Failed):
        await here.run(chat_answer(here.app, THIRD, conversation_id=conversation))
    assert await expiry(simulation, conversation) == known
    answer = await here.run(chat_answer(here.app, "And now?", conversation_id=conversation))
    assert (answer.ended, notices(answer)) == ("complete", [])
    assert HISTORY not in agent.asked[-1].message


async def test_a_first_turn_that_failed_is_no_lost_memory(
    simulation: Simulation, agent: MindfulAgent
) -> None:
    here = simulation.process()
    simulation.faults.add("agent.create_session", busy(), nth=1)
    turn = await here.run(chat(here.app, FIRST))
    assert not isinstance(turn, ChatAnswer)
    await here.run(collect_events(turn))
    same: dict[str, Any] = {"conversation_id": turn.record.conversation_id}
    answer = await here.run(chat_answer(here.app, SECOND, **same))
    assert (answer.ended, notices(answer)) == ("complete", [])
    assert agent.lacks(SECOND) == []


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", ["agent.create_session", "agent.reply"])
async def test_a_first_message_whose_process_died_is_not_forgotten(
    simulation: Simulation, agent: MindfulAgent, call: str, moment: Moment
) -> None:
    here, there = simulation.process(), simulation.process()
    simulation.faults.add(call, die(moment), nth=1, process=here)
    with pytest.raises(ProcessDied):
        await here.run(chat_answer(here.app, FIRST))
    [conversation] = await there.run(_conversations(there))
    answer = await there.run(chat_answer(there.app, SECOND, conversation_id=conversation))
    assert (answer.ended, notices(answer)) == ("complete", [])
    assert agent.lacks(FIRST, SECOND) == []


async def _conversations(process: SimulatedProcess) -> list[str]:
    page = await process.app.history.page(ADA, ListConversationsRequest())
    return [each.conversation_id for each in page.conversations]


@pytest.mark.parametrize("same_process", [True, False])
async def test_an_interrupted_first_answer_needs_no_history(
    simulation: Simulation, agent: MindfulAgent, same_process: bool
) -> None:
    here, there = simulation.process(), simulation.process()
    agent.replies.append(["Once upon ", 30.0, "a time."])
    first = await here.run(chat(here.app, FIRST))
    assert not isinstance(first, ChatAnswer)
    await asyncio.sleep(3)
    newer = here if same_process else there
    same: dict[str, Any] = {"conversation_id": first.record.conversation_id}
    answer = await newer.run(chat_answer(newer.app, SECOND, **same))
    assert (answer.ended, notices(answer)) == ("complete", [])
    assert HISTORY not in agent.asked[-1].message
    assert agent.lacks(FIRST, SECOND) == []


async def test_the_history_that_a_memory_gets_is_bounded(
    simulation: Simulation, agent: MindfulAgent
) -> None:
    here = simulation.process()
    conversation = await talk(here)
    for number in range(12):
        long = f"{number} " + "tale " * 1_400
        await here.run(chat_answer(here.app, long, conversation_id=conversation, speak=False))
    lose(simulation, agent, "lost")
    await here.run(chat_answer(here.app, THIRD, conversation_id=conversation))
    sent = agent.asked[-1].message
    assert sent.endswith(THIRD)
    assert HISTORY in sent
    assert len(sent) <= DIGEST_CHARACTERS + len(THIRD) + 100
