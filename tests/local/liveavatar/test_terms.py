"""Terms of a session other than ours, and the provider's catalogues."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect

from infra.local.simulators.liveavatar import LiveAvatarSettings
from tests.local.liveavatar.client import (
    KEY,
    SANDBOX_AVATAR,
    UNKNOWN_ID,
    LiteClient,
    SimulatedProvider,
    provider,
)

LIVEKIT = {
    "livekit_url": "wss://caller.test",
    "livekit_room": "caller's room",
    "livekit_client_token": "canary-of-the-caller",
}
AGORA = dict.fromkeys(("agora_app_id", "agora_token", "agora_channel", "agora_uid"), "x")
ROOM_FIELDS = {"livekit_url", "livekit_client_token", "livekit_agent_token"}


@pytest.fixture
async def there() -> AsyncIterator[SimulatedProvider]:
    async with provider() as it:
        yield it


async def test_the_sandbox_has_one_avatar_and_unknown_ones_may_be_refused() -> None:
    async with provider(LiveAvatarSettings(known_avatars_only=True)) as there:
        await there.start_session(avatar_id=SANDBOX_AVATAR, is_sandbox=True)
        unknown = {"mode": "LITE", "avatar_id": UNKNOWN_ID}
        answer = await there.http.post("/v1/sessions/token", json=unknown, headers=KEY)
        assert answer.status_code == 422


async def test_full_mode_has_no_websocket_and_costs_double(there: SimulatedProvider) -> None:
    started = await there.start_session(mode="FULL", avatar_persona={"language": "en"})
    assert started["ws_url"] is None
    assert started["livekit_url"]
    assert await there.get("/v1/users/credits") == {"credits_left": "998.0"}


@pytest.mark.parametrize(
    ("config", "room"),
    [({"livekit_config": LIVEKIT}, "livekit"), ({"agora_config": AGORA}, "agora")],
)
async def test_the_avatar_may_join_the_callers_room(
    there: SimulatedProvider, config: dict[str, Any], room: str
) -> None:
    started = await there.start_session(**config)
    assert ROOM_FIELDS.isdisjoint(started)
    assert (await there.journal(started["session_id"]))["room"] == room
    assert "canary" not in (await there.http.get("/journal")).text
    async with connect(started["ws_url"], proxy=None) as socket:
        assert (await LiteClient(socket).next())["state"] == "connecting"


@pytest.mark.parametrize(
    "kind", ["elevenlabs_agent_config", "openai_realtime_config", "gemini_realtime_config"]
)
async def test_a_hosted_agent_leaves_no_websocket(there: SimulatedProvider, kind: str) -> None:
    config = {kind: {"secret_id": UNKNOWN_ID, "agent_id": "a"}}
    started = await there.start_session(**config)
    assert started["ws_url"] is None
    assert started.keys() >= ROOM_FIELDS


@pytest.mark.parametrize("path", ["/v1/avatars", "/v1/voices", "/v1/languages"])
async def test_a_catalogue_needs_the_key(there: SimulatedProvider, path: str) -> None:
    assert (await there.http.get(path)).status_code == 401
    assert (await there.get(path))["results"]


async def test_public_avatars_need_no_key(there: SimulatedProvider) -> None:
    answer = await there.http.get("/v1/avatars/public", params={"page_size": 2})
    assert answer.status_code == 200
    page = answer.json()["data"]
    assert (page["count"], len(page["results"])) == (3, 2)
    assert page["next"].endswith("/v1/avatars/public?page_size=2&page=2")
    for avatar in page["results"]:
        assert (avatar["type"], avatar["status"], avatar["is_1080p"]) == ("VIDEO", "ACTIVE", True)
        assert avatar["default_voice"]["id"]


async def test_one_avatar_is_shown(there: SimulatedProvider) -> None:
    assert (await there.get(f"/v1/avatars/{SANDBOX_AVATAR}"))["name"] == "Wayne"
    missing = await there.http.get(f"/v1/avatars/{UNKNOWN_ID}", headers=KEY)
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/v1/sessions/{UNKNOWN_ID}/transcript"),
        ("POST", "/v1/contexts"),
        ("GET", f"/v1/contexts/{UNKNOWN_ID}"),
        ("GET", "/v1/secrets"),
        ("GET", "/v1/llm-configurations"),
        ("GET", "/v1/llm-models"),
        ("DELETE", f"/v1/avatars/{SANDBOX_AVATAR}"),
    ],
)
async def test_calls_that_are_not_simulated_say_so(
    there: SimulatedProvider, method: str, path: str
) -> None:
    answer = await there.http.request(method, path, headers=KEY)
    assert answer.status_code == 501
    assert answer.json()["message"] == "The simulator does not have this call"


async def test_unknown_paths_and_methods_have_the_providers_envelope(
    there: SimulatedProvider,
) -> None:
    assert (await there.http.get("/v1/nothing", headers=KEY)).json()["code"] == 404
    assert (await there.http.delete("/v1/sessions", headers=KEY)).json()["code"] == 405


async def test_a_local_page_may_call_the_provider(there: SimulatedProvider) -> None:
    origin = {"Origin": "http://localhost:5173"}
    answer = await there.http.get("/v1/voices", headers={**KEY, **origin})
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"
    elsewhere = await there.http.get("/v1/voices", headers={**KEY, "Origin": "http://evil.test"})
    assert "access-control-allow-origin" not in elsewhere.headers
