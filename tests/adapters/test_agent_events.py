import json
from collections.abc import Iterable
from typing import Any

import pytest

from common.adapters.agent_engine.client import addresses, session_name
from common.adapters.agent_engine.events import ReplyParser
from common.domain import errors
from common.domain.ids import ConversationId
from common.ports.agent import AgentEvent, Delta, Finished, ToolCall, ToolResult, UsageSoFar


def said(*parts: str | dict[str, Any], **more: Any) -> dict[str, Any]:
    texts = [{"text": part} if isinstance(part, str) else part for part in parts]
    return {"content": {"role": "model", "parts": texts}, "author": "assistant", **more}


def delta(*parts: str | dict[str, Any], **more: Any) -> dict[str, Any]:
    return said(*parts, partial=True, **more)


def usage(total: int, prompt: int | None = None) -> dict[str, Any]:
    asked = {} if prompt is None else {"prompt_token_count": prompt}
    return {"usage_metadata": {"total_token_count": total, **asked}}


CALL = {"function_call": {"id": "c1", "name": "look", "args": {}}}
RESULT = {"function_response": {"id": "c1", "name": "look", "response": {}}}


def read(events: Iterable[dict[str, Any] | bytes], into: list[AgentEvent]) -> None:
    reply = ReplyParser()
    for event in events:
        line = event if isinstance(event, bytes) else json.dumps(event).encode()
        into.extend(reply.feed(line))
    into.append(reply.finish())


def heard(*events: dict[str, Any] | bytes) -> list[AgentEvent]:
    found: list[AgentEvent] = []
    read(events, found)
    return found


def failure(*events: dict[str, Any] | bytes) -> tuple[errors.Upstream, list[AgentEvent]]:
    found: list[AgentEvent] = []
    with pytest.raises(errors.Upstream) as raised:
        read(events, found)
    return raised.value, found


def test_repeated_event_adds_no_text_but_the_usage() -> None:
    assert heard(delta("It is "), delta("noon."), said("It is noon.", **usage(9))) == [
        Delta("It is "),
        Delta("noon."),
        UsageSoFar(9, 0),
        Finished(9),
    ]


def test_event_without_deltas_before_it_is_the_text() -> None:
    assert heard(said("It is noon.", **usage(9))) == [
        Delta("It is noon."),
        UsageSoFar(9, 0),
        Finished(9),
    ]


def test_use_is_reported_while_the_agent_writes() -> None:
    """The tokens of all model calls, and the prompt of the last one."""
    parts = (usage(40, 30), usage(50, 30), usage(95, 80))
    events = heard(delta("A", **parts[0]), said("A", **parts[1]), said("B", **parts[2]))
    reported = [event for event in events if isinstance(event, UsageSoFar)]
    assert reported == [UsageSoFar(40, 30), UsageSoFar(50, 30), UsageSoFar(145, 80)]
    assert events[-1] == Finished(145, 80)


def test_each_message_of_a_turn_is_repeated_by_itself() -> None:
    assert heard(
        delta("Let me look."),
        said("Let me look.", CALL),
        said(RESULT),
        delta("It is "),
        delta("noon."),
        said("It is noon."),
    ) == [
        Delta("Let me look."),
        ToolCall("c1", "look"),
        ToolResult("c1", "look"),
        Delta("It is "),
        Delta("noon."),
        Finished(None),
    ]


def test_tool_call_without_text_ends_a_message() -> None:
    events = heard(delta("Let me look."), said(CALL), said(RESULT), said("It is noon."))
    assert events[-2] == Delta("It is noon.")


def test_text_and_tool_calls_of_one_event_keep_their_order() -> None:
    assert heard(said("A", CALL, "B"))[:3] == [Delta("A"), ToolCall("c1", "look"), Delta("B")]


def test_repeated_tool_call_is_one_event() -> None:
    events = heard(delta("A"), delta(CALL), said("A", CALL), said(CALL))
    assert events.count(ToolCall("c1", "look")) == 1


def test_repeated_event_with_more_text_adds_the_rest() -> None:
    assert heard(delta("It is "), said("It is noon."))[1] == Delta("noon.")


def test_repeated_event_may_differ_in_white_space() -> None:
    assert heard(delta("It is  "), said("It is noon."))[1] == Delta("noon.")


def test_event_without_content_does_not_end_a_message() -> None:
    state = {"author": "assistant", "actions": {"state_delta": {"a": 1}}}
    assert heard(delta("A"), state, said("A")) == [Delta("A"), Finished(None)]


def test_thoughts_and_user_messages_are_not_part_of_the_reply() -> None:
    thought = {"text": "Hm.", "thought": True}
    user = said("Hello") | {"author": "user"}
    assert heard(user, delta(thought), delta("A"), said(thought, "A")) == [
        Delta("A"),
        Finished(None),
    ]


@pytest.mark.parametrize("text", ["{", "a\u2028b", 'data: {"x": 1}', "\\n", "é 正午 🙂"])
def test_any_text_is_reproduced(text: str) -> None:
    raw = json.dumps(said(text), ensure_ascii=False).encode()
    assert heard(raw)[0] == Delta(text)
    assert heard(b"data: " + raw + b"\r")[0] == Delta(text)


def test_lone_surrogate_is_replaced() -> None:
    assert heard(said("a\ud83d"))[0] == Delta("a\ufffd")


def test_lines_without_data_are_skipped() -> None:
    assert heard(b"", b": ping", b"event: message", b"id: 4", said("A"))[0] == Delta("A")


def test_reply_without_text_fails_as_empty() -> None:
    for events in ([], [said(CALL), said(RESULT)], [said("")]):
        error, _ = failure(*events)
        assert error.kind == "empty"


def test_reply_that_ends_within_a_message_fails_as_broken() -> None:
    error, found = failure(delta("It is "))
    assert (error.kind, found) == ("broken", [Delta("It is ")])


@pytest.mark.parametrize("line", [b"<html>", b"[]", b"1", b'{"a": ', b"\xff\xfe", b"[" * 100_000])
def test_malformed_event_fails_as_broken(line: bytes) -> None:
    error, found = failure(delta("A"), line)
    assert (error.kind, found) == ("broken", [Delta("A")])
    assert error.__context__ is None


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"error_code": "SAFETY", "error_message": "canary"}, "SAFETY"),
        ({"error_code": "canary"}, "an error"),
        ({"error_message": "canary"}, "an error"),
        ({"error": {"code": 500, "message": "canary", "status": "INTERNAL"}}, "INTERNAL"),
        ({"code": 499, "message": "canary"}, "499"),
    ],
)
def test_error_quotes_only_known_codes(event: dict[str, Any], why: str) -> None:
    error, found = failure(delta("A"), event)
    assert (error.kind, error.code, found) == ("failed", "agent_failed", [Delta("A")])
    assert error.why == f"the reply ended with {why}"


def test_text_of_an_error_event_comes_before_the_error() -> None:
    error, found = failure(said("It is", error_code="MAX_TOKENS"))
    assert (error.kind, found) == ("failed", [Delta("It is")])


def test_missing_session_may_be_reported_inside_the_stream() -> None:
    error, _ = failure({"error": {"code": 404, "status": "NOT_FOUND"}})
    assert isinstance(error, errors.UpstreamNotFound)


@pytest.mark.parametrize("odd", [{}, {"content": 1}, {"content": {"parts": 1}}, {"author": 1}])
def test_events_of_unknown_shape_are_ignored(odd: dict[str, Any]) -> None:
    assert heard(odd, said(1, {"text": 1}, {"function_call": 1}, "A"))[0] == Delta("A")  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("us-central1", "us-central1-aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_engine_name_gives_the_host_of_its_location(location: str, host: str) -> None:
    name = f"projects/p/locations/{location}/reasoningEngines/1"
    assert addresses(name) == (
        f"https://{host}/v1/{name}:streamQuery?alt=sse",
        f"https://{host}/v1beta1/{name}/sessions",
    )


@pytest.mark.parametrize(
    "root", ["http://a.test:1/b", "http://a.test:1/b/v1", "http://a.test:1/b/v1beta1"]
)
def test_engine_may_be_a_url(root: str) -> None:
    name = "projects/p/locations/l/reasoningEngines/1"
    turns, sessions = addresses(f"{root}/{name}")
    assert turns == f"http://a.test:1/b/v1/{name}:streamQuery?alt=sse"
    assert sessions == f"http://a.test:1/b/v1beta1/{name}/sessions"


@pytest.mark.parametrize(
    "engine", ["", "1", "projects/p", "ftp://a/projects/p/locations/l/reasoningEngines/1"]
)
def test_malformed_engine_is_refused(engine: str) -> None:
    with pytest.raises(ValueError, match="reasoningEngines"):
        addresses(engine)


def test_session_id_is_one_that_google_accepts() -> None:
    assert session_name(ConversationId("01jd-abc")) == "01jd-abc"
    for odd in ("01JDABC", "a_b", "-a", "a" * 64):
        name = session_name(ConversationId(odd))
        assert name == session_name(ConversationId(odd))
        assert name.islower()
        assert len(name) == 41
