"""A bug in the path of speech ends the speech, and nothing else."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from common.app import App
from common.conversations.running_turn import RunningChat, RunningSpeech
from common.domain import errors
from common.schemas.events import DoneEvent, SpeechEvent
from common.schemas.requests import ChatRequest, SpeakRequest
from common.transactions.idempotency import IdempotencyKey
from tests.support.fakes.agent import FakeAgent
from tests.support.harness import ADA, Harness, collect_events, new_harness
from tests.support.log_output import Output, output

FIRST, SECOND = "This is the first sentence.", "This is the second one."


def bug(*_: Any) -> Any:
    raise RuntimeError("a bug")


class Buggy:
    """A port with a bug in one method."""

    def __init__(self, inner: Any, method: str) -> None:
        self.inner = inner
        self.method = method

    def __getattr__(self, name: str) -> Any:
        return bug if name == self.method else getattr(self.inner, name)


class BuggyLines(Buggy):
    async def connect(self, ws_url: str) -> Any:
        return Buggy(await self.inner.connect(ws_url), self.method)


class NoThreads(ThreadPoolExecutor):
    def submit(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("can't start new thread")


def in_a_port(harness: Harness, port: str, method: str) -> App:
    return harness.another(**{port: Buggy(getattr(harness, port), method)})


def in_the_line(harness: Harness, method: str) -> App:
    return harness.another(avatars=BuggyLines(harness.avatars, method))


def in_the_rules(harness: Harness) -> App:
    """They get ready in a thread."""
    asyncio.get_running_loop().set_default_executor(NoThreads())
    return harness.app


def at_a_token(harness: Harness) -> App:
    """Whose sound gets an id as soon as it is likely: the turn and its messages have theirs."""
    ids = ["holder", "turn"]
    return harness.another(new_id=ids.pop)


def in_the_second_request(harness: Harness) -> App:
    harness.voice.fails[2] = RuntimeError("a bug")
    return harness.app


PREPARING: dict[str, Callable[[Harness], App]] = {
    "the session's tokens": lambda harness: in_a_port(harness, "vault", "open"),
    "the line": lambda harness: in_a_port(harness, "avatars", "connect"),
    "the silence": lambda harness: in_the_line(harness, "interrupt"),
    "the first sign of life": lambda harness: in_the_line(harness, "keep_alive"),
    "hearing": lambda harness: in_the_line(harness, "events"),
    "the rules": in_the_rules,
    "a likely sentence": at_a_token,
}
SPEAKING: dict[str, Callable[[Harness], App]] = {
    "the voice": lambda harness: in_a_port(harness, "voice", "synthesize"),
    "the voice, later": in_the_second_request,
    "sending": lambda harness: in_the_line(harness, "speak"),
    "the end of an utterance": lambda harness: in_the_line(harness, "finish"),
}
BUGS = {**PREPARING, **SPEAKING}


@pytest.fixture
def out() -> Iterator[Output]:
    with output() as out:
        yield out


def is_logged_once(out: Output) -> bool:
    (error,) = out.entries()
    return error["severity"] == "ERROR" and "Error: " in error["stack_trace"]


@pytest.mark.parametrize("where", BUGS)
async def test_a_bug_in_speech_ends_the_speech_and_not_the_text(where: str, out: Output) -> None:
    harness = new_harness(agent=FakeAgent([0.1, FIRST, 0.1, " This is", 9.0, SECOND[7:], 0.1]))
    started = await harness.start()
    ask = ChatRequest(message="Hello.", conversation_id=started.conversation_id)
    turn = await BUGS[where](harness).conversations.chat(ADA, ask, IdempotencyKey())
    assert isinstance(turn, RunningChat)
    events = await collect_events(turn)
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert (done.ended, done.text) == ("complete", f"{FIRST} {SECOND}")
    failures = [e for e in events if isinstance(e, SpeechEvent) and e.state == "unavailable"]
    assert [failure.code for failure in failures] == ["internal"]
    assert is_logged_once(out)
    assert await harness.unsettled_turns() == []
    assert (await harness.document(f"conversations/{started.conversation_id}"))["lease"] is None


@pytest.mark.parametrize("where", ["the line", "the voice", "sending"])
async def test_a_bug_in_a_given_text_costs_nothing_and_is_reported(where: str, out: Output) -> None:
    harness = new_harness()
    started = await harness.start()
    ask = SpeakRequest(avatar_session_id=started.avatar_session_id, text=FIRST)
    speech = await BUGS[where](harness).speeches.speak(ADA, ask, IdempotencyKey())
    assert isinstance(speech, RunningSpeech)
    with pytest.raises(errors.Unavailable):
        await speech.answer()
    assert is_logged_once(out)
    assert await harness.used("voice_characters") == (0, 0)


async def test_a_bug_in_closing_the_connection_keeps_what_was_said(out: Output) -> None:
    harness = new_harness()
    started = await harness.start()
    ask = ChatRequest(message="Hello.", conversation_id=started.conversation_id)
    turn = await in_the_line(harness, "close").conversations.chat(ADA, ask, IdempotencyKey())
    assert isinstance(turn, RunningChat)
    answer = await turn.answer()
    assert (answer.ended, answer.spoken, answer.speech) == ("complete", answer.text, None)
    assert is_logged_once(out)


async def test_a_bug_in_interrupting_keeps_the_turn_from_nothing(out: Output) -> None:
    harness = new_harness(agent=FakeAgent([FIRST, 9.0]))
    started = await harness.start()
    turn = await harness.chat(conversation_id=started.conversation_id)
    await asyncio.sleep(1)
    (line,) = harness.avatars.connections
    line.player = Buggy(line.player, "interrupt")  # type: ignore[assignment]
    await turn.cancel()
    assert is_logged_once(out)
    assert await harness.unsettled_turns() == []
    messages = await harness.documents(f"conversations/{started.conversation_id}/messages")
    assert FIRST in [message["text"] for message in messages]


async def test_the_voice_is_asked_for_nothing_more_once_speech_has_failed() -> None:
    harness = new_harness(agent=FakeAgent([3.0, FIRST, 0.1, " This is", 0.1, SECOND[7:], 0.1]))
    started = await harness.start()
    harness.avatars.slow["connect"] = 0.5
    for _ in range(2):
        harness.avatars.fail_next("connect", errors.Unavailable("avatar", "down"))
    answer = await harness.whole_chat(conversation_id=started.conversation_id)
    assert answer.text == f"{FIRST} {SECOND}"
    assert harness.voice.texts == []
