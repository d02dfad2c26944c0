"""The instruction is written as its answers are to sound: by what our own voice would make of it."""

import pytest

from common.text.sentences.splitter import Sentences
from common.text.spoken.speakable import Speakable
from infra.agent.assistant.instruction import EXAMPLES, GREETING, instruction

LONGEST = 20
"""Words. A sentence that is heard cannot be read again."""


def sentences(text: str) -> list[str]:
    reply = Sentences("en")
    return [*reply.feed(text), *reply.end()]


def changed_in_speech(text: str) -> list[str]:
    """The sentences of which the voice would say something else than what is written."""
    return [each for each in sentences(text) if Speakable("en").say(each) != each]


@pytest.mark.parametrize("answer", [example.answer for example in EXAMPLES])
def test_an_example_is_said_as_it_is_written_in_few_short_sentences(answer: str) -> None:
    assert changed_in_speech(answer) == []
    assert 1 <= len(sentences(answer)) <= 4
    assert max(len(each.split()) for each in sentences(answer)) <= LONGEST


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
def test_what_must_not_be_an_example_would_be_seen(answer: str) -> None:
    assert changed_in_speech(answer) != []


def test_the_whole_of_it_is_prose_without_marks() -> None:
    assert changed_in_speech(instruction()) == []


def test_nothing_in_it_is_a_place_for_adk_to_put_state() -> None:
    assert not set("{}") & set(instruction())


def test_every_example_is_in_it_and_one_is_the_greeting() -> None:
    assert GREETING in [example.answer for example in EXAMPLES]
    assert [e for e in EXAMPLES if f"{e.said} You say: {e.answer}" not in instruction()] == []
