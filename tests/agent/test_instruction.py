"""The instruction and its examples can be spoken: our speech rules change nothing in them."""

import pytest

from common.text.sentences.splitter import Sentences
from common.text.spoken.speakable import Speakable
from infra.agent.assistant.instruction import EXAMPLES, GREETING, instruction

MAX_WORDS = 20
"""Words per sentence. A listener cannot read a sentence again."""


def sentences(text: str) -> list[str]:
    reply = Sentences("en")
    return [*reply.feed(text), *reply.end()]


def changed_in_speech(text: str) -> list[str]:
    """Return the sentences that would be spoken differently than written."""
    return [each for each in sentences(text) if Speakable("en").say(each) != each]


@pytest.mark.parametrize("answer", [example.answer for example in EXAMPLES])
def test_example_is_speakable_and_short(answer: str) -> None:
    assert changed_in_speech(answer) == []
    assert 1 <= len(sentences(answer)) <= 4
    assert max(len(each.split()) for each in sentences(answer)) <= MAX_WORDS


@pytest.mark.parametrize(
    "answer",
    [
        "It's **noon**.",
        "It's 3:45 PM.",
        "- one\n- two",
        "See https://example.com.",
        "Done \U0001f600.",
    ],
)
def test_unspeakable_text_is_found(answer: str) -> None:
    assert changed_in_speech(answer) != []


def test_whole_instruction_is_speakable() -> None:
    assert changed_in_speech(instruction()) == []


def test_instruction_has_no_placeholder_for_adk() -> None:
    assert not set("{}") & set(instruction())


def test_instruction_contains_examples_and_greeting() -> None:
    assert GREETING in [example.answer for example in EXAMPLES]
    assert [e for e in EXAMPLES if f"{e.message} You say: {e.answer}" not in instruction()] == []
