"""A provider whose calls take time, and whose starts may happen late."""

import asyncio
from collections import deque
from datetime import timedelta

from common.domain import errors
from common.domain.avatar_session import EndReason
from common.domain.ids import AvatarSessionId
from common.ports.avatar import SessionToken, StartedSession
from common.ports.clock import Clock
from tests.support.fakes.avatars import FakeAvatars, FakeSession

FOREIGN = AvatarSessionId("of-another-product")
"""A session in the same account that is not ours."""
YEARS = timedelta(days=3_650)


class SlowAvatars(FakeAvatars):
    """A provider whose calls take time.

    A stop of a session that has not been started yet stops nothing. A start that was not confirmed may
    happen later, after the caller gave up. A session of another product runs in the same account.
    """

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
        """Sessions that started after we had given up their start: a sweep has to find them."""
        self.start_delays: deque[float] = deque()
        """Seconds after which the next starts happen, without being confirmed."""

    async def start(self, token: SessionToken) -> StartedSession:
        if self.start_delays:
            delay = self.start_delays.popleft()
            asyncio.get_running_loop().call_later(delay, self._start_late, token.session, delay)
            await asyncio.sleep(self.slow["start"])
            raise errors.Ambiguous("avatar", "no answer in time")
        return await super().start(token)

    async def stop(self, session: AvatarSessionId, reason: EndReason) -> None:
        if session == FOREIGN:
            raise AssertionError("a session that is not ours was stopped")
        found = self.sessions.get(session)
        if found is None or found.started:
            await super().stop(session, reason)
            return
        async with self._call("stop", session):
            if found.started:
                found.end(self._clock.now(), reason)

    def admit_foreign_session(self) -> None:
        now = self._clock.now()
        self.sessions[FOREIGN] = FakeSession(FOREIGN, "", YEARS, started=now, alive=now + YEARS)

    def clear(self) -> None:
        self._script.clear()
        self.start_delays.clear()

    def _start_late(self, name: AvatarSessionId, delay: float) -> None:
        session = self.sessions[name]
        session.started = session.alive = self._clock.now()
        if delay > self.slow["start"]:
            self.late.add(name)
