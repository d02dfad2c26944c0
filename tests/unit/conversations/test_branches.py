"""Messages that are answered again or replaced."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from common.domain import errors
from common.domain.conversations.branches import Branches
from common.domain.conversations.messages import MessagePlace
from common.schemas.answers import ChatAnswer
from common.schemas.conversations import (
    DeleteConversationRequest,
    ListMessagesRequest,
    ReadConversationRequest,
)
from common.schemas.requests import ChatRequest, SweepRequest
from tests.reliability.fault_injection import Moment, ProcessDied, die, simulate
from tests.support.fakes.agent import FakeAgent, ToolEffect
from tests.support.harness import (
    ADA,
    BOB,
    Harness,
    answer_of,
    chat,
    idempotency_key,
    leave,
    new_harness,
)


async def branch(app: Any, conversation: str, key: str | None = None, **fields: Any) -> Any:
    request = ChatRequest(conversation_id=conversation, **fields)
    user = fields.pop("user", ADA)
    return await app.conversations.chat(user, request, idempotency_key(user, "chat", key, request))


async def again(app: Any, conversation: str, key: str | None = None) -> ChatAnswer:
    answer = await answer_of(await branch(app, conversation, key, regenerate=True))
    assert isinstance(answer, ChatAnswer)
    return answer


async def edit(app: Any, conversation: str, message: str, text: str) -> ChatAnswer:
    answer = await answer_of(await branch(app, conversation, edit=message, message=text))
    assert isinstance(answer, ChatAnswer)
    return answer


async def shown(harness: Harness, conversation: str) -> list[tuple[str, bool]]:
    request = ListMessagesRequest(conversation_id=conversation, limit=100)
    page = await harness.app.history.messages(ADA, request)
    return [(message.text, message.replaced) for message in page.messages]


async def ids(harness: Harness, conversation: str) -> dict[str, str]:
    request = ListMessagesRequest(conversation_id=conversation, limit=100)
    page = await harness.app.history.messages(ADA, request)
    return {message.text: message.message_id for message in page.messages}


async def test_the_last_message_is_answered_again_in_a_new_session() -> None:
    harness = new_harness(agent=FakeAgent(["A1"], ["A2"], ["A3"], ["A4"]))
    conversation = (await harness.whole_chat("One")).conversation_id
    await harness.whole_chat("Two", conversation_id=conversation)
    answer = await again(harness.app, conversation)
    assert answer.text == "A3"
    assert await shown(harness, conversation) == [
        ("One", False), ("A1", False), ("Two", False), ("A2", True), ("A3", False),
    ]  # fmt: skip
    first, _, third = harness.agent.asked
    assert third.session != first.session
    assert "Person: One\nAssistant: A1\n" in third.message
    assert third.message.endswith("Two")
    assert "A2" not in third.message
    await harness.whole_chat("Three", conversation_id=conversation)
    assert harness.agent.asked[-1].session == third.session
    assert harness.agent.asked[-1].message == "Three"


async def test_an_earlier_message_is_taken_back_and_replaced() -> None:
    harness = new_harness(agent=FakeAgent(["A1"], ["A2"], ["A3"], ["A4"]))
    conversation = (await harness.whole_chat("One")).conversation_id
    for text in ("Two", "Three"):
        await harness.whole_chat(text, conversation_id=conversation)
    message = (await ids(harness, conversation))["Two"]
    answer = await edit(harness.app, conversation, message, "Better")
    assert answer.text == "A4"
    assert await shown(harness, conversation) == [
        ("One", False), ("A1", False), ("Two", True), ("A2", True), ("Three", True), ("A3", True),
        ("Better", False), ("A4", False),
    ]  # fmt: skip
    asked = harness.agent.asked[-1].message
    assert "Assistant: A1" in asked
    assert asked.endswith("Better")
    assert not {"Two", "Three", "A2", "A3"} & set(asked.split())
    found = await harness.app.history.read(
        ADA, ReadConversationRequest(conversation_id=conversation)
    )
    assert found.last_turn is not None
    assert found.last_turn.user_message_id == (await ids(harness, conversation))["Better"]


async def test_the_first_message_can_be_replaced_and_answered_again() -> None:
    harness = new_harness(agent=FakeAgent(["A1"], ["A2"], ["A3"], ["A4"]))
    conversation = (await harness.whole_chat("One")).conversation_id
    await again(harness.app, conversation)
    await edit(harness.app, conversation, (await ids(harness, conversation))["One"], "Uno")
    assert harness.agent.asked[-1].message == "Uno"
    await again(harness.app, conversation)
    assert await shown(harness, conversation) == [
        ("One", True), ("A1", True), ("A2", True), ("Uno", False), ("A3", True), ("A4", False),
    ]  # fmt: skip
    assert len({call.session for call in harness.agent.asked}) == 4


async def test_a_lost_session_is_primed_without_the_replaced_branch() -> None:
    harness = new_harness(agent=FakeAgent(["A1"], ["A2"], ["A3"]))
    conversation = (await harness.whole_chat("One")).conversation_id
    await again(harness.app, conversation)
    harness.agent.sessions.clear()
    await harness.whole_chat("Next", conversation_id=conversation)
    asked = harness.agent.asked[-1].message
    assert "A2" in asked
    assert "A1" not in asked


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_running_turn_is_interrupted_and_answered_again(elsewhere: bool) -> None:
    harness = new_harness(agent=FakeAgent(["Begun ", 60.0, "never"], ["Better"], ["Next"]))
    turn = await harness.chat("One")
    conversation = turn.record.conversation_id
    await asyncio.sleep(1)
    app = harness.another() if elsewhere else harness.app
    assert (await again(app, conversation)).text == "Better"
    await turn.over()
    assert await shown(harness, conversation) == [
        ("One", False), ("Begun ", True), ("Better", False),
    ]  # fmt: skip
    await (await harness.chat("Two", conversation_id=conversation)).over()
    assert harness.agent.asked[-1].session == harness.agent.asked[-2].session
    assert "Begun" not in harness.agent.asked[-1].message


async def test_one_key_answers_again_once() -> None:
    harness = new_harness(agent=FakeAgent(["A1"], ["A2"], ["A3"]))
    conversation = (await harness.whole_chat("One")).conversation_id
    first = await again(harness.app, conversation, key="k")
    second = await again(harness.app, conversation, key="k")
    assert first.text == second.text == "A2"
    assert len(harness.agent.asked) == 2
    with pytest.raises(errors.KeyReused):
        await branch(harness.app, conversation, "k", edit="0000000001-0", message="x")


async def test_a_branch_that_did_not_reach_the_agent_is_taken_back() -> None:
    away = errors.Unavailable("agent", "away")
    harness = new_harness(agent=FakeAgent(["A1"], [away], ["A2"], ["A3"]))
    conversation = (await harness.whole_chat("One")).conversation_id
    before = await harness.document(f"conversations/{conversation}")
    with pytest.raises(errors.Unavailable):
        await again(harness.app, conversation, key="k")
    assert await shown(harness, conversation) == [("One", False), ("A1", False)]
    after = await harness.document(f"conversations/{conversation}")
    assert after["agent_session"] == before["agent_session"]
    assert await harness.used("agent_tokens") == (10, 0)
    assert (await again(harness.app, conversation, key="k")).text == "A2"
    assert await shown(harness, conversation) == [("One", False), ("A1", True), ("A2", False)]


@pytest.mark.parametrize("finished", [False, True])
async def test_a_part_in_which_a_tool_wrote_cannot_be_replaced(finished: bool) -> None:
    script: list[Any] = [ToolEffect("send_mail"), "Sent."] + ([] if finished else [60.0])
    harness = new_harness(agent=FakeAgent(["A1"], script, ["A3"], ["A4"], ["A5"]))
    conversation = (await harness.whole_chat("One")).conversation_id
    sending = await harness.chat("Send it", conversation_id=conversation)
    await (sending.over() if finished else asyncio.sleep(1))
    messages = await ids(harness, conversation)
    for fields in ({"regenerate": True}, {"edit": messages["One"], "message": "Uno"}):
        with pytest.raises(errors.CannotReplace) as refused:
            await branch(harness.app, conversation, **fields)
        assert "send_mail" in refused.value.detail
        assert refused.value.problem()["status"] == 409
    assert len(harness.agent.asked) == 2
    await leave(sending)
    await harness.whole_chat("Later", conversation_id=conversation)
    assert (await again(harness.app, conversation)).text == "A4"


async def test_a_tool_that_reads_may_be_replaced() -> None:
    harness = new_harness(agent=FakeAgent([ToolEffect("list_mail"), "A1"], ["A2"]))
    conversation = (await harness.whole_chat("One")).conversation_id
    assert (await again(harness.app, conversation)).text == "A2"


@pytest.mark.parametrize("message", ["0000000001-1", "0000000009-0", "nothing"])
async def test_a_message_that_is_not_the_persons_cannot_be_edited(message: str) -> None:
    harness = new_harness()
    conversation = (await harness.whole_chat("One")).conversation_id
    with pytest.raises(errors.NotFound):
        await edit(harness.app, conversation, message, "Uno")
    assert len(harness.agent.asked) == 1


async def test_a_replaced_message_and_a_foreign_conversation_cannot_be_edited() -> None:
    harness = new_harness()
    conversation = (await harness.whole_chat("One")).conversation_id
    await edit(harness.app, conversation, "0000000001-0", "Uno")
    with pytest.raises(errors.NotFound):
        await edit(harness.app, conversation, "0000000001-0", "Due")
    for fields in ({"regenerate": True}, {"edit": "0000000002-0", "message": "x"}):
        request = ChatRequest(conversation_id=conversation, **fields)
        with pytest.raises(errors.NotFound):
            await harness.app.conversations.chat(
                BOB, request, idempotency_key(BOB, "chat", None, "")
            )


@pytest.mark.parametrize(
    "fields",
    [
        {"regenerate": True},
        {"regenerate": True, "conversation_id": "c", "message": "x"},
        {"regenerate": True, "conversation_id": "c", "stop": True},
        {"edit": "0000000001-0", "conversation_id": "c"},
        {"edit": "0000000001-0", "message": "x"},
        {"edit": "0000000001-0", "regenerate": True, "conversation_id": "c"},
    ],
)
def test_a_request_that_asks_for_two_things_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ChatRequest(**fields)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", range(1, 11))
async def test_a_branch_whose_process_died_at_any_call_is_whole(call: int, moment: Moment) -> None:
    async with simulate() as simulation:
        harness, here, there = simulation.harness, simulation.process(), simulation.process()
        first: Any = await there.run(chat(there.app, "One"))
        await there.run(first.answer())
        conversation = first.record.conversation_id
        simulation.faults.add("*", die(moment), nth=call, process=here)
        try:
            await here.run(again(here.app, conversation, key="k"))
        except ProcessDied:
            await asyncio.sleep(60)
            await there.run(there.app.sweeps.sweep(SweepRequest()))
        answers = [text for text, replaced in await shown(harness, conversation) if not replaced]
        assert answers[0] == "One"
        if len(answers) == 1:  # it died before it wrote a word
            await there.run(again(there.app, conversation))
        assert [r for _, r in await shown(harness, conversation)].count(False) == 2
        assert (await harness.used("agent_tokens"))[1] == 0
        await there.run(
            answer_of(await there.run(chat(there.app, "Two", conversation_id=conversation)))
        )
        assert (await shown(harness, conversation))[-1] == ("You said: Two.", False)
        request = DeleteConversationRequest(conversation_id=conversation)
        await asyncio.sleep(600)
        deleted = await there.run(there.app.history.delete(ADA, request))
        assert deleted.state == "deleted"
        assert not harness.agent.sessions


def test_ranges_of_replaced_messages_merge() -> None:
    branches = Branches()
    for first, last in ((3, 3), (7, 9), (10, 11), (5, 13)):
        branches = Branches(replaced=branches.replacing(first, last))
    assert branches.replaced == (3, 3, 5, 13)
    replaced = [n for n in range(20) if branches.is_replaced(MessagePlace(*divmod(n, 2)))]
    assert replaced == [3, *range(5, 14)]
    assert branches.before(MessagePlace(6, 0)) == MessagePlace(2, 1)
    assert branches.before(MessagePlace(7, 0)) == MessagePlace(7, 0)
    branches = Branches(replaced=branches.replacing(4, 20))
    assert branches.replaced == (3, 20)
