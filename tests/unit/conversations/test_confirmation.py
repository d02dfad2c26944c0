"""A proposal of a tool, and the yes or no of a person: once, ten minutes, this person only."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from common.app import App
from common.conversations.running_turn import RunningChat
from common.domain.errors import NoProposal, NotFound, Unavailable
from common.domain.google.proposal import digest_of
from common.domain.user import User
from common.ports.agent import ProposedAction, ToolCall, ToolResult
from common.schemas.answers import ChatAnswer
from common.schemas.conversations import ReadConversationRequest
from common.schemas.events import ProposalEvent
from common.schemas.requests import ChatRequest
from tests.support.fakes.agent import Step
from tests.support.harness import (
    ADA,
    BOB,
    Harness,
    advance,
    answer_of,
    chat,
    collect_events,
    idempotency_key,
    new_harness,
    sweep,
)

MAIL = {"to": ["tom@example.test"], "subject": "Late", "text": "I am late."}
ACTION = ProposedAction("send_mail", "Send a mail to tom@example.test", MAIL)


def proposing(*actions: ProposedAction) -> Sequence[Step]:
    runs: list[Step] = []
    for number, action in enumerate(actions or (ACTION,)):
        call = f"call-{number}"
        runs += [
            ToolCall(call, action.tool),
            ToolResult(call, action.tool, "Asks first", action),
        ]
    return [*runs, "Shall I send it?"]


@pytest.fixture
def scene() -> Harness:
    return new_harness()


async def propose(scene: Harness, *actions: ProposedAction) -> tuple[str, list[ProposalEvent]]:
    """Let the agent propose, and return the conversation and the events."""
    scene.agent.replies.append(proposing(*actions))
    turn = await scene.chat("Write to Tom that I am late.")
    events = await collect_events(turn)
    return turn.record.conversation_id, [e for e in events if isinstance(e, ProposalEvent)]


async def confirm(
    scene: Harness,
    conversation: str,
    proposal: str,
    *,
    yes: bool = True,
    user: User = ADA,
    key: str | None = None,
    app: App | None = None,
) -> RunningChat | ChatAnswer:
    request = ChatRequest(conversation_id=conversation, confirm=proposal, yes=yes)
    chosen = app or scene.app
    return await chosen.conversations.chat(
        user, request, idempotency_key(user, "chat", key, request)
    )


def confirmed(scene: Harness) -> list[Any]:
    return [state["temp:confirmed"] for state in scene.agent.states if "temp:confirmed" in state]


async def test_proposal_is_stored_and_shown_before_the_end(scene: Harness) -> None:
    conversation, (shown,) = await propose(scene)
    assert (shown.tool, shown.arguments) == ("send_mail", MAIL)
    (turn,) = await scene.documents("turns")
    assert [each["id"] for each in turn["proposals"]] == [shown.id]
    assert (await scene.document(f"conversations/{conversation}"))["proposed_in"]


async def test_page_that_loads_gets_the_open_proposal_until_it_is_answered(scene: Harness) -> None:
    conversation, (shown,) = await propose(scene)
    asked = ReadConversationRequest(conversation_id=conversation)
    opened = await scene.app.history.read(ADA, asked)
    assert opened.last_turn is not None
    assert opened.last_turn.proposal == shown
    await asyncio.sleep(timedelta(minutes=11).total_seconds())
    late = await scene.app.history.read(ADA, asked)
    assert late.last_turn is not None
    assert late.last_turn.proposal is None


async def test_yes_tells_the_agent_and_gives_the_tool_the_hash(scene: Harness) -> None:
    conversation, (shown,) = await propose(scene)
    answer = await answer_of(await confirm(scene, conversation, shown.id))
    assert isinstance(answer, ChatAnswer)
    assert confirmed(scene) == [digest_of("send_mail", MAIL)]
    assert "said yes" in scene.agent.asked[-1].message
    assert '"tom@example.test"' in scene.agent.asked[-1].message
    assert (await scene.messages(conversation))[2] == ("user", "Yes.")


async def test_no_tells_the_agent_and_gives_no_hash(scene: Harness) -> None:
    conversation, (shown,) = await propose(scene)
    await answer_of(await confirm(scene, conversation, shown.id, yes=False))
    assert confirmed(scene) == []
    assert "said no" in scene.agent.asked[-1].message
    with pytest.raises(NoProposal):
        await confirm(scene, conversation, shown.id)


@pytest.mark.parametrize(("words", "yes"), [("Yes, please!", True), ("no", False)])
async def test_exact_words_answer_an_open_proposal(scene: Harness, words: str, yes: bool) -> None:
    conversation, _ = await propose(scene)
    await scene.whole_chat(words, conversation_id=conversation)
    assert bool(confirmed(scene)) is yes
    await scene.whole_chat("yes", conversation_id=conversation)
    assert len(confirmed(scene)) == int(yes)
    assert scene.agent.asked[-1].message == "yes"


async def test_other_words_answer_nothing(scene: Harness) -> None:
    conversation, (shown,) = await propose(scene)
    await scene.whole_chat("Yes, but tomorrow.", conversation_id=conversation)
    assert confirmed(scene) == []
    await answer_of(await confirm(scene, conversation, shown.id))
    assert len(confirmed(scene)) == 1


async def test_yes_is_ambiguous_for_two_proposals(scene: Harness) -> None:
    other = ProposedAction("send_mail", "Send a mail to Ann", {**MAIL, "to": ["ann@example.test"]})
    conversation, (first, second) = await propose(scene, ACTION, other)
    await scene.whole_chat("yes", conversation_id=conversation)
    assert confirmed(scene) == []
    await answer_of(await confirm(scene, conversation, second.id))
    await answer_of(await confirm(scene, conversation, first.id))
    assert confirmed(scene) == [
        digest_of("send_mail", other.arguments),
        digest_of("send_mail", MAIL),
    ]


async def test_proposal_is_answered_once(scene: Harness) -> None:
    conversation, (shown,) = await propose(scene)
    await answer_of(await confirm(scene, conversation, shown.id))
    for yes in (True, False):
        with pytest.raises(NoProposal):
            await confirm(scene, conversation, shown.id, yes=yes)


async def test_proposal_is_too_old_after_ten_minutes(scene: Harness) -> None:
    conversation, (shown,) = await propose(scene)
    advance(scene.clock, 601)
    with pytest.raises(NoProposal):
        await confirm(scene, conversation, shown.id)
    await scene.whole_chat("yes", conversation_id=conversation)
    assert confirmed(scene) == []


async def test_proposal_of_another_user_is_not_found(scene: Harness) -> None:
    conversation, (shown,) = await propose(scene)
    with pytest.raises(NotFound):
        await confirm(scene, conversation, shown.id, user=BOB)
    turn = await scene.chat("Hello.", BOB)
    await collect_events(turn)
    with pytest.raises(NoProposal):
        await confirm(scene, turn.record.conversation_id, shown.id, user=BOB)
    assert confirmed(scene) == []


async def test_two_answers_at_once_admit_one(scene: Harness) -> None:
    conversation, (shown,) = await propose(scene)
    apps = [scene.app, scene.another()]
    tries = (confirm(scene, conversation, shown.id, app=app) for app in apps)
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(each) for each in results].count(NoProposal) == 1
    await asyncio.gather(*(answer_of(r) for r in results if isinstance(r, RunningChat)))
    assert len(confirmed(scene)) == 1


async def test_one_key_on_two_processes_confirms_once(scene: Harness) -> None:
    conversation, (shown,) = await propose(scene)
    apps = [scene.app, scene.another()]
    tries = (confirm(scene, conversation, shown.id, key="k", app=app) for app in apps)
    results = await asyncio.gather(*tries, return_exceptions=True)
    await asyncio.gather(*(answer_of(r) for r in results if isinstance(r, RunningChat)))
    assert len(confirmed(scene)) == 1
    again = await confirm(scene, conversation, shown.id, key="k", app=apps[1])
    assert isinstance(again, ChatAnswer)
    assert len(confirmed(scene)) == 1


async def read_to_the_proposal(scene: Harness) -> tuple[str, RunningChat, ProposalEvent]:
    """Ask for a mail. Return the conversation, the running turn and the proposal that it shows."""
    started = await scene.start()
    scene.agent.replies.append(proposing())
    conversation = started.conversation_id
    turn = await scene.chat("Write to Tom.", conversation_id=conversation)
    shown: list[ProposalEvent] = []
    while not shown:
        shown = [e for e in await turn.next_events() if isinstance(e, ProposalEvent)]
    return conversation, turn, shown[0]


async def test_yes_while_the_question_is_still_spoken(scene: Harness) -> None:
    conversation, turn, shown = await read_to_the_proposal(scene)
    answer = await confirm(scene, conversation, shown.id)
    await asyncio.gather(collect_events(turn), answer_of(answer))
    assert len(confirmed(scene)) == 1
    with pytest.raises(NoProposal):
        await confirm(scene, conversation, shown.id)


async def test_failure_before_the_agent_lets_the_same_key_confirm_again(scene: Harness) -> None:
    conversation, (shown,) = await propose(scene)
    scene.agent.replies.append([Unavailable("agent", "down")])
    with pytest.raises(Unavailable):
        await answer_of(await confirm(scene, conversation, shown.id, key="k"))
    with pytest.raises(NoProposal):
        await confirm(scene, conversation, shown.id, key="other")
    await answer_of(await confirm(scene, conversation, shown.id, key="k"))
    assert confirmed(scene)[-1] == digest_of("send_mail", MAIL)


async def test_answer_of_a_stored_turn_shows_its_proposals(scene: Harness) -> None:
    scene.agent.replies.append(proposing())
    first = await answer_of(await chat(scene.app, "Write to Tom.", key="k"))
    again = await chat(scene.app, "Write to Tom.", key="k")
    assert isinstance(first, ChatAnswer)
    assert isinstance(again, ChatAnswer)
    assert first.proposals
    assert again.proposals == first.proposals


async def test_proposal_of_a_lost_turn_can_be_confirmed(scene: Harness) -> None:
    """The process dies after it has stored and shown the proposal."""
    conversation, turn, shown = await read_to_the_proposal(scene)
    assert turn._task is not None
    turn._task.cancel()
    await asyncio.wait({turn._task})
    advance(scene.clock, 60)
    other = scene.another()
    await sweep(other)
    await answer_of(await confirm(scene, conversation, shown.id, app=other))
    assert len(confirmed(scene)) == 1


async def awaiting(scene: Harness, conversation: str) -> str | None:
    """Return the id of the proposal that a page which loads now shows."""
    request = ReadConversationRequest(conversation_id=conversation)
    found = (await scene.app.history.read(ADA, request)).last_turn
    return found.proposal.id if found is not None and found.proposal is not None else None


async def test_a_page_that_reloads_shows_what_still_awaits_an_answer(scene: Harness) -> None:
    other = ProposedAction("send_mail", "Send a mail to Ann", {**MAIL, "to": ["ann@example.test"]})
    conversation, (first, second) = await propose(scene, ACTION, other)
    assert await awaiting(scene, conversation) == first.id
    await scene.whole_chat("What is Tom's address?", conversation_id=conversation)
    assert await awaiting(scene, conversation) == first.id
    await answer_of(await confirm(scene, conversation, first.id))
    assert await awaiting(scene, conversation) == second.id
    advance(scene.clock, 601)
    assert await awaiting(scene, conversation) is None


async def test_a_proposal_is_shown_while_its_turn_runs(scene: Harness) -> None:
    scene.agent.replies.append([*proposing(), 5.0, "Well?"])
    turn = await scene.chat("Write to Tom that I am late.")
    shown: list[ProposalEvent] = []
    while not shown:
        shown += [e for e in await turn.next_events() if isinstance(e, ProposalEvent)]
    assert await awaiting(scene, turn.record.conversation_id) == shown[0].id
    await collect_events(turn)
