"""LiveAvatar's HTTP interface over the fake provider, with odd answers on its wire."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from anyio.lowlevel import checkpoint

from common.adapters.http.client import HttpClient
from common.adapters.liveavatar.client import LiveAvatar
from common.domain import errors
from common.domain.ids import AvatarSessionId
from common.ports.avatar import SessionToken
from tests.support.fakes.avatars import FakeAvatars
from tests.support.fakes.http import Body

HTML = b"<!doctype html><title>502 Bad Gateway</title>"
DATE = "Mon, 30 Nov 2026 12:00:00 GMT"
TWO_SECONDS_LATER = "Mon, 30 Nov 2026 12:00:02 GMT"


def page(status: int, **headers: str) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(status, content=HTML, headers=headers)


def said(status: int, body: object, **headers: str) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(status, json=body, headers=headers)


def body(*chunks: bytes | Exception, hangs: bool = False) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(200, stream=Body(*chunks, hangs=hangs))


BEGUN = b'{"code": 1000, "data": {"session_id": "'
ODD_ANSWERS: dict[str, Callable[[], httpx.Response]] = {
    "200 HTML": page(200),
    "200 null": said(200, None),
    "200 list": said(200, []),
    "200 without data": said(200, {"code": 1000, "data": None}),
    "200 data of a list": said(200, {"code": 1000, "data": [1]}),
    "200 of another session": said(200, {"code": 1000, "data": {"id": "s9", "session_id": "s9"}}),
    "200 with a failure inside": said(200, {"code": 5000, "data": None, "message": "no"}),
    "200 with nested brackets": body(b"[" * 50_000),
    "200 of no encoding": body(b"\xff\xfe\x00"),
    "204": lambda: httpx.Response(204),
    "301 to another host": page(301, location="https://elsewhere.test/"),
    "304": lambda: httpx.Response(304),
    "404": said(404, {"code": 4004, "data": None}),
    "404 HTML": page(404),
    "408": page(408),
    "409": said(409, {"code": 4009, "data": None}),
    "410": page(410),
    "418": page(418),
    "425": page(425),
    "429 in seconds": page(429, **{"retry-after": "1"}),
    "429 at a date": page(429, **{"retry-after": TWO_SECONDS_LATER, "date": DATE}),
    "429 much later": page(429, **{"retry-after": "600"}),
    "451": page(451),
    "499": page(499),
    "500 HTML": page(500),
    "502 HTML": page(502),
    "503 in seconds": page(503, **{"retry-after": "1"}),
    "504 HTML": page(504),
    "599": page(599),
    "slow body": body(BEGUN, hangs=True),
    "half closed": body(BEGUN, httpx.ReadError("cut")),
    "cut JSON": body(BEGUN),
    "too long": body(*[b" " * 65_536] * 40),
}
"""Answers to any call: of the provider, of a proxy or of a firewall."""


@dataclass
class OddAnswer:
    """`path`: a part of the call's path. `happens`: the call is carried out. `times` are left."""

    path: str
    answer: Callable[[], httpx.Response]
    happens: bool
    times: int = 1_000


@dataclass
class WireProvider:
    """Answers as LiveAvatar does, from the state of `avatars`; `odd` replaces answers."""

    avatars: FakeAvatars
    odd: OddAnswer | None = None
    hosts: set[str] = field(default_factory=set)

    def adapter(self) -> LiveAvatar:
        client = HttpClient(httpx.MockTransport(self._respond), chance=lambda: 0.5)
        return LiveAvatar("https://avatar.test", self._key, client)

    async def _key(self, _fresh: bool) -> str:
        await checkpoint()
        return "key"

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        self.hosts.add(request.url.host)
        odd = self.odd
        if odd is None or odd.times <= 0 or odd.path not in f"{request.method} {request.url.path}":
            return await self._carry_out(request)
        odd.times -= 1
        if odd.happens:
            await self._carry_out(request)
        return odd.answer()

    async def _carry_out(self, request: httpx.Request) -> httpx.Response:
        sent: dict[str, Any] = json.loads(request.content) if request.content else {}
        try:
            found = await self._data(request, sent)
        except errors.UpstreamNotFound:
            return httpx.Response(404, json={"code": 4004, "data": None})
        except errors.Failed:
            return httpx.Response(400, json={"code": 4000, "data": None})
        return httpx.Response(200, json={"code": 1000, "data": found})

    async def _data(  # noqa: PLR0911 - one return for each path
        self, request: httpx.Request, sent: dict[str, Any]
    ) -> object:
        avatars, path = self.avatars, request.url.path
        session = AvatarSessionId(sent.get("session_id", path.rpartition("/")[2]))
        match path.rpartition("/")[2]:
            case "token":
                seconds = sent["max_session_duration"]
                made = await avatars.create_session_token("avatar", "high", seconds)
                return {"session_id": made.session, "session_token": made.token}
            case "start":
                started = await avatars.start(SessionToken(session, "token"))
                return {
                    "session_id": session,
                    "livekit_url": started.livekit_url,
                    "livekit_client_token": started.livekit_token,
                    "ws_url": started.ws_url,
                }
            case "stop":
                await avatars.stop(session, "user")
                return None
            case "keep-alive":
                await avatars.keep_alive(session)
                return None
            case "sessions":
                running = await avatars.active()
                return {"results": [{"id": each} for each in running], "next": None}
            case "credits":
                return {"credits_left": await avatars.credits()}
        record = await avatars.record(session)
        ended = None if record.running else "2026-11-30T12:00:00Z"
        return {"id": session, "end_at": ended, "duration": record.seconds}


async def settle_down() -> None:
    """Let the deadlines of calls that hang pass."""
    await asyncio.sleep(30)
