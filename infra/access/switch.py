"""The switch that stops all spending, in the project's Firestore database.

It uses the application default credentials, as Terraform does.
"""

from datetime import UTC, datetime

from common.adapters.firestore.store import FirestoreStore
from common.domain.ceiling import SWITCH_PATH, allow_spending, stop_spending
from common.domain.errors import Busy, Conflict
from common.ports.store import Store

ATTEMPTS = 5
BY_HAND = "stopped by an operator"


class FirestoreSwitch:
    """`store` replaces the database in tests."""

    def __init__(self, project: str, database: str, store: Store | None = None) -> None:
        self._store = store or FirestoreStore(project, database)

    async def set(self, *, stopped: bool) -> None:
        """Write the switch. Raises OprinaError, also if others change it all the time."""
        for _ in range(ATTEMPTS):
            [before] = await self._store.get([SWITCH_PATH])
            now = datetime.now(UTC)
            write = stop_spending(before, BY_HAND, now) if stopped else allow_spending(before, now)
            try:
                await self._store.commit([write])
            except Conflict:
                continue
            return
        raise Busy("store", "others change the switch", retry_after=2)

    async def close(self) -> None:
        await self._store.close()
