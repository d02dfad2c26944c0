"""LiveAvatar's client: the requests it sends, and unusual answers, which the contract suite cannot
make."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from anyio.lowlevel import checkpoint

from common.adapters.http.client import HttpClient
from common.adapters.liveavatar.client import LiveAvatar
from common.domain import errors
from common.domain.ids import AvatarSessionId
from common.ports.avatar import SessionToken
from common.ports.standing import Standing, standing

S1 = AvatarSessionId("s1")
TOKEN = SessionToken(S1, "session-token")
RUNS = {
    "session_id": "s1",
    "livekit_url": "wss://livekit.test",
    "livekit_client_token": "canary",
    "ws_url": "wss://line.test/canary",
}


class Provider:
    """A client whose every request gets the same answer. Keeps the requests."""

    def __init__(self, respond: Callable[[httpx.Request], httpx.Response]) -> None:
        self.requests: list[httpx.Request] = []
        self.respond = respond
        self.read: list[bool] = []
        http_client = HttpClient(httpx.MockTransport(self._respond), sleep=at_once)
        self.avatars = LiveAvatar("https://avatar.test/", self.key, http_client)

    async def key(self, fresh: bool) -> str:
        self.read.append(fresh)
        return "new-key" if fresh else "key"

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.respond(request)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.requests]


def provider(status: int, data: object = None, message: str = "", code: int = 1000) -> Provider:
    envelope = {"code": code, "data": data, "message": message}
    return Provider(lambda _: httpx.Response(status, json=envelope))


async def at_once(_seconds: float) -> None:
    await checkpoint()


async def test_a_missing_key_is_no_missing_session() -> None:
    async def no_key(_fresh: bool) -> str:
        raise errors.UpstreamNotFound("secret_manager", "no such version")

    avatars = LiveAvatar("https://avatar.test/", no_key, HttpClient())
    with pytest.raises(errors.Failed) as stop:
        await avatars.stop(S1, "user")
    assert stop.value.code == "avatar_unconfigured"
    assert (await standing(avatars, S1)) == Standing("unknown")
    with pytest.raises(errors.Failed):
        await avatars.active()


async def test_session_token_request_has_lite_mode_and_duration() -> None:
    asked = provider(200, {"session_id": "s1", "session_token": "t"})
    assert await asked.avatars.create_session_token("avatar-1", "high", 600) == SessionToken(
        S1, "t"
    )
    assert asked.requests[0].url == "https://avatar.test/v1/sessions/token"
    assert asked.requests[0].headers["x-api-key"] == "key"
    assert asked.bodies == [
        {
            "mode": "LITE",
            "avatar_id": "avatar-1",
            "is_sandbox": False,
            "video_settings": {"quality": "high", "encoding": "H264"},
            "max_session_duration": 600,
        }
    ]


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"session_id": "a/b", "session_token": "t"},
        {"session_id": 1, "session_token": "t"},
        {"session_id": "s1"},
    ],
)
async def test_malformed_session_token_fails(data: object) -> None:
    with pytest.raises(errors.Failed):
        await provider(200, data).avatars.create_session_token("a", "high", 60)


async def test_start_sends_the_session_token_and_not_the_key() -> None:
    asked = provider(201, RUNS)
    running = await asked.avatars.start(TOKEN)
    assert (running.livekit_url, running.ws_url) == (RUNS["livekit_url"], RUNS["ws_url"])
    assert asked.requests[0].headers["authorization"] == "Bearer session-token"
    assert "x-api-key" not in asked.requests[0].headers
    assert asked.read == []


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, 4003, errors.Busy),
        (403, 4030, errors.Rejected),
        (429, 429, errors.Busy),
        (400, 4002, errors.Rejected),
        (401, 4001, errors.Rejected),
        (402, 4005, errors.Rejected),
        (404, 4004, errors.Failed),
        (422, 4220, errors.Rejected),
        (408, 0, errors.Ambiguous),
        (409, 4009, errors.Ambiguous),
        (418, 0, errors.Rejected),
        (499, 0, errors.Ambiguous),
        (307, 0, errors.Ambiguous),
        (500, 500, errors.Ambiguous),
        (502, 502, errors.Ambiguous),
        (503, 503, errors.Ambiguous),
    ],
)
async def test_refused_start_tells_whether_the_session_may_run(
    status: int, code: int, error: type[errors.Upstream]
) -> None:
    asked = provider(status, message="canary", code=code)
    with pytest.raises(error) as raised:
        await asked.avatars.start(TOKEN)
    assert type(raised.value) is error
    assert "canary" not in str(raised.value)
    assert len(asked.requests) == 1


@pytest.mark.parametrize(
    "data",
    [
        None,
        "s1",
        {},
        {**RUNS, "ws_url": "https://line.test"},
        {**RUNS, "ws_url": "wss://"},
        {**RUNS, "ws_url": None},
        {**RUNS, "session_id": "s2"},
        {**RUNS, "livekit_client_token": ""},
    ],
)
async def test_start_with_a_malformed_answer_is_ambiguous(data: object) -> None:
    with pytest.raises(errors.Ambiguous):
        await provider(201, data).avatars.start(TOKEN)


async def test_start_that_cannot_connect_is_unavailable() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("canary")

    asked = Provider(refuse)
    with pytest.raises(errors.Unavailable):
        await asked.avatars.start(TOKEN)
    assert len(asked.requests) == 1


async def test_stop_gives_the_reason_in_the_providers_words() -> None:
    asked = provider(200, message="Success")
    await asked.avatars.stop(S1, "user")
    assert asked.bodies == [{"session_id": "s1", "reason": "USER_CLOSED"}]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "Session not found"),
        (410, "Gone"),
        (400, "Session already ended"),
        (409, "Session is not active"),
        (422, "session has been closed"),
    ],
)
async def test_words_of_a_refused_stop_prove_nothing(status: int, message: str) -> None:
    asked = provider(status, message=message)
    with pytest.raises((errors.Failed, errors.UpstreamNotFound)):
        await asked.avatars.stop(S1, "user")
    assert len(asked.bodies) == 1


@pytest.mark.parametrize(
    ("status", "message", "error", "tries"),
    [
        (400, "bad reason", errors.Rejected, 1),
        (401, "Key does not exist", errors.Rejected, 2),
        (403, "Account closed", errors.Rejected, 1),
        (405, "Method Not Allowed", errors.Rejected, 1),
        (429, "", errors.Busy, 3),
        (500, "", errors.Ambiguous, 1),
        (503, "", errors.Ambiguous, 3),
    ],
)
async def test_failed_stop_raises(
    status: int, message: str, error: type[errors.Upstream], tries: int
) -> None:
    asked = provider(status, message=message)
    with pytest.raises(error) as raised:
        await asked.avatars.stop(S1, "user")
    assert type(raised.value) is error
    assert len(asked.requests) == tries


async def test_refused_key_is_read_again() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        good = request.headers["x-api-key"] == "new-key"
        return httpx.Response(200 if good else 401, json={"data": None})

    asked = Provider(respond)
    await asked.avatars.stop(S1, "user")
    assert asked.read == [False, True]


async def test_pages_are_read_from_the_base_url_only() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        results: list[object] = [{"id": f"s{page}"}, {"id": "s1"}, {"id": "a/b"}, 1]
        more = "https://elsewhere.test/" if page < 3 else None
        return httpx.Response(200, json={"data": {"results": results, "next": more}})

    asked = Provider(respond)
    assert await asked.avatars.active() == ["s1", "s2", "s3"]
    assert {request.url.host for request in asked.requests} == {"avatar.test"}
    assert {request.url.params["type"] for request in asked.requests} == {"active"}


async def test_endless_list_is_read_up_to_a_limit() -> None:
    asked = provider(200, {"results": [{"id": "s1"}], "next": "more"})
    assert await asked.avatars.active() == ["s1"]
    assert len(asked.requests) == 50


async def test_malformed_list_fails() -> None:
    with pytest.raises(errors.Failed):
        await provider(200, {"count": 0}).avatars.active()


@pytest.mark.parametrize(
    ("data", "running", "seconds"),
    [
        ({"duration": 12}, True, None),
        ({"duration": "12.5", "end_at": "2026-11-23T12:00:00Z"}, False, 12.5),
        ({"duration": 0, "end_at": "2026-11-23T12:00:00Z"}, False, 0.0),
        ({"duration": None, "end_reason": "IDLE_TIMEOUT"}, False, None),
        ({"duration": "Infinity", "end_reason": "IDLE_TIMEOUT"}, False, None),
        ({}, True, None),
    ],
)
async def test_record_tells_whether_a_session_runs(
    data: Mapping[str, object], running: bool, seconds: float | None
) -> None:
    record = await provider(200, {"id": S1, **data}).avatars.record(S1)
    assert (record.running, record.seconds) == (running, seconds)


@pytest.mark.parametrize("data", [{}, {"id": "another"}, {"duration": 12, "end_at": "2026"}])
async def test_record_of_another_session_is_malformed(data: Mapping[str, object]) -> None:
    with pytest.raises(errors.Failed):
        await provider(200, data).avatars.record(S1)


@pytest.mark.parametrize(("told", "left"), [("12.5", 12.5), (7, 7.0), ("-1", 0.0)])
async def test_credits_may_be_a_number_or_text(told: object, left: float) -> None:
    asked = provider(200, {"credits_left": told})
    assert await asked.avatars.credits() == left
    assert asked.requests[0].url == "https://avatar.test/v1/users/credits"


@pytest.mark.parametrize("told", [None, "many", "nan", [1], {}])
async def test_malformed_credits_fail(told: object) -> None:
    with pytest.raises(errors.Failed):
        await provider(200, {"credits_left": told}).avatars.credits()


async def test_credits_are_requested_without_retries() -> None:
    asked = provider(503)
    with pytest.raises(errors.Busy):
        await asked.avatars.credits()
    assert len(asked.requests) == 1
