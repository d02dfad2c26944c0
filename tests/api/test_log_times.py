"""The log line of a request: how long each part took, and the trace that it belongs to."""

import asyncio
from typing import get_type_hints

import pytest

from common.domain import errors
from common.observability.instrumentation import PARTS
from common.ports.dependencies import Dependencies
from tests.api.client import CANARY, EVENTS, FunctionClient
from tests.api.test_logs import check_line, last_line
from tests.support.harness import advance
from tests.support.log_output import Output


async def test_a_chat_has_the_time_of_each_part(api: FunctionClient, out: Output) -> None:
    """The first sentence is complete 2.0 s after the agent was asked, and its audio 0.3 s later."""
    started = await api.start()
    api.harness.voice.seconds = 0.3
    api.harness.agent.replies.append([0.5, f"{CANARY} ", 1.5, "goes home.", 0.25, " And", " out."])

    async def takes(kind: str) -> None:
        await asyncio.sleep(0.06 if kind == "commit" else 0.0)

    api.harness.store.before = takes
    body = {"message": CANARY, "conversation_id": started["conversation_id"]}
    answer = await api.call("chat", body, headers={"accept": EVENTS})
    line = last_line(out)
    check_line(line, "chat", 200)
    parts = line["parts"]
    assert parts["commit"] == pytest.approx(5 * 0.06), "three commits and two checkpoints"
    assert parts["agent_first_token"] == pytest.approx(0.5)
    assert parts["agent"] == pytest.approx(2.25)
    assert parts["first_speech"] == pytest.approx(0.06 + 2.0 + 0.3), "the turn is committed first"
    assert line["first_speech_lag_seconds"] == pytest.approx(0.3)
    assert {"identity", "read", "connection", "vault", "voice", "agent_session"} <= parts.keys()
    assert line["seconds"] > parts["first_speech"]
    assert line["turn_id"] in answer.text
    assert line["conversation_id"] == started["conversation_id"]
    assert line["avatar_session_id"] == started["avatar_session_id"]
    assert "canary" not in out.text


def test_every_timed_method_exists_on_its_port() -> None:
    ports = get_type_hints(Dependencies)
    missing = [
        f"{port}.{method}"
        for port, methods in PARTS.items()
        for method in methods
        if not hasattr(ports[port], method)
    ]
    assert missing == []


async def test_the_lag_of_speak_counts_from_the_request(api: FunctionClient, out: Output) -> None:
    started = await api.start()
    api.harness.voice.seconds = 0.7
    body = {"avatar_session_id": started["avatar_session_id"], "text": f"{CANARY}. And on."}
    await api.call("speak", body)
    line = last_line(out)
    assert line["first_speech_lag_seconds"] == line["parts"]["first_speech"]
    assert line["first_speech_lag_seconds"] == pytest.approx(0.7, abs=0.01)
    assert line["conversation_id"] == started["conversation_id"]
    assert "canary" not in out.text


@pytest.mark.parametrize("speak", [False, None])
async def test_a_turn_without_speech_has_no_lag(
    api: FunctionClient, out: Output, speak: bool | None
) -> None:
    await api.call("chat", {"message": "Hi.", "speak": speak})
    assert "first_speech_lag_seconds" not in last_line(out)
    assert "first_speech" not in last_line(out)["parts"]


async def test_a_sweep_has_its_counts_and_the_credits_left(
    api: FunctionClient, out: Output
) -> None:
    await api.start()
    advance(api.harness.clock, 3_600)
    await api.call("sweep_expired", user=None)
    line = last_line(out)
    assert line["did"] == {
        **dict.fromkeys(
            (
                "idle",
                "stuck",
                "leases_freed",
                "stopped_again",
                "unknown",
                "deleted",
                "accounts_deleted",
            ),
            0,
        ),
        "expired": 1,
        "failed": 0,
        "confirmed": 0,
        "stopped": 0,
        "more": False,
    }
    assert line["credits_left"] == pytest.approx(api.harness.avatars.bought - 10, abs=6)
    assert {"read", "commit", "active", "credits"} <= line["parts"].keys()


async def test_a_sweep_without_credits_succeeds(api: FunctionClient, out: Output) -> None:
    api.harness.avatars.fail_next("credits", errors.Unavailable("avatar", "away"))
    answer = await api.call("sweep_expired", user=None)
    assert answer.json()["failed"] == 0
    warning, line = out.entries()
    assert warning["severity"] == "WARNING"
    check_line(line, "sweep_expired", 200)
    assert "credits_left" not in line


TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HERE = f"projects/oprina-local/traces/{TRACE}"
TRACES: list[tuple[dict[str, str], tuple[str, str | None, bool] | None]] = [
    ({"traceparent": f"00-{TRACE}-{SPAN}-01"}, (HERE, SPAN, True)),
    ({"traceparent": f"00-{TRACE}-{SPAN}-00"}, (HERE, SPAN, False)),
    ({"x-cloud-trace-context": f"{TRACE}/{int(SPAN, 16)};o=1"}, (HERE, SPAN, True)),
    ({"x-cloud-trace-context": f"{TRACE}/{int(SPAN, 16)}"}, (HERE, SPAN, False)),
    ({"x-cloud-trace-context": f"{TRACE}/0;o=1"}, (HERE, None, True)),
    ({"x-cloud-trace-context": TRACE}, (HERE, None, False)),
    ({"traceparent": f"00-{'0' * 32}-{SPAN}-01"}, None),
    ({"traceparent": f'{CANARY}", "severity": "ERROR'}, None),
    ({"x-cloud-trace-context": f"{TRACE}/{'9' * 30};o=1"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "found"), TRACES)
async def test_a_line_belongs_to_the_trace_of_the_request(
    api: FunctionClient,
    out: Output,
    headers: dict[str, str],
    found: tuple[str, str | None, bool] | None,
) -> None:
    await api.call("chat", {"message": "Hi."}, headers=headers)
    line = last_line(out)
    names = [f"logging.googleapis.com/{name}" for name in ("trace", "spanId", "trace_sampled")]
    assert [line.get(name) for name in names] == list(found or (None, None, None))
    assert "canary" not in out.text
