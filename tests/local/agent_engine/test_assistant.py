import re
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.simulators.agent_engine import Line, Message, Step, Text, ToolRun
from infra.local.simulators.agent_engine.assistant.calendar import WEEK, ordinal
from infra.local.simulators.agent_engine.assistant.replies import reply
from infra.local.simulators.agent_engine.assistant.stories import STORIES
from infra.local.simulators.agent_engine.events import tokens

MONDAY = datetime(2026, 3, 2, 16, 20, tzinfo=UTC)


class AssistantSession:
    """A session with the assistant. Each message carries the history."""

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
def test_time_comes_from_a_tool(text: str) -> None:
    talk = AssistantSession()
    before, call, after = talk.steps(text)
    assert isinstance(before, Text)
    assert call == ToolRun("get_time", {"timezone": "UTC"}, {"time": MONDAY.isoformat()})
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
def test_calendar_comes_from_a_tool(text: str, day: str, said: str) -> None:
    talk = AssistantSession()
    calls = [step for step in talk.steps(text) if isinstance(step, ToolRun)]
    assert [(call.name, call.args) for call in calls] == [("list_events", {"day": day})]
    assert said in talk.history[-1].text


def test_calendar_repeats_every_week() -> None:
    later = AssistantSession(MONDAY + timedelta(weeks=3))
    assert later.say("my calendar today") == AssistantSession().say("my calendar today")
    assert len(WEEK) == 7


def test_name_is_remembered_in_its_session_only() -> None:
    talk = AssistantSession()
    assert "Ada" in talk.say("Hello, my name is Ada.")
    talk.say("I like sailing boats.")
    assert talk.say("What is my name?").startswith("Your name is Ada.")
    assert talk.say("Hello!").startswith("Hello again, Ada.")
    assert "not told me" in AssistantSession().say("What's my name?")


def test_earlier_messages_are_quoted() -> None:
    talk = AssistantSession()
    assert "first thing" in talk.say("What did I say before?")
    talk = AssistantSession()
    talk.say("I like sailing boats.")
    talk.say("The sea was rough")
    said = talk.say("What did I say before?")
    assert said == (
        "A moment ago you said: The sea was rough. And before that: I like sailing boats."
    )


def test_stories_are_long_and_differ() -> None:
    talk = AssistantSession()
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
def test_small_talk_quotes_the_subject(text: str, subject: str) -> None:
    said = AssistantSession().say(text)
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
def test_every_reply_is_plain_text_with_an_end(text: str) -> None:
    said = AssistantSession().say(text)
    assert said.endswith((".", "?"))
    assert not re.search(r"[*_#`<>{}\[\]]", said.replace(text, ""))


def test_equal_sessions_get_equal_replies() -> None:
    first, second = AssistantSession(), AssistantSession()
    for text in ("Hello", "Nice weather today", "Tell me a story", "Another thing"):
        assert first.steps(text) == second.steps(text)


@pytest.mark.parametrize(
    "text",
    ["Hello, Ada!  How are\nyou? ", "今日は良い天気です。", "नमस्ते, आप कैसे हैं?", " ", "😀 ok_then"],
)
def test_joined_tokens_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


def test_a_day_is_written_with_its_ordinal_ending() -> None:
    wanted = "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 23rd 30th 31st"
    numbers = (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 30, 31)
    assert " ".join(map(ordinal, numbers)) == wanted


@pytest.mark.parametrize(
    ("text", "to", "body"),
    [
        ("Send a mail to tom@example.test: my name is Ada", "tom@example.test", "my name is Ada"),
        ("Could you write an email to Tom, the story is late?", "Tom", "the story is late?"),
        ("send mail", "yourself", ""),
    ],
)
def test_mail_is_sent_by_a_tool_with_an_effect(text: str, to: str, body: str) -> None:
    steps = AssistantSession().steps(text)
    runs = [step for step in steps if isinstance(step, ToolRun)]
    assert [(run.name, run.args) for run in runs] == [("send_mail", {"to": to, "text": body})]
    assert runs[0].effect
