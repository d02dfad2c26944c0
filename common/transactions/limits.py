"""The reads and writes of an admission that concern the project's own limits."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from common.domain.ceiling import LIMITED, NO_SHARE, SWITCH_PATH, Ceilings, require_spending
from common.domain.documents import Document, Write
from common.domain.quota import Amounts
from common.settings import Settings
from common.transactions.transaction import ReadMore


@dataclass(frozen=True)
class Limits:
    """`seed` chooses the shard that is tried first, such as a random id of the request."""

    settings: Settings
    seed: str

    def paths(self, now: datetime) -> list[str]:
        """Return the paths of the switch and of the first shard, for the first read."""
        return [SWITCH_PATH, self._ceilings(now).path(self._first)]

    def admit(
        self, documents: Mapping[str, Document], wanted: Amounts, now: datetime
    ) -> tuple[str, Sequence[Write]]:
        """Return the share that holds `wanted`, and the write that takes it.

        There is neither if none of the wanted meters has a ceiling. Raises SpendingStopped,
        CapacityReached, ReadMore.
        """
        require_spending(documents[SWITCH_PATH])
        if not any(wanted.get(meter) for meter in LIMITED):
            return NO_SHARE, []
        found = self._ceilings(now).find(documents, wanted, self._first)
        if isinstance(found, str):
            raise ReadMore(found)
        return found.path, [found]

    @property
    def _first(self) -> int:
        return zlib.crc32(self.seed.encode()) % self.settings.ceiling_shards

    def _ceilings(self, now: datetime) -> Ceilings:
        return Ceilings(self.settings.ceilings, self.settings.ceiling_shards, now)
