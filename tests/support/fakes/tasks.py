from datetime import datetime

from common.domain import errors
from common.domain.ids import AvatarSessionId


class MemoryTasks:
    """`scheduled` is what was asked for; `failing`, if set, is what `expire` raises."""

    def __init__(self) -> None:
        self.scheduled: dict[AvatarSessionId, datetime] = {}
        self.delivered: set[AvatarSessionId] = set()
        self.failing: errors.Upstream | None = None

    async def expire(self, session: AvatarSessionId, at: datetime) -> None:
        if self.failing:
            raise self.failing
        self.scheduled.setdefault(session, at)

    def due(self, now: datetime) -> list[AvatarSessionId]:
        """Those whose time has come, each once."""
        ripe = [s for s, at in self.scheduled.items() if at <= now and s not in self.delivered]
        self.delivered.update(ripe)
        return ripe
