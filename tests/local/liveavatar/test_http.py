"""The provider's HTTP calls about sessions, over a real socket."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from infra.local.simulators.liveavatar import LiveAvatarSettings
from tests.local.liveavatar.client import (
    AVATAR,
    KEY,
    MOUNT,
    UNKNOWN_ID,
    SimulatedProvider,
    bearer,
    provider,
)


@pytest.fixture
async def there() -> AsyncIterator[SimulatedProvider]:
    async with provider() as it:
        yield it


def claims(token: str) -> dict[str, Any]:
    middle = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=="))
    return found


async def test_a_session_from_token_to_end(there: SimulatedProvider) -> None:
    started = await there.start_session(max_session_duration=120)
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


async def test_addresses_follow_the_request(there: SimulatedProvider) -> None:
    started = await there.start_session()
    host = urlsplit(str(there.http.base_url)).netloc
    path = f"ws://{host}{MOUNT}"
    assert started["ws_url"].startswith(f"{path}/ws/{started['session_id']}?token=")
    assert started["livekit_url"] == f"{path}/livekit"


async def test_tokens_are_jwts_with_mode_and_expiry(there: SimulatedProvider) -> None:
    started = await there.start_session()
    now = there.clock.now().timestamp()
    for name in ("session_token", "livekit_client_token"):
        found = claims(started[name])
        assert found["exp"] == now + 3600
        assert found["start_session_data"]["mode"] == "LITE"
    grant = claims(started["livekit_client_token"])["video"]
    assert (grant["room"], grant["roomJoin"]) == (started["session_id"], True)


async def test_start_takes_the_bearer_token_only(there: SimulatedProvider) -> None:
    ordered = await there.order()
    body = {"session_id": ordered["session_id"]}
    for headers in ({}, KEY, {"Authorization": "Basic x"}, {"Authorization": "Bearer"}):
        answer = await there.http.post("/v1/sessions/start", json=body, headers=headers)
        assert answer.status_code == 403
    assert (await there.start("nonsense")).status_code == 401
    livekit = (await there.start_session())["livekit_client_token"]
    assert (await there.start(livekit)).status_code == 401
    assert (await there.start(ordered["session_token"], session_id=UNKNOWN_ID)).status_code == 403
    assert (await there.start(ordered["session_token"], session_id="no uuid")).status_code == 422
    assert (await there.start(ordered["session_token"], **body)).status_code == 201


async def test_start_needs_no_body(there: SimulatedProvider) -> None:
    ordered = await there.order()
    answer = await there.http.post("/v1/sessions/start", headers=bearer(ordered["session_token"]))
    assert answer.status_code == 201


async def test_a_session_token_expires(there: SimulatedProvider) -> None:
    ordered = await there.order()
    await there.clock.advance(3600)
    assert (await there.start(ordered["session_token"])).status_code == 401


async def test_a_second_start_is_answered_by_the_settings(there: SimulatedProvider) -> None:
    started = await there.start_session()
    answer = await there.start(started["session_token"])
    assert (answer.status_code, answer.json()["message"]) == (400, "Session already started")
    async with provider(LiveAvatarSettings(start_twice="again")) as kinder:
        started = await kinder.start_session()
        assert (await kinder.start(started["session_token"])).status_code == 201
        assert await kinder.get("/v1/users/credits") == {"credits_left": "999.0"}


async def test_a_start_over_the_concurrency_limit_is_refused() -> None:
    async with provider(LiveAvatarSettings(concurrency=2)) as there:
        for _ in range(2):
            await there.start_session()
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
async def test_a_call_takes_the_key_or_the_bearer_token(
    there: SimulatedProvider, call: str
) -> None:
    path = f"/v1/sessions/{call}"
    first, second = await there.start_session(), await there.start_session()
    token = bearer(first["session_token"])
    named = {"session_id": first["session_id"]}
    other = {"session_id": second["session_id"]}
    post = there.http.post
    assert (await post(path, json=named)).status_code == 401
    assert (await post(path, json=named, headers={"X-API-KEY": "wrong"})).status_code == 401
    assert (await post(path, json={}, headers=KEY)).status_code == 422
    assert (await post(path, json={"session_id": "no uuid"}, headers=KEY)).status_code == 422
    assert (await post(path, json={"session_id": UNKNOWN_ID}, headers=KEY)).status_code == 404
    assert (await post(path, json=other, headers=token)).status_code == 403
    assert (await post(path, headers=token)).status_code == 200
    assert (await post(path, json=other, headers=KEY)).status_code == 200


@pytest.mark.parametrize(
    ("policy", "status"), [("already ended", 400), ("not found", 404), ("ok", 200)]
)
async def test_the_stop_of_an_ended_session_is_answered_by_the_settings(
    policy: Any, status: int
) -> None:
    async with provider(LiveAvatarSettings(stop_ended=policy)) as there:
        session_id = (await there.start_session())["session_id"]
        await there.stop(session_id)
        assert (await there.stop(session_id, reason="IDLE_TIMEOUT")).status_code == status
        assert (await there.get(f"/v1/sessions/{session_id}"))["end_reason"] == "USER_CLOSED"


async def test_a_stop_without_a_body_means_user_closed(there: SimulatedProvider) -> None:
    started = await there.start_session()
    token = bearer(started["session_token"])
    assert (await there.http.post("/v1/sessions/stop", headers=token)).status_code == 200
    one = await there.get(f"/v1/sessions/{started['session_id']}")
    assert one["end_reason"] == "USER_CLOSED"


async def test_a_session_that_is_shown_needs_a_uuid(there: SimulatedProvider) -> None:
    assert (await there.http.get("/v1/sessions/no-uuid", headers=KEY)).status_code == 422
    assert (await there.http.get(f"/v1/sessions/{UNKNOWN_ID}", headers=KEY)).status_code == 404


async def test_delete_is_405_and_stops_no_session(there: SimulatedProvider) -> None:
    session_id = (await there.start_session())["session_id"]
    answer = await there.http.delete(f"/v1/sessions/{session_id}", headers=KEY)
    assert answer.status_code == 405
    assert (await there.get("/v1/sessions?type=active"))["count"] == 1


async def test_keep_alive_postpones_the_idle_timeout(there: SimulatedProvider) -> None:
    session_id = (await there.start_session())["session_id"]
    for _ in range(3):
        await there.clock.advance(250)
        body = {"session_id": session_id}
        answer = await there.http.post("/v1/sessions/keep-alive", json=body, headers=KEY)
        assert answer.status_code == 200
    await there.clock.advance(301)
    one = await there.get(f"/v1/sessions/{session_id}")
    assert (one["end_reason"], one["duration"]) == ("IDLE_TIMEOUT", 1050)


async def test_pages_have_absolute_addresses(there: SimulatedProvider) -> None:
    for _ in range(5):
        await there.start_session()
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
async def test_a_bad_list_query_is_refused(there: SimulatedProvider, query: str) -> None:
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
        {"mode": "FULL", "avatar_id": AVATAR},
        {"mode": "LITE", "avatar_id": AVATAR, "livekit_config": {"url": "ws://a", "token": "b"}},
        {"mode": "LITE", "avatar_id": AVATAR, "agora_config": {}},
        {"mode": "LITE", "avatar_id": AVATAR, "openai_realtime_config": {}},
    ],
)
async def test_a_bad_token_request_is_refused(there: SimulatedProvider, body: Any) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = await there.http.post("/v1/sessions/token", content=content, headers=KEY)
    assert answer.status_code == 422
    assert answer.json()["data"][0]["message"]
