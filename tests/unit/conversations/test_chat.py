import asyncio
from collections.abc import Sequence

import pytest

from common.domain import errors
from common.ports.agent import Finished, ToolCall, ToolResult
from common.schemas.events import (
    DoneEvent,
    ErrorEvent,
    SentenceEvent,
    SpeechEvent,
    TextEvent,
    ToolEvent,
    UsageEvent,
)
from tests.support.fakes.agent import FakeAgent, Step
from tests.support.harness import BOB, collect_events, new_harness

STORY = [f"This is sentence number {n} of a long story. " for n in range(1, 11)]


def kinds(events: Sequence[object]) -> list[str]:
    return [type(event).__name__ for event in events]


async def test_a_turn_in_text() -> None:
    harness = new_harness(agent=FakeAgent(["It is ", "noon. ", "Bye."]))
    events = await collect_events(await harness.chat("What time is it?"))
    assert kinds(events) == [
        "TurnEvent", "SpeechEvent", "TextEvent", "TextEvent", "TextEvent", "UsageEvent", "DoneEvent",
    ]  # fmt: skip
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert (done.ended, done.text, done.spoken) == ("complete", "It is noon. Bye.", "")
    assert await harness.used("agent_tokens") == (10, 0)
    assert await harness.used("voice_characters") == (0, 0)


async def test_it_says_why_no_avatar_is_there() -> None:
    harness = new_harness()
    events = await collect_events(await harness.chat())
    (speech,) = [event for event in events if isinstance(event, SpeechEvent)]
    assert (speech.state, speech.code) == ("unavailable", "no_avatar")


async def test_a_turn_that_speaks_sentence_by_sentence_while_it_is_written() -> None:
    harness = new_harness(agent=FakeAgent([piece for s in STORY[:3] for piece in (s, 0.5)]))
    started = await harness.start()
    turn = await harness.chat("Tell me a story.", conversation_id=started.conversation_id)
    events = await collect_events(turn)
    names = kinds(events)
    first_sentence = names.index("SentenceEvent")
    last_text = len(names) - 1 - names[::-1].index("TextEvent")
    assert first_sentence < last_text
    assert names[-2:] == ["UsageEvent", "DoneEvent"]
    sentences = [event.text for event in events if isinstance(event, SentenceEvent)]
    assert sentences == [s.strip() for s in STORY[:3]]
    states = [event.state for event in events if isinstance(event, SpeechEvent)]
    assert states == ["started", "ended"] * 2
    assert harness.voice.texts == [
        "This is sentence number one of a long story.",
        "This is sentence number two of a long story. This is sentence number three of a long story.",
    ]
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert done.spoken == " ".join(sentences)
    assert await harness.used("voice_characters") == (44 + 44 + 46, 0)


async def test_a_turn_lasts_until_the_avatar_has_finished_if_its_caller_waits() -> None:
    harness = new_harness(agent=FakeAgent([STORY[0]], [STORY[0]]))
    started = await harness.start()
    loop = asyncio.get_running_loop()
    length = len(STORY[0].strip()) * 0.06
    before = loop.time()
    await harness.whole_chat(conversation_id=started.conversation_id)
    assert length <= loop.time() - before <= length + 2
    before = loop.time()
    await harness.whole_chat(conversation_id=started.conversation_id, wait=False)
    assert loop.time() - before < 0.1


async def test_tools_are_told_and_release_what_is_complete() -> None:
    script: list[Step] = [
        "Let me look.",
        ToolCall("1", "get_time"),
        2.0,
        ToolResult("1", "get_time"),
        " Noon.",
    ]
    harness = new_harness(agent=FakeAgent(script))
    started = await harness.start()
    turn = await harness.chat(conversation_id=started.conversation_id)
    events = await collect_events(turn)
    names = kinds(events)
    assert names.index("SentenceEvent") < len(names) - 1 - names[::-1].index("ToolEvent")
    assert isinstance(events[-1], DoneEvent)
    assert events[-1].text == "Let me look. Noon."


async def test_what_follows_a_tool_does_not_stick_to_what_came_before() -> None:
    script: list[Step] = ["Let me look.", ToolCall("1", "x"), ToolResult("1", "x"), "No", "on."]
    answer = await new_harness(agent=FakeAgent(script)).whole_chat()
    assert answer.text == "Let me look. Noon."


async def test_the_conversation_of_another_user_is_not_found() -> None:
    harness = new_harness()
    mine = await harness.whole_chat()
    said = []
    for conversation in (mine.conversation_id, "nothing-here"):
        with pytest.raises(errors.NotFound) as refused:
            await harness.chat("Hi.", BOB, conversation_id=conversation)
        said.append(refused.value.problem())
    assert said[0] == said[1]


async def test_a_reply_longer_than_its_voice_goes_on_as_text() -> None:
    harness = new_harness(agent=FakeAgent(STORY), turn_characters=100)
    started = await harness.start()
    events = await collect_events(await harness.chat(conversation_id=started.conversation_id))
    texts = [event.text for event in events if isinstance(event, TextEvent)]
    assert "".join(texts) == "".join(STORY)
    assert len(harness.voice.texts) == 2
    (stopped,) = [e for e in events if isinstance(e, SpeechEvent) and e.state == "stopped"]
    assert stopped.code == "quota_exceeded"


async def test_no_tokens_left_is_refused_with_when_they_come_back() -> None:
    harness = new_harness(agent=FakeAgent([Finished(199_500)]), allowance_agent_tokens=200_000)
    harness.agent.replies[0] = ["Long.", Finished(199_500)]
    await harness.whole_chat()
    with pytest.raises(errors.QuotaExceeded) as refused:
        await harness.chat()
    assert refused.value.meter == "agent_tokens"
    assert refused.value.resets_at.isoformat() == "2026-12-01T00:00:00+00:00"


async def test_use_beyond_the_reservation_is_recorded_in_full() -> None:
    harness = new_harness(
        agent=FakeAgent(["A.", Finished(9_000)], ["B.", Finished(50_000)]),
        allowance_agent_tokens=20_000,
    )
    await harness.whole_chat()
    assert await harness.used("agent_tokens") == (9_000, 0)
    await harness.whole_chat()
    assert await harness.used("agent_tokens") == (59_000, 0)


@pytest.mark.parametrize(
    ("script", "ended", "code", "charged"),
    [
        ([errors.Busy("agent", "full")], "failed", "agent_busy", 0),
        ([errors.Failed("agent", "nothing", kind="empty")], "failed", "agent_empty", 0),
        (["Half. ", errors.Failed("agent", "cut", kind="broken")], "incomplete", "agent_broken", 2),
        (["Half. ", 1_000.0], "incomplete", "agent_silent", 2),
    ],
)
async def test_an_agent_that_fails(script: list[Step], ended: str, code: str, charged: int) -> None:
    harness = new_harness(agent=FakeAgent(script))
    events = await collect_events(await harness.chat("Hello!"))
    (error,) = [event for event in events if isinstance(event, ErrorEvent)]
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert (done.ended, error.code) == (ended, code)
    assert await harness.used("agent_tokens") == (charged, 0)


async def test_an_agent_that_answers_4xx_did_not_run_and_costs_nothing() -> None:
    harness = new_harness()
    first = await harness.whole_chat()
    before = await harness.used("agent_tokens")
    harness.agent.replies.append([errors.Rejected("agent", "answered 403")])
    with pytest.raises(errors.Rejected):
        await harness.whole_chat("Again.", conversation_id=first.conversation_id)
    assert await harness.used("agent_tokens") == before
    assert "Again." not in [text for _, text in await harness.messages(first.conversation_id)]


async def test_an_agent_that_failed_outright_is_an_error_for_those_who_asked_for_json() -> None:
    harness = new_harness(agent=FakeAgent([errors.Failed("agent", "nothing", kind="empty")]))
    with pytest.raises(errors.Failed):
        await harness.whole_chat()


async def test_an_agent_that_forgot_the_conversation_is_given_it_again_once() -> None:
    harness = new_harness()
    first = await harness.whole_chat()
    harness.agent.sessions.clear()
    second = await harness.whole_chat(conversation_id=first.conversation_id)
    assert second.ended == "complete"
    assert len(harness.agent.made) == 2


@pytest.mark.parametrize("broken", ["vault", "connect"])
async def test_an_avatar_that_is_down_leaves_the_text(broken: str) -> None:
    harness = new_harness()
    started = await harness.start()
    error = errors.Unavailable("avatar", "down")
    if broken == "vault":
        harness.vault.failing = error
    else:
        harness.avatars.fail_next("connect", error)
        harness.avatars.fail_next("connect", error)
    events = await collect_events(await harness.chat(conversation_id=started.conversation_id))
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert (done.ended, done.text) == ("complete", "You said: Hello..")
    (speech,) = [event for event in events if isinstance(event, SpeechEvent)]
    assert (speech.state, speech.code) == ("unavailable", "avatar_unavailable")


async def test_a_sentence_without_a_voice_is_skipped() -> None:
    harness = new_harness(agent=FakeAgent(STORY[:3]))
    started = await harness.start()
    harness.voice.fails |= dict.fromkeys((2, 3), errors.Failed("voice", "refused"))
    events = await collect_events(await harness.chat(conversation_id=started.conversation_id))
    states = [event.state for event in events if isinstance(event, SpeechEvent)]
    assert states.count("skipped") == 1
    assert states.count("ended") == 2, "one alone, one of the pair"


async def test_usage_and_tools_in_the_stream() -> None:
    harness = new_harness(
        agent=FakeAgent([ToolCall("1", "x"), ToolResult("1", "x"), "Yes.", Finished(77)])
    )
    events = await collect_events(await harness.chat())
    assert [e.state for e in events if isinstance(e, ToolEvent)] == ["called", "answered"]
    (usage,) = [event for event in events if isinstance(event, UsageEvent)]
    assert usage.agent_tokens == 77
    assert usage.usage.meters["agent_tokens"].used == 77


@pytest.mark.parametrize(
    ("steps", "code", "ended", "text"),
    [
        (["<think>Nothing ", "to say.</think>"], "agent_empty", "failed", ""),
        (["<thought_process>An end that never comes"], "agent_empty", "failed", ""),
        (
            ["I look. ", ToolCall("c1", "look"), ToolResult("c1", "look"), "<think>Well.</think>"],
            "agent_unanswered",
            "incomplete",
            "I look. ",
        ),
    ],
)
async def test_an_answer_that_people_cannot_see_is_none(
    steps: list[Step], code: str, ended: str, text: str
) -> None:
    harness = new_harness(agent=FakeAgent([*steps, Finished(9)]))
    events = await collect_events(await harness.chat("What time is it?"))
    (error,) = [event for event in events if isinstance(event, ErrorEvent)]
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert (error.code, done.ended, done.text) == (code, ended, text)


@pytest.mark.parametrize(
    "steps",
    [
        ["<think>Well.</think> It is noon."],
        ["It is noon. <thinking>Is it?</thinking>"],
        ["<think>A</think>", ToolCall("c1", "look"), ToolResult("c1", "look"), "It is noon."],
        ["It is noon.", ToolCall("c1", "look"), ToolResult("c1", "look"), "\n"],
    ],
)
async def test_an_answer_with_hidden_text_is_complete(steps: list[Step]) -> None:
    harness = new_harness(agent=FakeAgent([*steps, Finished(9)]))
    events = await collect_events(await harness.chat("What time is it?"))
    assert not [event for event in events if isinstance(event, ErrorEvent)]
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert (done.ended, done.text.strip()) == ("complete", "It is noon.")
