from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from infra.local.simulators.agent_engine import AgentEngineState, Text, ToolCall, agent_engine_app

NAME = "projects/p/locations/us-central1/reasoningEngines/7"
ENGINE = f"/v1beta1/{NAME}"
DAY = 86_400


class World(AgentEngineState):
    moment = 1_700_000_000.0


@pytest.fixture
def world() -> World:
    world = World(token_seconds=0, tool_seconds=0, now=lambda: World.moment)
    world.script = lambda _message: [
        Text("Let me see."),
        ToolCall("look", {"x_y": 1}),
        Text("Yes."),
    ]
    return world


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(agent_engine_app(world))
    local = {"Authorization": "Bearer local"}
    async with httpx.AsyncClient(transport=transport, base_url="http://a", headers=local) as client:
        yield client


async def make(client: httpx.AsyncClient, session_id: str, **fields: Any) -> httpx.Response:
    body = {"userId": "ada", **fields}
    return await client.post(f"{ENGINE}/sessions", params={"sessionId": session_id}, json=body)


async def query(client: httpx.AsyncClient, method: str, **arguments: Any) -> httpx.Response:
    body = {"class_method": method, "input": arguments}
    return await client.post(f"{ENGINE}:query", json=body)


async def test_a_session_is_made_by_an_operation_that_is_done_at_once_and_can_be_polled(
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


async def test_without_a_ttl_a_session_lives_for_a_year(client: httpx.AsyncClient) -> None:
    made = (await make(client, "abc")).json()
    assert made["response"]["expireTime"] == "2024-11-13T22:13:20Z"


async def test_a_session_without_a_name_gets_one(client: httpx.AsyncClient) -> None:
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
async def test_what_is_not_allowed_is_a_400_and_nothing_is_made(
    client: httpx.AsyncClient, session_id: str, fields: dict[str, str]
) -> None:
    refused = await make(client, session_id, **fields)
    assert refused.status_code == 400
    assert refused.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert (await client.get(f"{ENGINE}/sessions")).json() == {}


async def test_a_name_that_is_taken_is_a_409(client: httpx.AsyncClient) -> None:
    await make(client, "abc")
    taken = await make(client, "abc", userId="bob")
    assert taken.status_code == 409
    assert taken.json()["error"]["status"] == "ALREADY_EXISTS"
    assert (await client.get(f"{ENGINE}/sessions/abc")).json()["userId"] == "ada"


async def test_what_has_expired_is_gone_and_its_name_is_free(
    client: httpx.AsyncClient, world: World
) -> None:
    start = World.moment
    world.now = world.sessions.now = lambda: start
    await make(client, "abc", ttl="86400s")
    world.now = world.sessions.now = lambda: start + DAY
    assert (await client.get(f"{ENGINE}/sessions/abc")).status_code == 404
    assert (await make(client, "abc")).status_code == 200


async def test_the_list_holds_only_what_the_filter_names(client: httpx.AsyncClient) -> None:
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


async def test_pages_follow_each_other_without_a_gap(client: httpx.AsyncClient) -> None:
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


async def test_deleting_takes_the_session_away_once(client: httpx.AsyncClient) -> None:
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


async def test_the_events_of_a_turn_are_kept_whole_in_camel_case(client: httpx.AsyncClient) -> None:
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
    client: httpx.AsyncClient, world: World
) -> None:
    world.session_writes_a_minute = 2
    made = [(await make(client, f"s{number}")).status_code for number in range(3)]
    assert made == [200, 200, 429]


@pytest.mark.parametrize("prefix", ["", "async_"])
async def test_the_class_methods_do_what_the_sessions_api_does(
    client: httpx.AsyncClient, prefix: str
) -> None:
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


async def test_another_users_session_is_as_unknown_as_a_missing_one(
    client: httpx.AsyncClient,
) -> None:
    await make(client, "abc")
    for method in ("async_get_session", "async_delete_session"):
        others = await query(client, method, user_id="bob", session_id="abc")
        missing = await query(client, method, user_id="bob", session_id="xyz")
        assert (others.status_code, others.text) == (missing.status_code, missing.text)
