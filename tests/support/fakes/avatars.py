"""The avatar provider in memory. Sessions live by the clock they are given."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from common.domain import errors
from common.domain.ids import AvatarSessionId
from common.ports.avatar import ProviderRecord, SessionToken, StartedSession
from common.ports.clock import Clock
from tests.support.fakes.line import FakeLine, FakeMouth


@dataclass
class FakeSession:
    id: AvatarSessionId
    avatar: str
    longest: timedelta
    started: datetime | None = None
    alive: datetime | None = None
    ended: datetime | None = None
    reason: str = ""
    mouth: FakeMouth = field(default_factory=FakeMouth)

    @property
    def running(self) -> bool:
        return self.started is not None and self.ended is None

    def seconds(self, now: datetime) -> float:
        """What the provider bills."""
        return ((self.ended or now) - self.started).total_seconds() if self.started else 0.0

    def keep_alive(self, at: datetime) -> None:
        self.alive = at

    def end(self, at: datetime, reason: str) -> None:
        self.ended, self.reason = at, reason
        self.mouth.shut()


class FakeAvatars:
    """`will("start", errors.Ambiguous(...), happens=True)` scripts the next call of that name: it
    raises that error, having happened or not. `slow["connect"] = 0.5` makes calls of that name take
    so many seconds of the event loop's time before they happen. `calls` keeps their order."""

    def __init__(
        self,
        clock: Clock,
        *,
        capacity: int = 1_000,
        idle_seconds: float = 300,
        connect_seconds: float = 0.0,
        second_line_hears: bool = True,
    ) -> None:
        """`connect_seconds`: from a session's first line to its `connected`; what is sent before
        is dropped. `second_line_hears`: whether a line hears of what another line said."""
        self.sessions: dict[AvatarSessionId, FakeSession] = {}
        self.calls: list[tuple[str, str]] = []
        self.lines: list[FakeLine] = []
        self.slow: dict[str, float] = {}
        self.bought = 1_000.0
        self._clock = clock
        self._capacity = capacity
        self._idle = timedelta(seconds=idle_seconds)
        self._connect_seconds = connect_seconds
        self._second_line_hears = second_line_hears
        self._script: defaultdict[str, deque[tuple[errors.Upstream, bool]]] = defaultdict(deque)
        self._numbers = count(1)

    def fail_next(self, call: str, error: errors.Upstream, *, happens: bool = False) -> None:
        self._script[call].append((error, happens))

    def running(self) -> list[FakeSession]:
        self._end_what_is_due()
        return [session for session in self.sessions.values() if session.running]

    def seconds(self) -> float:
        """Billed so far, over all sessions."""
        self._end_what_is_due()
        return sum(session.seconds(self._clock.now()) for session in self.sessions.values())

    async def create_session_token(self, avatar: str, quality: str, seconds: int) -> SessionToken:
        async with self._call("create_session_token", quality):
            session = AvatarSessionId(f"avatar-session-{next(self._numbers)}")
            self.sessions[session] = FakeSession(session, avatar, timedelta(seconds=seconds))
        return SessionToken(session, f"token-of-{session}")

    async def start(self, ticket: SessionToken) -> StartedSession:
        async with self._call("start", ticket.session):
            if len(self.running()) >= self._capacity:
                raise errors.Busy("avatar", "all sessions of the plan run", retry_after=2)
            session = self._named(ticket.session)
            if session.started or session.ended:
                raise errors.Failed("avatar", "started before")
            session.started = session.alive = self._clock.now()
        return StartedSession(
            "ws://livekit.fake", f"livekit-{ticket.session}", f"ws://fake/{session.id}"
        )

    async def stop(self, session: AvatarSessionId, reason: str) -> None:
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

    async def connect(self, ws_url: str) -> "FakeLine":
        async with self._call("connect", ws_url):
            session = self._named(AvatarSessionId(ws_url.rpartition("/")[2]))
            if not session.running:
                raise errors.UpstreamNotFound("avatar", "the session does not run")
            line = FakeLine(
                session.mouth,
                lambda: session.keep_alive(self._clock.now()),
                hears_all=self._second_line_hears,
            )
            session.mouth.listen(line, self._connect_seconds)
            self.lines.append(line)
        return line

    def _named(self, session: AvatarSessionId) -> FakeSession:
        if session not in self.sessions:
            raise errors.UpstreamNotFound("avatar", "no such session")
        return self.sessions[session]

    @asynccontextmanager
    async def _call(self, name: str, about: str) -> AsyncIterator[None]:
        self.calls.append((name, about))
        if name in self.slow:
            await asyncio.sleep(self.slow[name])
        self._end_what_is_due()
        error, happens = self._script[name].popleft() if self._script[name] else (None, True)
        if happens:
            yield
        if error:
            raise error

    def _end_what_is_due(self) -> None:
        for session in self.sessions.values():
            if session.running and session.started and session.alive:
                oldest, idle = session.started + session.longest, session.alive + self._idle
                if min(oldest, idle) <= self._clock.now():
                    reason = "MAX_DURATION_REACHED" if oldest <= idle else "IDLE_TIMEOUT"
                    session.end(min(oldest, idle), reason)
