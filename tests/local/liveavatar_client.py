"""A caller of the simulator that knows only the provider's documentation."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount
from websockets.asyncio.client import ClientConnection, connect

from infra.local.simulators.liveavatar import (
    LiveAvatarAccount,
    LiveAvatarSettings,
    ManualClock,
    liveavatar_app,
)
from tests.local.serving import client_of

MOUNT = "/simulators/liveavatar"
AVATAR = "513fd1b7-7ef9-466d-9af2-344e51eeb833"
SANDBOX_AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
KEY = {"X-API-KEY": "local-key"}
SECOND = bytes(48_000)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@dataclass
class Provider:
    """The simulator on a real port, on a clock of the test's own."""

    world: LiveAvatarAccount
    clock: ManualClock
    http: httpx.AsyncClient

    async def order(self, **more: Any) -> dict[str, Any]:
        body = {"mode": "LITE", "avatar_id": AVATAR, **more}
        answer = await self.http.post("/v1/sessions/token", json=body, headers=KEY)
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    async def start(self, token: str, **body: Any) -> httpx.Response:
        return await self.http.post("/v1/sessions/start", json=body, headers=bearer(token))

    async def started(self, **more: Any) -> dict[str, Any]:
        ordered = await self.order(**more)
        answer = await self.start(ordered["session_token"])
        assert answer.status_code == 201, answer.text
        return {**ordered, **answer.json()["data"]}

    async def stop(self, session_id: str, **more: Any) -> httpx.Response:
        body = {"session_id": session_id, "reason": "USER_CLOSED", **more}
        return await self.http.post("/v1/sessions/stop", json=body, headers=KEY)

    async def get(self, path: str) -> Any:
        answer = await self.http.get(path, headers=KEY)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def journal(self, session_id: str) -> dict[str, Any]:
        answer = await self.http.get("/journal", params={"session_id": session_id})
        sessions: list[dict[str, Any]] = answer.json()["sessions"]
        return {**sessions[0], "entries": answer.json()["entries"]}

    @asynccontextmanager
    async def connected(self, ws_url: str) -> AsyncIterator["Lite"]:
        async with connect(ws_url, proxy=None) as socket:
            lite = Lite(socket)
            assert await lite.next() == {"type": "session.state_updated", "state": "connecting"}
            await self.clock.advance(self.world.settings.connected_delay_seconds)
            assert await lite.next() == {"type": "session.state_updated", "state": "connected"}
            yield lite


@dataclass
class Lite:
    socket: ClientConnection

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def speak(self, event_id: str | None, audio: bytes) -> None:
        await self.send("agent.speak", event_id=event_id, audio=base64.b64encode(audio).decode())

    async def next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    async def kinds(self, count: int) -> list[str]:
        """The next messages, in short: `speak_started a`, `talking`."""
        return [_short(await self.next()) for _ in range(count)]


def _short(message: dict[str, Any]) -> str:
    if "state" in message:
        return str(message["state"])
    return f"{message['type'].removeprefix('agent.')} {message.get('event_id', '')}".strip()


@asynccontextmanager
async def provider(settings: LiveAvatarSettings | None = None) -> AsyncIterator[Provider]:
    clock = ManualClock()
    world = LiveAvatarAccount(settings, clock)
    app = Starlette(routes=[Mount(MOUNT, app=liveavatar_app(world))])
    async with client_of(app, MOUNT) as http:
        yield Provider(world, clock, http)
