from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from infra.local.simulators.agent_engine import (
    AgentEngineState,
    Message,
    Step,
    Text,
    ToolRun,
    agent_engine_app,
)

NAME = "projects/p/locations/us-central1/reasoningEngines/7"
ENGINE = f"/v1beta1/{NAME}"
DAY = 86_400


class TimedState(AgentEngineState):
    moment = 1_700_000_000.0


@pytest.fixture
def state() -> TimedState:
    state = TimedState(token_seconds=0, tool_seconds=0, now=lambda: TimedState.moment)
    state.script = lambda _message: [
        Text("Let me see."),
        ToolRun("look", {"x_y": 1}),
        Text("Yes."),
    ]
    return state


@pytest.fixture
async def client(state: TimedState) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(agent_engine_app(state))
    local = {"Authorization": "Bearer local"}
    async with httpx.AsyncClient(transport=transport, base_url="http://a", headers=local) as client:
        yield client


async def make(client: httpx.AsyncClient, session_id: str, **fields: Any) -> httpx.Response:
    body = {"userId": "ada", **fields}
    return await client.post(f"{ENGINE}/sessions", params={"sessionId": session_id}, json=body)


async def query(client: httpx.AsyncClient, method: str, **arguments: Any) -> httpx.Response:
    body = {"class_method": method, "input": arguments}
    return await client.post(f"{ENGINE}:query", json=body)


async def test_creation_is_a_finished_operation_that_can_be_polled(
    client: httpx.AsyncClient,
) -> None:
    made = (await make(client, "abc", sessionState={"mood": "good"}, ttl="86400s")).json()
    assert made["done"] is True
    assert made["response"]["name"] == f"{NAME}/sessions/abc"
    assert made["name"].startswith(f"{NAME}/sessions/abc/operations/")
    for version in ("v1", "v1beta1"):
        assert (await client.get(f"/{version}/{made['name']}")).json() == made
    session = (await client.get(f"/v1/{NAME}/sessions/abc")).json()
    assert session["userId"] == "ada"
    assert session["sessionState"] == {"mood": "good"}
    assert session["createTime"] == "2023-11-14T22:13:20Z"
    assert session["expireTime"] == "2023-11-15T22:13:20Z"
    assert "ttl" not in session


async def test_session_without_ttl_expires_after_a_year(client: httpx.AsyncClient) -> None:
    made = (await make(client, "abc")).json()
    assert made["response"]["expireTime"] == "2024-11-13T22:13:20Z"


async def test_session_without_an_id_gets_one(client: httpx.AsyncClient) -> None:
    made = await client.post(f"{ENGINE}/sessions", json={"userId": "ada"})
    name = made.json()["response"]["name"]
    assert (await client.get(f"/v1beta1/{name}")).status_code == 200


@pytest.mark.parametrize(
    ("session_id", "fields"),
    [
        ("abc", {"ttl": "3600s"}),
        ("abc", {"ttl": "86399.999s"}),
        ("abc", {"ttl": "a day"}),
        ("abc", {"expireTime": "2023-11-15T00:00:00Z"}),
        ("abc", {"ttl": "90000s", "expireTime": "2030-01-01T00:00:00Z"}),
        ("abc", {"userId": ""}),
        ("Upper", {}),
        ("under_score", {}),
        ("ends-", {}),
        ("a" * 64, {}),
    ],
)
async def test_invalid_session_is_400_and_not_created(
    client: httpx.AsyncClient, session_id: str, fields: dict[str, str]
) -> None:
    refused = await make(client, session_id, **fields)
    assert refused.status_code == 400
    assert refused.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert (await client.get(f"{ENGINE}/sessions")).json() == {}


async def test_duplicate_id_is_409(client: httpx.AsyncClient) -> None:
    await make(client, "abc")
    taken = await make(client, "abc", userId="bob")
    assert taken.status_code == 409
    assert taken.json()["error"]["status"] == "ALREADY_EXISTS"
    assert (await client.get(f"{ENGINE}/sessions/abc")).json()["userId"] == "ada"


async def test_expired_session_is_gone_and_its_id_free(
    client: httpx.AsyncClient, state: TimedState
) -> None:
    start = TimedState.moment
    state.now = state.sessions.now = lambda: start
    await make(client, "abc", ttl="86400s")
    state.now = state.sessions.now = lambda: start + DAY
    assert (await client.get(f"{ENGINE}/sessions/abc")).status_code == 404
    assert (await make(client, "abc")).status_code == 200


async def test_filter_selects_sessions(client: httpx.AsyncClient) -> None:
    await make(client, "s1", displayName="one")
    await make(client, "s2", userId='bo"b')
    await make(client, "s3", labels={"kind": "test"})
    found = {}
    for wanted in (
        'user_id="ada"',
        'user_id="bo\\"b"',
        "user_id=ada",
        'user_id="ada" AND display_name="one"',
        'labels.kind="test"',
        'user_id="nobody"',
        "",
    ):
        page = (await client.get(f"{ENGINE}/sessions", params={"filter": wanted})).json()
        found[wanted] = [s["name"].rpartition("/")[2] for s in page.get("sessions", [])]
    assert list(found.values()) == [
        ["s1", "s3"],
        ["s2"],
        ["s1", "s3"],
        ["s1"],
        ["s3"],
        [],
        ["s1", "s2", "s3"],
    ]
    bad = await client.get(f"{ENGINE}/sessions", params={"filter": "mood=good"})
    assert bad.status_code == 400


async def test_pages_cover_all_sessions_once(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await make(client, f"s{number}")
    seen, token = [], ""
    while True:
        params = {"pageSize": "2", "pageToken": token}
        page = (await client.get(f"{ENGINE}/sessions", params=params)).json()
        seen += [session["name"][-2:] for session in page["sessions"]]
        token = page.get("nextPageToken", "")
        if not token:
            break
    assert seen == ["s0", "s1", "s2", "s3", "s4"]


async def test_deleted_session_is_404(client: httpx.AsyncClient) -> None:
    await make(client, "abc")
    deleted = (await client.delete(f"{ENGINE}/sessions/abc")).json()
    assert deleted["done"] is True
    assert (await client.get(f"/v1beta1/{deleted['name']}")).json() == deleted
    for missing in (
        await client.get(f"{ENGINE}/sessions/abc"),
        await client.delete(f"{ENGINE}/sessions/abc"),
        await client.get(f"{ENGINE}/sessions/abc/events"),
        await client.get(f"{ENGINE}/operations/1"),
    ):
        assert missing.status_code == 404
        assert missing.json()["error"]["status"] == "NOT_FOUND"


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


async def test_session_writes_over_the_quota_are_429(
    client: httpx.AsyncClient, state: TimedState
) -> None:
    state.session_writes_a_minute = 2
    made = [(await make(client, f"s{number}")).status_code for number in range(3)]
    assert made == [200, 200, 429]


@pytest.mark.parametrize("prefix", ["", "async_"])
async def test_class_methods_manage_sessions(client: httpx.AsyncClient, prefix: str) -> None:
    made = await query(client, f"{prefix}create_session", user_id="ada", state={"a": 1})
    session = made.json()["output"]
    mine = {"user_id": "ada", "session_id": session["id"]}
    assert session["state"] == {"a": 1}
    assert (await query(client, f"{prefix}get_session", **mine)).json()["output"] == session
    listed = await query(client, f"{prefix}list_sessions", user_id="ada")
    assert [s["id"] for s in listed.json()["output"]["sessions"]] == [session["id"]]
    assert (await query(client, f"{prefix}delete_session", **mine)).json() == {"output": None}
    gone = await query(client, f"{prefix}get_session", **mine)
    assert gone.status_code == 400
    assert "Session not found" in gone.json()["error"]["message"]


async def test_class_methods_refuse_the_session_of_another_user(client: httpx.AsyncClient) -> None:
    await make(client, "abc")
    for method in ("async_get_session", "async_delete_session"):
        refused = await query(client, method, user_id="bob", session_id="abc")
        assert refused.status_code == 400
        assert "Session abc does not belong to user bob." in refused.json()["error"]["message"]
    assert (await client.get(f"{ENGINE}/sessions/abc")).status_code == 200


async def test_deleting_a_missing_session_by_class_method_is_no_error(
    client: httpx.AsyncClient,
) -> None:
    answer = await query(client, "async_delete_session", user_id="bob", session_id="xyz")
    assert answer.json() == {"output": None}


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


async def test_update_changes_what_the_mask_names(client: httpx.AsyncClient) -> None:
    await make(client, "abc", displayName="old", sessionState={"a": 1})
    body = {"displayName": "new", "sessionState": {"b": 2}, "ttl": "172800s"}
    mask = {"updateMask": "display_name,ttl"}
    answer = await client.patch(f"{ENGINE}/sessions/abc", params=mask, json=body)
    updated = answer.json()
    assert updated["displayName"] == "new"
    assert updated["sessionState"] == {"a": 1}
    assert updated["expireTime"] == "2023-11-16T22:13:20Z"
    everything = await client.patch(f"{ENGINE}/sessions/abc", json=body)
    assert everything.json()["sessionState"] == {"b": 2}
    for wrong in ({"updateMask": "user_id"}, {"updateMask": "name"}):
        refused = await client.patch(f"{ENGINE}/sessions/abc", params=wrong, json=body)
        assert refused.status_code == 400


async def test_update_to_less_than_a_day_is_400(client: httpx.AsyncClient) -> None:
    await make(client, "abc")
    refused = await client.patch(f"{ENGINE}/sessions/abc", json={"ttl": "3600s"})
    assert refused.status_code == 400
