"""Tokens and errors of a reply, as the events report them."""

import json
import random
from typing import Any

import httpx
import pytest

from common.adapters.agent_engine.client import AgentEngine
from common.adapters.agent_engine.events import ReplyParser
from common.domain import errors
from common.domain.ids import UserId
from common.ports.agent import AgentEvent, Delta, Finished, UsageSoFar
from tests.support.fakes.http import Body, Server

Event = dict[str, Any]
ENGINE = "projects/p/locations/us-central1/reasoningEngines/1"
CALL = {"function_call": {"id": "c1", "name": "look"}}
RESULT = {"function_response": {"id": "c1", "name": "look"}}


def whole(*parts: str | Event, used: int | None = None, **more: Any) -> Event:
    content = [{"text": part} if isinstance(part, str) else part for part in parts]
    event: Event = {"author": "a", "content": {"parts": content}, **more}
    return event if used is None else event | {"usage_metadata": {"total_token_count": used}}


def delta(*parts: str | Event, used: int | None = None, **more: Any) -> Event:
    return whole(*parts, used=used, partial=True, **more)


def parsed(*events: Event) -> list[AgentEvent]:
    parser = ReplyParser()
    found = [passed for event in events for passed in parser.feed(json.dumps(event).encode())]
    return [*found, parser.finish()]


def tokens(*events: Event) -> int | None:
    finished = parsed(*events)[-1]
    assert isinstance(finished, Finished)
    return finished.tokens


def running(*events: Event) -> list[int]:
    return [event.tokens for event in parsed(*events) if isinstance(event, UsageSoFar)]


# ── usage ────────────────────────────────────────────────────────────────────────────────────────


def test_usage_that_is_absent_is_unknown() -> None:
    assert parsed(delta("A"), whole("A")) == [Delta("A"), Finished(None)]


def test_last_usage_of_a_model_call_counts() -> None:
    events = [delta("A", used=5), delta("B", used=7), whole("AB", used=9)]
    assert tokens(*events) == 9
    assert running(*events) == [5, 7, 9]
    assert tokens(delta("A", used=5), whole("A")) == 5


def test_usage_of_a_model_call_never_goes_back() -> None:
    events = [delta("A", used=50), delta("B", used=30), whole("AB", used=20)]
    assert tokens(*events) == 50
    assert running(*events) == [50]
    again = [*events, whole(CALL, used=40), whole(RESULT), delta("C", used=60), whole("C", used=7)]
    assert running(*again) == [50, 90, 150]


def test_model_calls_add_up() -> None:
    events = [
        delta("A", used=13),
        whole("A", CALL, used=13),
        whole(RESULT),
        delta("B", used=13),
        whole("B", used=13),
    ]
    assert tokens(*events) == 26
    assert running(*events) == [13, 26]
    assert tokens(delta("A"), whole("A", used=13), delta("B"), whole("B", used=13)) == 26


def test_usage_that_is_repeated_in_a_second_whole_event_counts_once() -> None:
    """ADK 1.18, and ADK 2.13 without progressive streaming."""
    assert tokens(delta("A"), whole("A", used=13), whole("", used=13, finish_reason="STOP")) == 13
    call = [delta("A"), whole("A", used=17), whole(CALL, used=17), whole(RESULT)]
    assert tokens(*call, delta("B"), whole("B", used=22)) == 39
    assert tokens(*call[:2], whole(CALL), whole("", used=17)) == 17
    early = [delta("A", CALL, used=17), whole(RESULT), whole("A", used=17)]
    assert tokens(*early, delta("B"), whole("B", used=22)) == 39


def test_model_call_whose_whole_event_is_missing_counts() -> None:
    events = [delta("A", CALL, used=17), whole(RESULT), delta("B", used=20), whole("B", used=22)]
    assert tokens(*events) == 39


def test_usage_of_parallel_agents_adds_up() -> None:
    other = {"author": "b"}
    events = [delta("A", used=5), delta("B", used=6) | other]
    events += [whole("A", used=13), whole("B", used=13) | other]
    assert tokens(*events) == 26


def test_prompt_is_that_of_the_last_model_call() -> None:
    first = {"prompt_token_count": 10, "total_token_count": 13}
    second = {"promptTokenCount": 20, "totalTokenCount": 24}
    events = parsed(
        whole("A", CALL, usage_metadata=first), whole(RESULT), whole("B", usageMetadata=second)
    )
    assert events[-1] == Finished(37, 20)


def test_total_that_is_missing_is_added_up() -> None:
    usage = {"prompt_token_count": 10, "candidates_token_count": 3, "thoughts_token_count": 20}
    assert parsed(whole("A", usage_metadata=usage))[-1] == Finished(33, 10)


@pytest.mark.parametrize("odd", [-1, True, "9", 1.5, 2**31, None, [], {}])
def test_odd_usage_is_unknown(odd: Any) -> None:
    assert tokens(whole("A", usage_metadata={"total_token_count": odd})) is None
    assert tokens(whole("A", usage_metadata=odd)) is None


# ── errors ───────────────────────────────────────────────────────────────────────────────────────

TOO_MANY: list[Event] = [
    {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "canary"}},
    {"code": 429, "message": "canary"},
    {"author": "a", "error_code": "RESOURCE_EXHAUSTED", "error_message": "canary"},
    {"author": "a", "errorCode": "429"},
    {"author": "a", "error_code": 429},
    {"author": "a", "error_code": "StatusCode.RESOURCE_EXHAUSTED"},
    {"author": "a", "error_code": "resource_exhausted", "partial": True},
    {"error": {"code": 8, "message": "canary"}},
    {"error": 429},
    {"code": 429, "detail": "canary"},
]
DOWN: list[Event] = [
    {"error": {"code": 503, "status": "UNAVAILABLE"}},
    {"author": "a", "errorCode": 503},
    {"code": 503, "message": "canary"},
    {"code": 14, "message": "canary"},
    {"error": "UNAVAILABLE"},
]


def failure(*events: Event) -> errors.Upstream:
    with pytest.raises(errors.Upstream) as raised:
        parsed(*events)
    return raised.value


@pytest.mark.parametrize("event", TOO_MANY, ids=str)
def test_throttling_inside_a_stream_is_busy(event: Event) -> None:
    for lead in ([], [delta("A")]):
        error = failure(*lead, event)
        assert type(error) is errors.Busy
        assert error.retry_after
        assert "canary" not in str(error)


@pytest.mark.parametrize("event", DOWN, ids=str)
def test_outage_inside_a_stream_is_unavailable(event: Event) -> None:
    assert type(failure(event)) is errors.Unavailable


def read_lines(lines: list[bytes]) -> None:
    parser = ReplyParser()
    for line in lines:
        assert list(parser.feed(line)) == []
    parser.finish()


@pytest.mark.parametrize("event", [*TOO_MANY, *DOWN], ids=str)
def test_error_in_a_list_or_over_several_lines_counts_like_the_status(event: Event) -> None:
    kind = type(failure(event))
    for body in ([event], [{"author": "a"}, event], [event, event], event):
        for indent in (None, 1, 2):
            for sse in (b"", b"data: "):
                lines = [
                    sse + each for each in json.dumps(body, indent=indent).encode().split(b"\n")
                ]
                for text in (lines, [each + b"\r" for each in lines]):
                    with pytest.raises(errors.Upstream) as raised:
                        read_lines(text)
                    assert type(raised.value) is kind


def test_error_in_a_list_keeps_its_delay_and_may_follow_text() -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}
    body = [{"error": {"code": 429, "message": "canary", "details": [info]}}]
    parser = ReplyParser()
    assert list(parser.feed(json.dumps(delta("A")).encode())) == [Delta("A")]
    *first, last = json.dumps(body, indent=2).encode().split(b"\n")
    assert [event for line in first for event in parser.feed(line)] == []
    with pytest.raises(errors.Busy) as raised:
        list(parser.feed(last))
    assert raised.value.retry_after == 7
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("lines", [[b"["], [b"{", b'"a": 1'], [b"[{", *[b'"a": 1,'] * 3_000]])
def test_error_that_has_no_end_is_a_broken_reply(lines: list[bytes]) -> None:
    with pytest.raises(errors.Failed) as raised:
        read_lines(lines)
    assert raised.value.kind == "broken"


@pytest.mark.parametrize(("said", "seconds"), [("7s", 7), ("1.2s", 2), ("9e9s", 2), (7, 2)])
def test_delay_that_the_service_asks_for_is_passed_on(said: Any, seconds: int) -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": said}
    error = {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{}, info]}
    assert failure({"error": error}).retry_after == seconds
    assert failure(error | {"message": "canary"}).retry_after == seconds


def test_throttling_of_an_agent_that_only_thought_is_a_failure() -> None:
    """A caller that has no event takes `Busy` as proof that the agent did not run."""
    error = failure(delta({"text": "Hm.", "thought": True}), TOO_MANY[0])
    assert (type(error), error.code) == (errors.Failed, "agent_failed")


def test_missing_resource_after_a_tool_ran_is_no_lost_session() -> None:
    lost = {"error": {"code": 404, "status": "NOT_FOUND"}}
    assert type(failure(whole(CALL), whole(RESULT), lost)) is errors.Failed


@pytest.mark.parametrize("name", ["error_code", "errorCode"])
def test_model_without_content_gives_an_empty_reply(name: str) -> None:
    nothing = {"author": "a", name: "MODEL_RETURNED_NO_CONTENT", "finish_reason": "STOP"}
    assert failure(nothing).code == "agent_empty"
    assert parsed(whole("A"), nothing) == [Delta("A"), Finished(None)]


@pytest.mark.parametrize("name", ["finish_reason", "finishReason"])
@pytest.mark.parametrize("reason", ["SAFETY", "MAX_TOKENS"])
def test_message_that_was_cut_fails_after_its_text(name: str, reason: str) -> None:
    parser, found = ReplyParser(), list[AgentEvent]()
    with pytest.raises(errors.Failed, match=reason):
        found.extend(parser.feed(json.dumps(whole("A") | {name: reason}).encode()))
    assert found == [Delta("A")]


def test_error_as_a_text_is_a_failure() -> None:
    assert failure({"error": "canary"}).why == "the reply ended with an error"


def test_odd_values_raise_only_declared_errors() -> None:
    odd: list[Any] = [None, 0, -1, 1.5, True, "", "x", "\ud800", [], [1], {}, {"a": 1}, 10**30]
    names = [
        *("author", "branch", "partial", "content", "actions", "usage_metadata", "usageMetadata"),
        *("error", "error_code", "errorCode", "code", "message", "finish_reason", "finishReason"),
        *("long_running_tool_ids", "longRunningToolIds"),
    ]
    inner = [
        *("text", "thought", "function_call", "functionCall", "function_response"),
        *("functionResponse", "thoughtSignature", "id", "name"),
    ]
    chance = random.Random(1)  # noqa: S311 - a test
    for _ in range(3000):
        parser = ReplyParser()
        try:
            for _ in range(4):
                part = {name: chance.choice(odd) for name in chance.sample(inner, 3)}
                part["function_call"] = chance.choice([None, dict(part)])
                event = whole("A", part) | {n: chance.choice(odd) for n in chance.sample(names, 3)}
                for passed in parser.feed(json.dumps(event).encode()):
                    str(passed).encode()
            parser.finish()
        except errors.Upstream:
            pass


# ── the second attempt ───────────────────────────────────────────────────────────────────────────


async def bearer(_: bool) -> dict[str, str]:
    return {"authorization": "Bearer token"}


class RetryPauses:
    """Counts the pauses before a second attempt."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self) -> None:
        self.count += 1


def lines(*events: Event) -> httpx.Response:
    return httpx.Response(
        200, stream=Body(b"".join(json.dumps(e).encode() + b"\n" for e in events))
    )


async def asked(*answers: httpx.Response) -> tuple[list[AgentEvent], errors.Upstream | None, int]:
    """Return the events, the error, and the number of requests."""
    server, pauses, found = Server(*answers), RetryPauses(), list[AgentEvent]()
    agent = AgentEngine(ENGINE, bearer, server.http_client, pause=pauses)
    error: errors.Upstream | None = None
    try:
        await agent.reply(UserId("ada"), "c1", "Hello", found.append)
    except errors.Upstream as raised:
        error = raised
    assert pauses.count == len(server.requests) - 1
    return found, error, len(server.requests)


@pytest.mark.parametrize("event", [TOO_MANY[0], DOWN[0]], ids=["busy", "unavailable"])
async def test_refusal_before_any_event_is_tried_again(event: Event) -> None:
    found, error, requests = await asked(lines(event), lines(whole("A")))
    assert (found, error, requests) == ([Delta("A"), Finished(None)], None, 2)


async def test_second_refusal_is_the_failure() -> None:
    found, error, requests = await asked(lines(TOO_MANY[0]), lines(TOO_MANY[0]))
    assert (found, type(error), requests) == ([], errors.Busy, 2)


async def test_refusal_for_a_long_time_is_not_tried_again() -> None:
    said = {"code": 503, "details": [{"retryDelay": "30s"}]}
    found, error, requests = await asked(lines({"error": said}))
    assert (found, error and error.retry_after, requests) == ([], 30, 1)


async def test_refusal_after_an_event_is_not_tried_again() -> None:
    found, error, requests = await asked(lines(delta("A"), TOO_MANY[0]))
    assert (found, type(error), requests) == ([Delta("A")], errors.Busy, 1)


async def test_failure_before_any_event_is_not_tried_again() -> None:
    _, error, requests = await asked(lines({"author": "a", "error_code": "INTERNAL"}))
    assert (type(error), requests) == (errors.Failed, 1)


async def test_text_that_waits_is_passed_on_when_the_stream_ends() -> None:
    events = [delta("One "), delta("Three ") | {"author": "b"}]
    found, error, _ = await asked(lines(*events))
    assert found == [Delta("One "), Delta("\n\nThree ")]
    assert error is not None
    assert error.code == "agent_broken"
