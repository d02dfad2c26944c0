from datetime import datetime

from common.domain import errors
from common.domain.ids import AvatarSessionId


class MemoryTasks:
    """A `TaskQueue` in memory. `failing`, if set, is raised by both methods."""

    def __init__(self) -> None:
        self.scheduled: dict[AvatarSessionId, datetime] = {}
        self.delivered: set[AvatarSessionId] = set()
        self.leaving: set[tuple[datetime, AvatarSessionId]] = set()
        self.failing: errors.Upstream | None = None

    async def expire(self, session: AvatarSessionId, at: datetime) -> None:
        if self.failing:
            raise self.failing
        self.scheduled.setdefault(session, at)

    async def leave(self, session: AvatarSessionId, at: datetime) -> None:
        if self.failing:
            raise self.failing
        self.leaving.add((at, session))

    def due_to_leave(self, now: datetime) -> list[AvatarSessionId]:
        """Return the sessions whose page left until now, once for each time."""
        ripe = sorted(each for each in self.leaving if each[0] <= now)
        self.leaving.difference_update(ripe)
        return [session for _, session in ripe]

    def due(self, now: datetime) -> list[AvatarSessionId]:
        """Return the sessions whose time has come, each once."""
        ripe = [s for s, at in self.scheduled.items() if at <= now and s not in self.delivered]
        self.delivered.update(ripe)
        return ripe
