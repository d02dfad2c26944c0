import httpx
import pytest

from tests.local.agent_engine.session_calls import DAY, ENGINE, NAME, TimedState, make, query


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
