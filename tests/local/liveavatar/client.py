"""A caller of the simulator that knows only the provider's documentation."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from anyio import fail_after
from anyio.lowlevel import checkpoint
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
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
KEY = {"X-API-KEY": "local-key"}
SECOND = bytes(48_000)
Json = dict[str, Any]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@dataclass
class SimulatedProvider:
    """The simulator on a real port, on a clock of the test's own."""

    account: LiveAvatarAccount
    clock: ManualClock
    http: httpx.AsyncClient

    async def order(self, **more: Any) -> Json:
        body = {"mode": "LITE", "avatar_id": AVATAR, **more}
        answer = await self.http.post("/v1/sessions/token", json=body, headers=KEY)
        assert answer.status_code == 200, answer.text
        data: Json = answer.json()["data"]
        return data

    async def start(self, token: str, **body: Any) -> httpx.Response:
        return await self.http.post("/v1/sessions/start", json=body, headers=bearer(token))

    async def start_session(self, **more: Any) -> Json:
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

    async def journal(self, session_id: str) -> Json:
        answer = await self.http.get("/journal", params={"session_id": session_id})
        sessions: list[Json] = answer.json()["sessions"]
        return {**sessions[0], "entries": answer.json()["entries"]}

    async def utterances(self, session_id: str) -> list[Json]:
        found: list[Json] = (await self.journal(session_id))["utterances"]
        return found

    async def until_noted(self, session_id: str, count: int, kind: str) -> list[Json]:
        """Wait until the journal has so many entries of that kind."""
        with fail_after(60):
            while True:
                entries = self.account.journal.entries(session_id)
                found = [entry for entry in entries if entry["kind"] == kind]
                if len(found) >= count:
                    return found
                await checkpoint()

    @asynccontextmanager
    async def connected(self, ws_url: str) -> AsyncIterator["LiteClient"]:
        async with connect(ws_url, proxy=None) as socket:
            lite = LiteClient(socket)
            assert await lite.next() == {"type": "session.state_updated", "state": "connecting"}
            await self.clock.advance(self.account.settings.connected_delay_seconds)
            assert await lite.next() == {"type": "session.state_updated", "state": "connected"}
            yield lite


@dataclass
class LiteClient:
    """A client of the LITE websocket."""

    socket: ClientConnection

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def speak(self, event_id: str | None, audio: bytes) -> None:
        await self.send("agent.speak", event_id=event_id, audio=base64.b64encode(audio).decode())

    async def next(self) -> Json:
        with fail_after(60):
            message: Json = json.loads(await self.socket.recv())
        return message

    async def kinds(self, count: int) -> list[str]:
        """Return the next messages, in short: `speak_started a`, `talking`."""
        return [shorten(await self.next()) for _ in range(count)]


def shorten(message: Json) -> str:
    state = message.get("new_state") or message.get("state")
    if state is not None:
        return str(state)
    source = message.get("source_event_id") or ""
    return f"{message['type'].removeprefix('agent.')} {source}".strip()


@asynccontextmanager
async def provider(settings: LiveAvatarSettings | None = None) -> AsyncIterator[SimulatedProvider]:
    clock = ManualClock()
    account = LiveAvatarAccount(settings, clock)
    app = Starlette(routes=[Mount(MOUNT, app=liveavatar_app(account))])
    async with client_of(app, MOUNT) as http:
        yield SimulatedProvider(account, clock, http)
