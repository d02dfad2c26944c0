from datetime import datetime
from typing import Protocol

from common.domain.ids import AvatarSessionId


class TaskQueue(Protocol):
    async def expire(self, session: AvatarSessionId, at: datetime) -> None:
        """Has `sweep_expired` called for the session at `at` or later: usually once, perhaps twice,
        perhaps never. Asked for already: fine, and the first `at` holds.

        `Unavailable`, `Ambiguous`: the caller may go on, since a sweep does it anyway.
        """
