"""The rooms of LiveAvatar's simulator, on a real port and on the machine's clock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import av
import httpx
import numpy as np
from starlette.applications import Starlette
from starlette.routing import Mount

from infra.local.simulators.liveavatar import (
    LiveAvatarAccount,
    LiveAvatarSettings,
    SessionRooms,
    liveavatar_app,
)
from tests.local.liveavatar.client import AVATAR, KEY, MOUNT, bearer
from tests.local.livekit.client import Viewer, loudness, viewing
from tests.local.serving import client_of

Json = dict[str, Any]


RATE = 24_000


def tone(seconds: float) -> bytes:
    t = np.arange(round(seconds * RATE)) / RATE
    return (12_000 * np.sin(2 * np.pi * 440 * t)).astype("<i2").tobytes()


@dataclass
class RoomScene:
    """The simulator on a real port and on the machine's clock. Texts are spoken as a tone."""

    account: LiveAvatarAccount
    rooms: SessionRooms
    http: httpx.AsyncClient

    async def start_session(self, **more: Any) -> Json:
        body = {"mode": "LITE", "avatar_id": AVATAR, **more}
        ordered = (await self.http.post("/v1/sessions/token", json=body, headers=KEY)).json()[
            "data"
        ]
        headers = bearer(ordered["session_token"])
        answer = (await self.http.post("/v1/sessions/start", headers=headers)).json()["data"]
        return {**ordered, **answer}

    async def stop(self, session: Json, reason: str = "USER_CLOSED") -> None:
        body = {"session_id": session["session_id"], "reason": reason}
        await self.http.post("/v1/sessions/stop", json=body, headers=KEY)

    def say(self, session: Json, pcm: bytes) -> None:
        """Let the avatar say something, as a message of its websocket does."""
        found = self.account.sessions[session["session_id"]]
        now, playback = self.account.now, found.playback
        events = playback.append(now, "u1", pcm)[1] + playback.finish(now, "u1")
        self.account.publish(found, events)

    def kinds(self, kind: str) -> list[Json]:
        return [each for each in self.account.journal.entries(None) if each["kind"] == kind]


@asynccontextmanager
async def provided(
    settings: LiveAvatarSettings | None = None, opening_seconds: float = 10.0
) -> AsyncIterator[RoomScene]:
    account = LiveAvatarAccount(settings or LiveAvatarSettings(agent_join_seconds=0.01))
    rooms = SessionRooms(
        account, lambda text: tone(0.05 * len(text)), opening_seconds=opening_seconds
    )
    app = Starlette(routes=[Mount(MOUNT, app=liveavatar_app(account, rooms))])
    async with client_of(app, MOUNT) as http:
        yield RoomScene(account, rooms, http)
        await rooms.close()


@asynccontextmanager
async def watching(session: Json, *, single: bool = True) -> AsyncIterator[Viewer]:
    url, token = session["livekit_url"], session["livekit_client_token"]
    async with viewing(url, token, single=single) as viewer:
        yield viewer


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - the simulator has no event for it
            await asyncio.sleep(0.01)


def is_loud(frame: av.AudioFrame) -> bool:
    return loudness([frame]) > 0.1
