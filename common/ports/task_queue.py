from datetime import datetime
from typing import Protocol

from common.domain.ids import AvatarSessionId


class TaskQueue(Protocol):
    async def expire(self, session: AvatarSessionId, at: datetime) -> None:
        """Have `sweep_expired` called for the session at `at` or later.

        It is called usually once, perhaps twice, perhaps never. The first `at` of a session holds.

        `Unavailable`, `Ambiguous`: the caller may go on, since a sweep does it anyway.
        """

    async def leave(self, session: AvatarSessionId, at: datetime) -> None:
        """Have `sweep_expired` called at `at` for a session whose page leaves.

        A session may have several: a page may leave, come back and leave again. A second call with the
        same `at` changes nothing. Raises as `expire` does.
        """
