from typing import Any

import httpx
import pytest

from infra.local.simulators.agent_engine import (
    Message,
    Step,
)
from tests.local.agent_engine.session_calls import ENGINE, NAME, TimedState, make


async def test_whole_events_of_a_turn_are_stored_in_camel_case(client: httpx.AsyncClient) -> None:
    await make(client, "abc")
    asked = {
        "user_id": "ada",
        "session_id": "abc",
        "message": "well?",
        "run_config": {"streaming_mode": "sse"},
    }
    body = {"class_method": "async_stream_query", "input": asked}
    await client.post(f"{ENGINE}:streamQuery", json=body)
    kept = (await client.get(f"{ENGINE}/sessions/abc/events")).json()["sessionEvents"]
    assert [event["author"] for event in kept] == ["user", *["assistant"] * 3]
    assert kept[0]["content"] == {"role": "user", "parts": [{"text": "well?"}]}
    call = kept[1]["content"]["parts"][1]["functionCall"]
    assert call["args"] == {"x_y": 1}
    assert kept[2]["content"]["parts"][0]["functionResponse"]["id"] == call["id"]
    assert kept[3]["content"]["parts"] == [{"text": "Yes."}]


EVENT: dict[str, Any] = {
    "author": "assistant",
    "invocationId": "e-1",
    "timestamp": "2023-11-14T22:14:00Z",
    "content": {
        "role": "model",
        "parts": [{"text": "Hello."}, {"functionCall": {"name": "f", "args": {"x_y": 1}}}],
    },
    "actions": {"stateDelta": {"mood": "good", "temp:token": "canary"}, "transferAgent": "other"},
    "eventMetadata": {"turnComplete": True, "customMetadata": {"a_b": 1}},
    "rawEvent": {"id": "own", "author": "assistant"},
}


async def append(client: httpx.AsyncClient, event: dict[str, Any]) -> httpx.Response:
    return await client.post(f"{ENGINE}/sessions/abc:appendEvent", json=event)


async def test_appended_event_is_listed_and_changes_the_state(client: httpx.AsyncClient) -> None:
    await make(client, "abc")
    answer = await append(client, EVENT)
    assert (answer.status_code, answer.json()) == (200, {})
    (event,) = (await client.get(f"{ENGINE}/sessions/abc/events")).json()["sessionEvents"]
    assert event.pop("name").startswith(f"{NAME}/sessions/abc/events/")
    assert event == EVENT
    session = (await client.get(f"{ENGINE}/sessions/abc")).json()
    assert session["sessionState"] == {"mood": "good"}
    assert session["updateTime"] == "2023-11-14T22:14:00Z"


async def test_appended_event_in_snake_case_is_the_same(client: httpx.AsyncClient) -> None:
    await make(client, "abc")
    call = {"function_call": {"name": "f", "args": {"x_y": 1}}}
    event = {
        "author": "assistant",
        "invocation_id": "e-1",
        "timestamp": "2023-11-14T22:14:00Z",
        "content": {"role": "model", "parts": [call]},
    }
    assert (await append(client, event)).status_code == 200
    (stored,) = (await client.get(f"{ENGINE}/sessions/abc/events")).json()["sessionEvents"]
    assert stored["content"]["parts"] == [{"functionCall": {"name": "f", "args": {"x_y": 1}}}]


async def test_appended_message_is_history_of_the_next_turn(
    client: httpx.AsyncClient, state: TimedState
) -> None:
    seen: list[str] = []

    def script(message: Message) -> list[Step]:
        seen.extend(line.text for line in message.history)
        return []

    state.script = script
    await make(client, "abc")
    await append(client, EVENT)
    asked = {"user_id": "ada", "session_id": "abc", "message": "well?"}
    body = {"class_method": "async_stream_query", "input": asked}
    await client.post(f"{ENGINE}:streamQuery", json=body)
    assert seen == ["Hello."]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"author": None}, "event.author"),
        ({"timestamp": None}, "event.timestamp"),
        ({"timestamp": "noon"}, "event.timestamp"),
        ({"mood": "good"}, "Unknown name \"mood\" at 'event'"),
        ({"actions": {"compaction": {}}}, "Unknown name \"compaction\" at 'event.actions'"),
        (
            {"content": {"parts": [{"text": "x", "part_metadata": {}}]}},
            "Unknown name \"part_metadata\" at 'event.content.parts[0]'",
        ),
        ({"eventMetadata": {"mood": 1}}, "Unknown name \"mood\" at 'event.event_metadata'"),
    ],
)
async def test_invalid_event_is_400_and_not_appended(
    client: httpx.AsyncClient, change: dict[str, Any], message: str
) -> None:
    await make(client, "abc")
    answer = await append(client, EVENT | change)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]
    assert (await client.get(f"{ENGINE}/sessions/abc/events")).json() == {}


async def test_events_are_filtered_by_their_time(client: httpx.AsyncClient) -> None:
    await make(client, "abc")
    for second in range(4):
        await append(client, EVENT | {"timestamp": f"2023-11-14T22:14:0{second}Z"})
    wanted = 'timestamp>="2023-11-14T22:14:01Z" AND timestamp<"2023-11-14T23:14:03+01:00"'
    found = await client.get(f"{ENGINE}/sessions/abc/events", params={"filter": wanted})
    times = [event["timestamp"][-3:] for event in found.json()["sessionEvents"]]
    assert times == ["01Z", "02Z"]
    refused = await client.get(f"{ENGINE}/sessions/abc/events", params={"filter": "author=x"})
    assert refused.status_code == 400


async def test_appends_over_the_quota_are_429(client: httpx.AsyncClient, state: TimedState) -> None:
    state.event_appends_a_minute = 1
    await make(client, "abc")
    assert [(await append(client, EVENT)).status_code for _ in range(2)] == [200, 429]


async def test_event_cannot_be_appended_to_a_missing_session(client: httpx.AsyncClient) -> None:
    assert (await append(client, EVENT)).status_code == 404
