"""The text of several agents and messages, and tool calls, in one reply."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest

from common.adapters.agent_engine.events import ReplyParser
from common.adapters.agent_engine.messages import count_repeated
from common.domain import errors
from common.ports.agent import AgentEvent, Delta, Finished, ToolCall, ToolResult

Event = dict[str, Any]
CALL = {"function_call": {"id": "c1", "name": "look", "args": {}}}
RESULT = {"function_response": {"id": "c1", "name": "look", "response": {}}}


def whole(author: str, *parts: str | Event, **more: Any) -> Event:
    content = [{"text": part} if isinstance(part, str) else part for part in parts]
    return {"author": author, "content": {"role": "model", "parts": content}, **more}


def delta(author: str, *parts: str | Event, **more: Any) -> Event:
    return whole(author, *parts, partial=True, **more)


def parsed(*events: Event) -> list[AgentEvent]:
    parser = ReplyParser()
    found = [passed for event in events for passed in parser.feed(json.dumps(event).encode())]
    return [*found, parser.finish()]


def texts(events: Sequence[AgentEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Delta)]


def last(*events: Event) -> Finished:
    finished = parsed(*events)[-1]
    assert isinstance(finished, Finished)
    return finished


# ── several agents ───────────────────────────────────────────────────────────────────────────────


def test_new_agent_begins_a_paragraph() -> None:
    events = parsed(whole("a", "Your order is ready."), whole("b", "It ships today."))
    assert texts(events) == ["Your order is ready.", "\n\nIt ships today."]


def test_text_of_parallel_agents_is_gathered() -> None:
    assert texts(
        parsed(
            delta("a", "The weather "),
            delta("b", "The news "),
            delta("a", "is fine."),
            delta("b", "is good."),
            whole("a", "The weather is fine."),
            delta("b", " Indeed."),
            whole("b", "The news is good. Indeed."),
        )
    ) == ["The weather ", "is fine.", "\n\nThe news ", "is good.", " Indeed."]


def test_agents_are_gathered_whichever_ends_first() -> None:
    a = [delta("a", "One "), delta("a", "two."), whole("a", "One two.")]
    b = [delta("b", "Three "), delta("b", "four."), whole("b", "Three four.")]
    for chosen in itertools.combinations(range(6), 3):
        left, right = iter(a), iter(b)
        events = [next(left) if at in chosen else next(right) for at in range(6)]
        text = "".join(texts(parsed(*events)))
        first_is_a = 0 in chosen
        paragraphs = ["One two.", "Three four."] if first_is_a else ["Three four.", "One two."]
        assert text.split("\n\n") == paragraphs


def test_agent_that_waits_has_its_messages_set_apart() -> None:
    events = parsed(
        delta("a", "One "),
        whole("b", "Three."),
        whole("b", "Four."),
        delta("a", "two."),
        whole("a", "One two."),
    )
    assert "".join(texts(events)) == "One two.\n\nThree.\n\nFour."


def test_branches_of_one_agent_are_gathered() -> None:
    events = parsed(
        delta("a", "One ", branch="x"),
        delta("a", "Three ", branch="y"),
        delta("a", "two.", branch="x"),
        whole("a", "One two.", branch="x"),
        whole("a", "Three four.", branch="y"),
    )
    assert "".join(texts(events)) == "One two.\n\nThree four."


def test_tool_result_keeps_its_place_among_the_texts_of_its_agent() -> None:
    events = parsed(
        delta("a", "One "),
        whole("b", CALL),
        whole("b", RESULT),
        delta("a", "two."),
        whole("a", "One two."),
        whole("b", "Three."),
    )
    assert events[:-1] == [
        Delta("One "),
        ToolCall("c1", "look"),
        Delta("two."),
        ToolResult("c1", "look"),
        Delta("\n\nThree."),
    ]


def test_text_that_waits_is_passed_on_before_an_error() -> None:
    parser, found = ReplyParser(), list[AgentEvent]()
    for event in (delta("a", "One "), delta("b", "Three ")):
        found.extend(parser.feed(json.dumps(event).encode()))
    with pytest.raises(errors.Failed):
        found.extend(parser.feed(b'{"author": "a", "error_code": "SAFETY"}'))
    assert "".join(texts(found)) == "One \n\nThree "


def test_next_message_of_an_agent_is_not_glued_to_the_last() -> None:
    assert "".join(texts(parsed(whole("a", "Ready."), whole("a", "It ships.")))) == (
        "Ready.\n\nIt ships."
    )
    assert texts(parsed(whole("a", "Half a "), whole("a", "sentence."))) == ["Half a ", "sentence."]


# ── whole messages and their deltas ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("deltas", "text", "repeated"),
    [
        ("It is noon.", "It is noon.", 11),
        ("It is ", "It is noon.", 6),
        ("It  is\n", "It is noon.", 6),
        ("It is noon", "It is noon [1].", 10),
        ("It is noon, sir.", "It is noon now.", 15),  # a variant: nothing is added
        ("The key is 1234.", "I cannot say that.", 0),  # another text: all of it is added
    ],
)
def test_repeated_text_is_counted(deltas: str, text: str, repeated: int) -> None:
    assert count_repeated(text, deltas) == repeated


def test_variant_of_the_deltas_adds_nothing() -> None:
    assert texts(parsed(delta("a", "It is noon, sir."), whole("a", "It is noon now."))) == [
        "It is noon, sir."
    ]


def test_whole_text_that_replaces_its_deltas_is_a_paragraph() -> None:
    events = parsed(delta("a", "The key is 1234."), whole("a", "I cannot say that."))
    assert texts(events) == ["The key is 1234.", "\n\nI cannot say that."]


def test_text_and_call_of_one_delta_are_read_once() -> None:
    """ADK 1.18 sends the tool's result before the whole message."""
    events = parsed(
        delta("a", "Let me look.", CALL),
        whole("a", RESULT),
        whole("a", "Let me look."),
        delta("a", "It is noon."),
        whole("a", "It is noon."),
    )
    assert events == [
        Delta("Let me look."),
        ToolCall("c1", "look"),
        ToolResult("c1", "look"),
        Delta("It is noon."),
        Finished(None),
    ]


@pytest.mark.parametrize("mark", [True, "true", "True", 1])
@pytest.mark.parametrize("name", ["thought_signature", "thoughtSignature"])
def test_thoughts_are_never_text(mark: Any, name: str) -> None:
    thought = {"text": "Hm.", "thought": mark, name: "c2ln"}
    events = parsed(delta("a", thought), delta("a", "A"), whole("a", thought, "A"))
    assert events == [Delta("A"), Finished(None)]


@pytest.mark.parametrize("mark", [False, None, "false"])
def test_signed_part_of_the_answer_is_text(mark: Any) -> None:
    signed = {"text": "A", "thought": mark, "thoughtSignature": "c2ln"}
    assert texts(parsed(whole("a", signed))) == ["A"]


# ── tools ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["long_running_tool_ids", "longRunningToolIds"])
def test_long_running_tool_without_an_answer_is_waiting(name: str) -> None:
    call = whole("a", CALL, **{name: ["c1"]})
    assert last(call) == Finished(None, waiting=True)
    assert last(delta("a", "Asking."), whole("a", "Asking.", CALL, **{name: ["c1"]})).waiting


def test_long_running_tool_with_an_answer_is_not_waiting() -> None:
    call = whole("a", CALL, long_running_tool_ids=["c1"])
    assert last(call, whole("a", RESULT), whole("a", "Done.")) == Finished(None)


def test_interim_answer_of_a_long_running_tool_is_waiting_until_a_text_follows() -> None:
    events = [
        whole("a", CALL, {"function_call": {"id": "c2", "name": "add"}}, longRunningToolIds=["c1"]),
        whole("a", RESULT, {"function_response": {"id": "c2", "name": "add"}}),
    ]
    assert last(*events).waiting
    assert last(*events, whole("a", {"text": "Hm.", "thought": True}), whole("a", "\n")).waiting
    assert last(*events, whole("a", "I have asked.")) == Finished(None)


def test_request_for_a_confirmation_is_waiting() -> None:
    request = {"function_call": {"id": "c2", "name": "adk_request_confirmation"}}
    finished = last(whole("a", CALL), whole("a", request), whole("a", RESULT))
    assert finished.waiting


def test_call_without_an_answer_is_unanswered() -> None:
    assert last(whole("a", "One moment.", CALL)) == Finished(None, unanswered=True)


def test_answer_without_a_text_after_it_is_unanswered() -> None:
    lead = [whole("a", "One moment.", CALL), whole("a", RESULT)]
    assert last(*lead, whole("a", "", finish_reason="STOP")) == Finished(None, unanswered=True)
    assert last(*lead, whole("b", "It is noon.")) == Finished(None)


@pytest.mark.parametrize(
    "actions", [{"escalate": True}, {"skip_summarization": True}, {"skipSummarization": True}]
)
def test_tool_may_end_the_reply(actions: Event) -> None:
    events = [whole("a", "Done.", CALL), whole("a", RESULT, actions=actions)]
    assert last(*events) == Finished(None)


def test_camel_case_calls_are_read() -> None:
    call = {"functionCall": {"id": "c1", "name": "look"}}
    result = {"functionResponse": {"id": "c1", "name": "look"}}
    assert parsed(whole("a", call), whole("a", result), whole("a", "A")) == [
        ToolCall("c1", "look"),
        ToolResult("c1", "look"),
        Delta("A"),
        Finished(None),
    ]


# ── events that come twice, or out of order ──────────────────────────────────────────────────────


def stamped(event: Event, number: int) -> Event:
    return event | {"id": "e1", "timestamp": 1_700_000_000.0 + number}


def test_a_whole_event_that_is_sent_twice_counts_once() -> None:
    events = [
        stamped(delta("a", "Ha "), 1),
        stamped(delta("a", "Ha "), 2),
        stamped(whole("a", "Ha Ha ", CALL), 3),
        stamped(whole("a", RESULT), 4),
        stamped(whole("a", "Done.", usage_metadata={"total_token_count": 9}), 5),
    ]
    once = parsed(*events)
    assert texts(once) == ["Ha ", "Ha ", "Done."]
    wholes = events[2:]
    assert parsed(*events[:2], *(event for event in wholes for _ in range(2))) == once
    assert parsed(*events, *wholes) == once


def test_equal_deltas_are_text_each_time() -> None:
    """Partial events of one answer share their id (ADK 2.13), and some clocks stand still."""
    deltas = [stamped(delta("a", "Ha "), 1)] * 3
    assert texts(parsed(*deltas, stamped(whole("a", "Ha Ha Ha "), 2))) == ["Ha "] * 3


def test_an_answer_that_comes_before_its_call_is_one_call() -> None:
    events = parsed(whole("a", RESULT), whole("a", CALL), whole("a", "Done."))
    assert [type(event) for event in events] == [ToolCall, ToolResult, Delta, Finished]
    assert events[-1] == Finished(None)
