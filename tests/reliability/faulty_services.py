"""A store and a provider that misbehave as told."""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any, Literal

from common.adapters.sqlite import values
from common.adapters.sqlite.store import SqliteStore
from common.domain import errors
from common.domain.documents import Document, Query, Version, Write
from common.domain.ids import AvatarSessionId
from common.ports.avatar import SessionToken, StartedSession
from common.ports.clock import Clock
from tests.support.fakes.avatars import FakeAvatars, FakeSession

Weather = Literal["fine", "away", "held", "lost"]
"""`held`, `lost`: nobody says whether the commit was written; it was, it was not. Reads know only
`fine` and `away`."""

STRANGER = AvatarSessionId("somebody-elses")


class StormyStore:
    """A round trip takes up to 20 ms of the loop's time, so that whatever can overtake does."""

    def __init__(self, random: Random) -> None:
        self.inner = SqliteStore(":memory:")
        self.reads: deque[Weather] = deque()
        self.commits: deque[Weather] = deque()
        self._random = random

    async def get(self, paths: Sequence[str]) -> list[Document]:
        await self._far(self.reads)
        return await self.inner.get(paths)

    async def query(self, query: Query) -> list[Document]:
        await self._far(self.reads)
        return await self.inner.query(query)

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        weather = await self._far(self.commits)
        if weather == "lost":
            raise errors.Ambiguous("store", "no answer in time")
        versions = await self.inner.commit(writes)
        if weather == "held":
            raise errors.Ambiguous("store", "no answer in time")
        return versions

    async def close(self) -> None:
        await self.inner.close()

    def clear(self) -> None:
        self.reads.clear()
        self.commits.clear()

    def everything(self) -> dict[str, dict[str, Any]]:
        """By path, without a round trip."""
        opened = self.inner._opened
        rows = opened.execute("SELECT path, body FROM documents").fetchall() if opened else []
        return {path: dict(values.load(body) or {}) for path, body in rows}

    async def _far(self, forecast: "deque[Weather]") -> Weather:
        await asyncio.sleep(self._random.uniform(0, 0.02))
        weather = forecast.popleft() if forecast else "fine"
        if weather == "away" or (forecast is self.reads and weather != "fine"):
            raise errors.Unavailable("store", "refused")
        return weather


class HarshAvatars(FakeAvatars):
    """Calls take time; a stop of what has not been started yet stops nothing; a start that is said
    to be lost may still come about later, when everybody has given it up. Somebody else's session
    runs in the same account."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.slow = {
            "create_session_token": 0.1,
            "start": 1.0,
            "stop": 0.3,
            "active": 0.1,
            "record": 0.1,
        }
        self.late: set[AvatarSessionId] = set()
        """Started after we had done what we could about it: a sweep has to find it."""
        self.delays: deque[float] = deque()

    async def start(self, ticket: SessionToken) -> StartedSession:
        if self.delays:
            delay = self.delays.popleft()
            asyncio.get_running_loop().call_later(delay, self._at_last, ticket.session, delay)
            await asyncio.sleep(self.slow["start"])
            raise errors.Ambiguous("avatar", "no answer in time")
        return await super().start(ticket)

    async def stop(self, session: AvatarSessionId, reason: str) -> None:
        if session == STRANGER:
            raise AssertionError("we stopped a session that is not ours")
        found = self.sessions.get(session)
        if found is None or found.started:
            await super().stop(session, reason)
            return
        async with self._call("stop", session):
            if found.started:
                found.end(self._clock.now(), reason)

    def clear(self) -> None:
        self._script.clear()
        self.delays.clear()

    def admit_stranger(self) -> None:
        years = timedelta(days=3_650)
        now = self._clock.now()
        self.sessions[STRANGER] = FakeSession(STRANGER, "", years, started=now, alive=now + years)

    def _at_last(self, name: AvatarSessionId, delay: float) -> None:
        session = self.sessions[name]
        session.started = session.alive = self._clock.now()
        if delay > self.slow["start"]:
            self.late.add(name)
