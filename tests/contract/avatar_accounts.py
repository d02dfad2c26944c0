"""An account at the avatar provider: the fake's, or the simulator's through LiveAvatar's client."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from common.adapters.http.client import HttpClient
from common.adapters.liveavatar.client import LiveAvatar
from common.ports.avatar import (
    AvatarConnection,
    AvatarEvent,
    AvatarEventKind,
    AvatarProvider,
    SessionToken,
    StartedSession,
)
from infra.local.simulators.liveavatar import (
    LiveAvatarAccount,
    LiveAvatarSettings,
    WallClock,
    liveavatar_app,
)
from tests.local.serving import served
from tests.support.fakes.avatars import FakeAvatars

AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
CAPACITY = 2
SETTINGS = LiveAvatarSettings(concurrency=CAPACITY, release_seconds=0, connected_delay_seconds=0.02)


class Ahead(WallClock):
    """The wall clock, which a test moves forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def pass_time(self, seconds: float) -> None:
        self.ahead += seconds

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


@dataclass
class Account:
    avatars: AvatarProvider
    pass_time: Callable[[float], None]

    async def start_session(self, seconds: int = 600) -> tuple[SessionToken, StartedSession]:
        token = await self.avatars.create_session_token(AVATAR, "high", seconds)
        return token, await self.avatars.start(token)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["Reader"]:
        """Open the connection of a new session, and wait until it is ready."""
        _, running = await self.start_session()
        reader = Reader(await self.avatars.connect(running.ws_url))
        try:
            await reader.until("connected")
            yield reader
        finally:
            await reader.connection.close()


class Reader:
    def __init__(self, connection: AvatarConnection) -> None:
        self.connection = connection
        self.heard: list[AvatarEvent] = []
        self._events = connection.events()

    async def until(self, kind: AvatarEventKind) -> AvatarEvent:
        async with asyncio.timeout(60):
            async for event in self._events:
                self.heard.append(event)
                if event.kind == kind:
                    return event
        raise AssertionError(f"the connection ended without {kind}")

    @property
    def kinds(self) -> list[AvatarEventKind]:
        return [event.kind for event in self.heard]


async def local_key(_fresh: bool) -> str:
    return "local-key"


@asynccontextmanager
async def account_at(kind: str, settings: LiveAvatarSettings = SETTINGS) -> AsyncIterator[Account]:
    """The fake's account, or the simulator's through LiveAvatar's client, with two sessions."""
    clock = Ahead()
    if kind == "fake":
        fake = FakeAvatars(clock, capacity=CAPACITY, connect_seconds=0.02)
        yield Account(fake, clock.pass_time)
        return
    http_client = HttpClient()
    async with served(liveavatar_app(LiveAvatarAccount(settings, clock))) as address:
        yield Account(LiveAvatar(address, local_key, http_client), clock.pass_time)
        await http_client.close()
