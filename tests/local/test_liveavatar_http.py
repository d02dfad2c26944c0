"""The provider's HTTP calls, over a real socket."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from infra.local.simulators.faults import Fault, Faults, Mode
from infra.local.simulators.faulty import Faulty
from infra.local.simulators.liveavatar import (
    LiveAvatarAccount,
    LiveAvatarSettings,
    ManualClock,
    liveavatar_app,
)
from tests.local.liveavatar_client import (
    AVATAR,
    KEY,
    MOUNT,
    SANDBOX_AVATAR,
    Provider,
    bearer,
    provider,
)
from tests.local.serving import client_of


@pytest.fixture
async def there() -> AsyncIterator[Provider]:
    async with provider() as it:
        yield it


def claims(token: str) -> dict[str, Any]:
    middle = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=="))
    return found


async def test_a_session_from_token_to_end(there: Provider) -> None:
    started = await there.started(max_session_duration=120)
    assert started["max_session_duration"] == 120
    await there.clock.advance(70)
    active = await there.get("/v1/sessions?type=active")
    assert active == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [
            {
                "id": started["session_id"],
                "created_at": "2026-11-23T12:00:00Z",
                "updated_at": "2026-11-23T12:00:00Z",
                "duration": 70,
                "source": "API",
                "mode": "LITE",
                "is_sandbox": False,
                "credits_consumed": 2,
            }
        ],
    }
    answer = await there.stop(started["session_id"])
    assert (answer.status_code, answer.json()) == (
        200,
        {"code": 1000, "data": None, "message": "Success"},
    )
    one = await there.get(f"/v1/sessions/{started['session_id']}")
    assert one["end_at"] == "2026-11-23T12:01:10Z"
    assert one["end_reason"] == "USER_CLOSED"
    assert (await there.get("/v1/sessions?type=historic"))["results"] == [one]
    assert await there.get("/v1/users/credits") == {"credits_left": "998.0"}


async def test_addresses_follow_the_request(there: Provider) -> None:
    started = await there.started()
    host = urlsplit(str(there.http.base_url)).netloc
    path = f"ws://{host}{MOUNT}"
    assert started["ws_url"].startswith(f"{path}/ws/{started['session_id']}?token=")
    assert started["livekit_url"] == f"{path}/livekit"


async def test_tokens_are_jwts_that_tell_mode_and_expiry(there: Provider) -> None:
    started = await there.started()
    now = there.clock.now().timestamp()
    for name in ("session_token", "livekit_client_token"):
        told = claims(started[name])
        assert told["exp"] == now + 3600
        assert told["start_session_data"]["mode"] == "LITE"
    grant = claims(started["livekit_client_token"])["video"]
    assert (grant["room"], grant["roomJoin"]) == (started["session_id"], True)


async def test_start_takes_the_bearer_token_only(there: Provider) -> None:
    ordered = await there.order()
    body = {"session_id": ordered["session_id"]}
    for headers in ({}, KEY, {"Authorization": "Basic x"}, {"Authorization": "Bearer"}):
        answer = await there.http.post("/v1/sessions/start", json=body, headers=headers)
        assert answer.status_code == 403
    assert (await there.start("nonsense")).status_code == 401
    livekit = (await there.started())["livekit_client_token"]
    assert (await there.start(livekit)).status_code == 401
    assert (await there.start(ordered["session_token"], session_id="another")).status_code == 403
    assert (await there.start(ordered["session_token"], **body)).status_code == 201


async def test_start_needs_no_body(there: Provider) -> None:
    ordered = await there.order()
    answer = await there.http.post("/v1/sessions/start", headers=bearer(ordered["session_token"]))
    assert answer.status_code == 201


async def test_a_session_token_expires(there: Provider) -> None:
    ordered = await there.order()
    await there.clock.advance(3600)
    assert (await there.start(ordered["session_token"])).status_code == 401


async def test_start_twice(there: Provider) -> None:
    started = await there.started()
    answer = await there.start(started["session_token"])
    assert (answer.status_code, answer.json()["message"]) == (400, "Session already started")
    async with provider(LiveAvatarSettings(start_twice="again")) as kinder:
        started = await kinder.started()
        assert (await kinder.start(started["session_token"])).status_code == 201
        assert await kinder.get("/v1/users/credits") == {"credits_left": "999.0"}


async def test_over_its_concurrency() -> None:
    async with provider(LiveAvatarSettings(concurrency=2)) as there:
        for _ in range(2):
            await there.started()
        ordered = await there.order()
        answer = await there.start(ordered["session_token"])
        assert (answer.status_code, answer.json()) == (
            403,
            {"code": 4003, "data": None, "message": "Session concurrency limit reached"},
        )
        assert (await there.get("/v1/sessions?type=active"))["count"] == 2


async def test_a_start_may_be_answered_late() -> None:
    async with provider(LiveAvatarSettings(start_delay_seconds=9)) as there:
        ordered = await there.order()
        with pytest.raises(httpx.ReadTimeout):
            await there.http.post(
                "/v1/sessions/start", headers=bearer(ordered["session_token"]), timeout=0.05
            )
        assert (await there.get("/v1/sessions?type=active"))["count"] == 1
        await there.clock.advance(9)


@pytest.mark.parametrize("call", ["stop", "keep-alive"])
async def test_key_or_bearer(there: Provider, call: str) -> None:
    path = f"/v1/sessions/{call}"
    first, second = await there.started(), await there.started()
    token = bearer(first["session_token"])
    named = {"session_id": first["session_id"]}
    other = {"session_id": second["session_id"]}
    post = there.http.post
    assert (await post(path, json=named)).status_code == 401
    assert (await post(path, json=named, headers={"X-API-KEY": "wrong"})).status_code == 401
    assert (await post(path, json={}, headers=KEY)).status_code == 422
    assert (await post(path, json={"session_id": "none"}, headers=KEY)).status_code == 404
    assert (await post(path, json=other, headers=token)).status_code == 403
    assert (await post(path, headers=token)).status_code == 200
    assert (await post(path, json=other, headers=KEY)).status_code == 200


@pytest.mark.parametrize(
    ("policy", "status"), [("already ended", 400), ("not found", 404), ("ok", 200)]
)
async def test_stopping_what_has_ended(policy: Any, status: int) -> None:
    async with provider(LiveAvatarSettings(stop_ended=policy)) as there:
        session_id = (await there.started())["session_id"]
        await there.stop(session_id)
        assert (await there.stop(session_id, reason="IDLE_TIMEOUT")).status_code == status
        assert (await there.get(f"/v1/sessions/{session_id}"))["end_reason"] == "USER_CLOSED"


async def test_delete_is_405_and_stops_nothing(there: Provider) -> None:
    session_id = (await there.started())["session_id"]
    answer = await there.http.delete(f"/v1/sessions/{session_id}", headers=KEY)
    assert answer.status_code == 405
    assert (await there.get("/v1/sessions?type=active"))["count"] == 1


async def test_keep_alive_keeps_it_alive(there: Provider) -> None:
    session_id = (await there.started())["session_id"]
    for _ in range(3):
        await there.clock.advance(250)
        body = {"session_id": session_id}
        answer = await there.http.post("/v1/sessions/keep-alive", json=body, headers=KEY)
        assert answer.status_code == 200
    await there.clock.advance(301)
    one = await there.get(f"/v1/sessions/{session_id}")
    assert (one["end_reason"], one["duration"]) == ("IDLE_TIMEOUT", 1050)


async def test_pages_have_absolute_addresses(there: Provider) -> None:
    for _ in range(5):
        await there.started()
        await there.clock.advance(1)
    url: str | None = "/v1/sessions?type=active&page=1&page_size=2"
    seen, pages = [], []
    while url:
        page = await there.get(url)
        seen += [each["id"] for each in page["results"]]
        pages.append((page["count"], page["previous"] is None))
        url = page["next"]
        assert url is None or url.startswith(f"{there.http.base_url}v1/sessions?")
    assert pages == [(5, True), (5, False), (5, False)]
    assert len(set(seen)) == 5


@pytest.mark.parametrize(
    "query", ["", "type=all", "type=active&page=0", "type=active&page_size=101"]
)
async def test_a_list_that_is_asked_for_wrongly(there: Provider, query: str) -> None:
    answer = await there.http.get(f"/v1/sessions?{query}", headers=KEY)
    assert answer.status_code == 422
    assert answer.json()["data"][0]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        {"mode": "LITE"},
        {"mode": "OTHER", "avatar_id": AVATAR},
        {"mode": "LITE", "avatar_id": "no uuid"},
        {"mode": "LITE", "avatar_id": AVATAR, "max_session_duration": 0},
        {"mode": "LITE", "avatar_id": AVATAR, "max_session_duration": 3601},
        {"mode": "LITE", "avatar_id": AVATAR, "video_settings": {"quality": "best"}},
        {"mode": "LITE", "avatar_id": AVATAR, "is_sandbox": True},
    ],
)
async def test_a_token_that_is_asked_for_wrongly(there: Provider, body: Any) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = await there.http.post("/v1/sessions/token", content=content, headers=KEY)
    assert answer.status_code == 422
    assert answer.json()["data"][0]["message"]


async def test_the_sandbox_and_unknown_avatars() -> None:
    async with provider(LiveAvatarSettings(known_avatars_only=True)) as there:
        await there.started(avatar_id=SANDBOX_AVATAR, is_sandbox=True)
        stranger = {"mode": "LITE", "avatar_id": "00000000-0000-4000-8000-000000000000"}
        answer = await there.http.post("/v1/sessions/token", json=stranger, headers=KEY)
        assert answer.status_code == 422


async def test_full_mode_has_no_websocket(there: Provider) -> None:
    started = await there.started(mode="FULL")
    assert started["ws_url"] is None
    assert await there.get("/v1/users/credits") == {"credits_left": "998.0"}


@pytest.mark.parametrize(
    "path",
    ["/v1/avatars", "/v1/avatars/public", "/v1/voices", "/v1/languages"],
)
async def test_catalogues(there: Provider, path: str) -> None:
    assert (await there.http.get(path)).status_code == 401
    assert (await there.get(path))["results"]


async def test_what_is_not_there(there: Provider) -> None:
    assert (await there.http.get("/v1/nothing", headers=KEY)).json()["code"] == 404
    assert (await there.http.get("/v1/sessions/none", headers=KEY)).status_code == 404


async def test_a_page_of_the_local_web_may_call_it(there: Provider) -> None:
    origin = {"Origin": "http://localhost:5173"}
    answer = await there.http.get("/v1/voices", headers={**KEY, **origin})
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"
    elsewhere = await there.http.get("/v1/voices", headers={**KEY, "Origin": "http://evil.test"})
    assert "access-control-allow-origin" not in elsewhere.headers


async def test_the_journal_tells_what_came_and_no_secret(there: Provider) -> None:
    started = await there.started(max_session_duration=100)
    await there.clock.advance(2.5)
    await there.stop(started["session_id"], reason="AGENT_HANG_UP", note="canary-in-a-body")
    await there.http.get("/v1/voices", headers={"X-API-KEY": "canary-in-a-key"})
    text = (await there.http.get("/journal")).text
    for secret in (
        "local-key",
        "canary",
        started["session_token"],
        started["livekit_client_token"],
        started["ws_url"].partition("token=")[2],
    ):
        assert secret not in text
    told = await there.journal(started["session_id"])
    assert (told["state"], told["end_reason"], told["seconds"]) == ("ended", "AGENT_HANG_UP", 2.5)
    assert told["started_at"] == "2026-11-23T12:00:00.000+00:00"
    requests = [each for each in told["entries"] if each["kind"] == "request"]
    assert [(each["path"], each["seconds"], each["status"]) for each in requests] == [
        ("/v1/sessions/token", 0, 200),
        ("/v1/sessions/start", 0, 201),
        ("/v1/sessions/stop", 2.5, 200),
    ]
    assert requests[0]["body"]["max_session_duration"] == 100
    assert requests[2]["body"]["reason"] == "AGENT_HANG_UP"


async def test_a_call_that_a_fault_held_back_never_arrived() -> None:
    world, faults = LiveAvatarAccount(), Faults()
    faults.add(Fault(service="liveavatar", path="/v1/sessions/token", mode="429"))
    async with client_of(Faulty(liveavatar_app(world), faults, "liveavatar")) as http:
        body = {"mode": "LITE", "avatar_id": AVATAR}
        busy = await http.post("/v1/sessions/token", json=body, headers=KEY)
        assert (busy.status_code, busy.headers["retry-after"]) == (429, "1")
        assert (await http.get("/journal")).json() == {"sessions": [], "entries": []}
        assert (await http.post("/v1/sessions/token", json=body, headers=KEY)).status_code == 200


@pytest.mark.parametrize(("mode", "running"), [("truncate", 1), ("reset", 0), ("garbage", 0)])
async def test_a_start_whose_answer_was_lost_may_run(mode: Mode, running: int) -> None:
    world, faults = LiveAvatarAccount(), Faults()
    async with client_of(Faulty(liveavatar_app(world), faults, "liveavatar")) as http:
        there = Provider(world, ManualClock(), http)
        ordered = await there.order()
        faults.add(Fault(service="liveavatar", path="/v1/sessions/start", mode=mode))
        with pytest.raises((httpx.TransportError, ValueError)):
            (await there.start(ordered["session_token"])).json()
        assert (await there.get("/v1/sessions?type=active"))["count"] == running
        await there.stop(ordered["session_id"])
        assert (await there.get("/v1/sessions?type=active"))["count"] == 0
