from datetime import datetime

from common.domain import errors
from common.domain.ids import AvatarSessionId


class MemoryTasks:
    """A `TaskQueue` in memory. `failing`, if set, is raised by `expire`."""

    def __init__(self) -> None:
        self.scheduled: dict[AvatarSessionId, datetime] = {}
        self.delivered: set[AvatarSessionId] = set()
        self.failing: errors.Upstream | None = None

    async def expire(self, session: AvatarSessionId, at: datetime) -> None:
        if self.failing:
            raise self.failing
        self.scheduled.setdefault(session, at)

    def due(self, now: datetime) -> list[AvatarSessionId]:
        """Return the sessions whose time has come, each once."""
        ripe = [s for s, at in self.scheduled.items() if at <= now and s not in self.delivered]
        self.delivered.update(ripe)
        return ripe
