import re
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.simulators.agent_engine import Line, Message, Step, Text, ToolCall
from infra.local.simulators.agent_engine.assistant import reply
from infra.local.simulators.agent_engine.calendar import WEEK, ordinal
from infra.local.simulators.agent_engine.events import tokens
from infra.local.simulators.agent_engine.stories import STORIES

MONDAY = datetime(2026, 3, 2, 16, 20, tzinfo=UTC)


class Talk:
    """A session of its own: what was said so far goes along with each message."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now
        self.history: list[Line] = []

    def steps(self, text: str) -> list[Step]:
        message = Message(text, "ada", "s1", self.now, tuple(self.history))
        steps = list(reply(message))
        said = "".join(step.text for step in steps if isinstance(step, Text))
        self.history += [Line("user", text), Line("model", said)]
        return steps

    def say(self, text: str) -> str:
        self.steps(text)
        return self.history[-1].text


@pytest.mark.parametrize("text", ["What time is it?", "tell me the time", "what day is it"])
def test_the_time_is_asked_of_a_tool(text: str) -> None:
    talk = Talk()
    before, call, after = talk.steps(text)
    assert isinstance(before, Text)
    assert call == ToolCall("get_time", {"timezone": "UTC"}, {"time": MONDAY.isoformat()})
    wanted = "It is 4:20 in the afternoon. Today is Monday, the 2nd of March."
    assert after == Text(wanted)


@pytest.mark.parametrize(
    ("text", "day", "said"),
    [
        ("What is on my calendar?", "2026-03-02", "a review with Priya"),
        ("Any meetings tomorrow?", "2026-03-03", "a call with the customer in Lisbon"),
        ("my schedule on Thursday", "2026-03-05", "the budget meeting"),
        ("What appointments are there on Sunday?", "2026-03-08", "nothing in your calendar"),
    ],
)
def test_the_calendar_is_asked_of_a_tool(text: str, day: str, said: str) -> None:
    talk = Talk()
    calls = [step for step in talk.steps(text) if isinstance(step, ToolCall)]
    assert [(call.name, call.args) for call in calls] == [("list_events", {"day": day})]
    assert said in talk.history[-1].text


def test_the_calendar_is_the_same_every_week() -> None:
    later = Talk(MONDAY + timedelta(weeks=3))
    assert later.say("my calendar today") == Talk().say("my calendar today")
    assert len(WEEK) == 7


def test_a_name_is_remembered_in_its_session_only() -> None:
    talk = Talk()
    assert "Ada" in talk.say("Hello, my name is Ada.")
    talk.say("I like sailing boats.")
    assert talk.say("What is my name?").startswith("Your name is Ada.")
    assert talk.say("Hello!").startswith("Hello again, Ada.")
    assert "not told me" in Talk().say("What's my name?")


def test_what_was_said_before_is_quoted() -> None:
    talk = Talk()
    assert "first thing" in talk.say("What did I say before?")
    talk = Talk()
    talk.say("I like sailing boats.")
    talk.say("The sea was rough")
    said = talk.say("What did I say before?")
    assert said == (
        "A moment ago you said: The sea was rough. And before that: I like sailing boats."
    )


def test_stories_are_long_enough_to_be_interrupted_and_differ() -> None:
    talk = Talk()
    told = [talk.say("Tell me a story.") for _ in STORIES]
    assert told == list(STORIES)
    for story in told:
        assert 8 <= len(re.findall(r"[.?!](?:\s|$)", story)) <= 12


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("What do you think about electric cars?", "electric cars"),
        ("I love the mountains in winter!", "mountains in winter"),
        ("Can you tell me about Vienna, please?", "Vienna"),
        ("Why?", "Why"),
        ("...", "that"),
        ("東京について", "東京について"),
    ],
)
def test_small_talk_quotes_the_subject_in_two_or_three_sentences(text: str, subject: str) -> None:
    said = Talk().say(text)
    assert subject in said
    assert 2 <= len(re.findall(r"[.?!](?:\s|$)", said)) <= 3


@pytest.mark.parametrize(
    "text",
    [
        "Hi",
        "How are you?",
        "What can you do?",
        "Thank you!",
        "Good bye",
        "x" * 5_000,
        "\n",
        "**b**",
    ],
)
def test_every_answer_can_be_heard(text: str) -> None:
    said = Talk().say(text)
    assert said.endswith((".", "?"))
    assert not re.search(r"[*_#`<>{}\[\]]", said.replace(text, ""))


def test_the_same_talk_gets_the_same_answers() -> None:
    first, second = Talk(), Talk()
    for text in ("Hello", "Nice weather today", "Tell me a story", "Another thing"):
        assert first.steps(text) == second.steps(text)


@pytest.mark.parametrize(
    "text",
    ["Hello, Ada!  How are\nyou? ", "今日は良い天気です。", "नमस्ते, आप कैसे हैं?", " ", "😀 ok_then"],
)
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


def test_ordinals() -> None:
    wanted = "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 23rd 30th 31st"
    numbers = (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 30, 31)
    assert " ".join(map(ordinal, numbers)) == wanted
