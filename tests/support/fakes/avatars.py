"""The avatar provider in memory. Its sessions end by the clock that it is given."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from common.domain import errors
from common.domain.avatar_session import EndReason
from common.domain.ids import AvatarSessionId
from common.ports.avatar import ProviderRecord, SessionToken, StartedSession
from common.ports.clock import Clock
from tests.support.fakes.connection import FakeConnection, FakePlayer


@dataclass
class FakeSession:
    id: AvatarSessionId
    avatar: str
    longest: timedelta
    started: datetime | None = None
    alive: datetime | None = None
    ended: datetime | None = None
    reason: str = ""
    player: FakePlayer = field(default_factory=FakePlayer)

    @property
    def running(self) -> bool:
        return self.started is not None and self.ended is None

    def seconds(self, now: datetime) -> float:
        """Return the seconds that the provider bills until `now`."""
        return ((self.ended or now) - self.started).total_seconds() if self.started else 0.0

    def keep_alive(self, at: datetime) -> None:
        self.alive = at

    def end(self, at: datetime, reason: str) -> None:
        self.ended, self.reason = at, reason
        self.player.close()


class FakeAvatars:
    """An `AvatarProvider` without a network. `calls` keeps name and subject of each call, in order.

    `fail_next("start", errors.Ambiguous(...), happens=True)` scripts the next call of that name: it
    raises the error, and happens or not. `slow["connect"] = 0.5` delays each call of that name by so
    many seconds of the event loop's time.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        capacity: int = 1_000,
        idle_seconds: float = 300,
        connect_seconds: float = 0.0,
        second_connection_hears: bool = True,
        reports_interrupts_to_all: bool = True,
    ) -> None:
        """`connect_seconds`: from a session's first connection to its `connected` event; messages
        before it are dropped. `second_connection_hears`: whether a connection receives events of
        utterances that another one sent. `reports_interrupts_to_all`: whether an interruption is
        reported also to connections other than the one that interrupts.
        """
        self.sessions: dict[AvatarSessionId, FakeSession] = {}
        self.calls: list[tuple[str, str]] = []
        self.connections: list[FakeConnection] = []
        self.slow: dict[str, float] = {}
        self.bought = 1_000.0
        self._clock = clock
        self._capacity = capacity
        self.idle = timedelta(seconds=idle_seconds)
        self._connect_seconds = connect_seconds
        self.second_connection_hears = second_connection_hears
        self.reports_interrupts_to_all = reports_interrupts_to_all
        self._script: defaultdict[str, deque[tuple[errors.Upstream, bool]]] = defaultdict(deque)
        self._numbers = count(1)

    def fail_next(self, call: str, error: errors.Upstream, *, happens: bool = False) -> None:
        self._script[call].append((error, happens))

    def running(self) -> list[FakeSession]:
        self._end_due_sessions()
        return [session for session in self.sessions.values() if session.running]

    def session(self, session: str) -> FakeSession:
        return self.sessions[AvatarSessionId(session)]

    def seconds(self) -> float:
        """Return the seconds billed so far, over all sessions."""
        self._end_due_sessions()
        return sum(session.seconds(self._clock.now()) for session in self.sessions.values())

    async def create_session_token(self, avatar: str, quality: str, seconds: int) -> SessionToken:
        async with self._call("create_session_token", quality):
            session = AvatarSessionId(f"avatar-session-{next(self._numbers)}")
            self.sessions[session] = FakeSession(session, avatar, timedelta(seconds=seconds))
        return SessionToken(session, f"token-of-{session}")

    async def start(self, token: SessionToken) -> StartedSession:
        async with self._call("start", token.session):
            if len(self.running()) >= self._capacity:
                raise errors.Busy("avatar", "all sessions of the plan run", retry_after=2)
            session = self._named(token.session)
            if session.started or session.ended:
                raise errors.Failed("avatar", "started before")
            session.started = session.alive = self._clock.now()
        return StartedSession(
            "ws://livekit.fake", f"livekit-{token.session}", f"ws://fake/{session.id}"
        )

    async def stop(self, session: AvatarSessionId, reason: EndReason) -> None:
        async with self._call("stop", session):
            found = self.sessions.get(session)
            if found and not found.ended:
                found.end(self._clock.now(), reason)

    async def keep_alive(self, session: AvatarSessionId) -> None:
        async with self._call("keep_alive", session):
            found = self._named(session)
            if not found.running:
                raise errors.UpstreamNotFound("avatar", "the session does not run")
            found.keep_alive(self._clock.now())

    async def active(self) -> list[AvatarSessionId]:
        async with self._call("active", ""):
            return [session.id for session in self.running()]

    async def record(self, session: AvatarSessionId) -> ProviderRecord:
        async with self._call("record", session):
            found = self._named(session)
        seconds = found.seconds(self._clock.now()) if found.ended else None
        return ProviderRecord(session, not found.ended, seconds)

    async def credits(self) -> float:
        async with self._call("credits", ""):
            return self.bought - self.seconds() / 60

    async def connect(self, ws_url: str) -> FakeConnection:
        async with self._call("connect", ws_url):
            session = self._named(AvatarSessionId(ws_url.rpartition("/")[2]))
            if not session.running:
                raise errors.UpstreamNotFound("avatar", "the session does not run")
            session.player.reports_interrupts_to_all = self.reports_interrupts_to_all
            connection = FakeConnection(
                session.player,
                lambda: session.keep_alive(self._clock.now()),
                receives_all=self.second_connection_hears,
            )
            session.player.attach(connection, self._connect_seconds)
            self.connections.append(connection)
        return connection

    def _named(self, session: AvatarSessionId) -> FakeSession:
        if session not in self.sessions:
            raise errors.UpstreamNotFound("avatar", "no such session")
        return self.sessions[session]

    @asynccontextmanager
    async def _call(self, name: str, about: str) -> AsyncIterator[None]:
        self.calls.append((name, about))
        if name in self.slow:
            await asyncio.sleep(self.slow[name])
        self._end_due_sessions()
        error, happens = self._script[name].popleft() if self._script[name] else (None, True)
        if happens:
            yield
        if error:
            raise error

    def _end_due_sessions(self) -> None:
        now = self._clock.now()
        for session in self.sessions.values():
            if session.running and session.started and session.alive:
                oldest, idle = session.started + session.longest, session.alive + self.idle
                if min(oldest, idle) <= now:
                    reason = "MAX_DURATION_REACHED" if oldest <= idle else "IDLE_TIMEOUT"
                    session.end(min(oldest, idle), reason)
