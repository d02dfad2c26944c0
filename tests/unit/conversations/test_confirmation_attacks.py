"""Attempts to make a tool act without a fresh yes of its person: none gives a second effect."""

import asyncio
from pkgutil import iter_modules

import pytest

from common.conversations.admission.yes_or_no import read_yes_or_no, words_of_answer
from common.domain.errors import CannotReplace, NoProposal
from common.domain.google.proposal import digest_of
from common.ports.agent import ToolCall, ToolResult
from common.schemas.requests import ChatRequest
from common.text import languages
from common.text.languages import find
from tests.support.fakes.agent import Step
from tests.support.harness import (
    ADA,
    Harness,
    answer_of,
    chat,
    collect_events,
    idempotency_key,
    new_harness,
)
from tests.unit.conversations.test_confirmation import (
    MAIL,
    confirm,
    confirmed,
    propose,
)

CODES = sorted(each.name for each in iter_modules(languages.__path__))
"""Every language that has a record."""
SENDING: tuple[Step, ...] = (ToolCall("c", "send_mail"), ToolResult("c", "send_mail", "Mail sent"))
HASH = digest_of("send_mail", MAIL)


async def regenerate(scene: Harness, conversation: str) -> object:
    request = ChatRequest(conversation_id=conversation, regenerate=True)
    key = idempotency_key(ADA, "chat", None, request)
    return await answer_of(await scene.app.conversations.chat(ADA, request, key))


async def test_confirm_while_another_turn_asks_the_agent() -> None:
    """The newer turn takes the lease; the confirmed action is told to the agent once."""
    scene = new_harness()
    conversation, (shown,) = await propose(scene)
    scene.agent.replies.append(["Once upon a time. ", 30.0, "The end."])
    other = await chat(scene.app, "Tell me a story.", conversation_id=conversation)
    await asyncio.sleep(1)
    await answer_of(await confirm(scene, conversation, shown.id))
    await collect_events(other)  # type: ignore[arg-type]  # it runs
    assert confirmed(scene) == [HASH]
    with pytest.raises(NoProposal):
        await confirm(scene, conversation, shown.id)


async def test_regenerate_after_a_confirmed_action_is_refused() -> None:
    scene = new_harness()
    conversation, (shown,) = await propose(scene)
    scene.agent.replies.append([*SENDING, "The mail is sent."])
    await answer_of(await confirm(scene, conversation, shown.id))
    asked = len(scene.agent.asked)
    with pytest.raises(CannotReplace, match="send_mail"):
        await regenerate(scene, conversation)
    assert len(scene.agent.asked) == asked
    assert confirmed(scene) == [HASH]


async def test_proposal_of_a_replaced_answer_cannot_be_confirmed() -> None:
    """The person has another answer before them, which may have proposed nothing."""
    scene = new_harness()
    conversation, (shown,) = await propose(scene)
    await regenerate(scene, conversation)
    with pytest.raises(NoProposal):
        await confirm(scene, conversation, shown.id)
    await scene.whole_chat("yes", conversation_id=conversation)
    assert confirmed(scene) == []


@pytest.mark.parametrize(
    "words",
    [
        "yes and no",
        "not yes",
        "yes, but to Eve",
        "yes yes yes yes",
        'He wrote: "yes"',
        "y e s!" * 200,
        "Is that a yes?",
        "",
    ],
)
def test_words_around_a_yes_are_no_yes(words: str) -> None:
    assert read_yes_or_no(words, "en-US") is None


@pytest.mark.parametrize("code", CODES)
def test_yes_and_no_of_a_language_are_different_words(code: str) -> None:
    agreeing, _, refusing = find(code).answers.partition(";")
    yes, no = ({each.strip() for each in text.split("|")} for text in (agreeing, refusing))
    assert not (yes & no) - {""}
    for listed, answer in ((yes, True), (no, False)):
        for words in listed - {""}:
            assert read_yes_or_no(f"{words}!", code) is answer
    for answer in (True, False) if agreeing and refusing else ():
        assert read_yes_or_no(words_of_answer(code, yes=answer), code) is answer
