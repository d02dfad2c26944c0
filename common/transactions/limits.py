"""The limits of an admission: the project's switch and ceilings, and the turns of one user."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from common.domain.ceiling import NO_SHARE, SWITCH_PATH, Ceilings, require_spending
from common.domain.documents import Document, Write
from common.domain.errors import TooManyTurns
from common.domain.quota import Amounts, Ledger, Rate
from common.settings import Settings
from common.transactions.transaction import ReadMore

RETRY_TURN_SECONDS = 2
"""When a user with too many running turns may try again."""


@dataclass(frozen=True)
class Limits:
    """`seed` chooses the shard that is tried first, such as a random id of the request."""

    settings: Settings
    seed: str

    def paths(self, now: datetime) -> list[str]:
        """Return the paths of the switch and of the first shard, for the first read."""
        return [SWITCH_PATH, self._ceilings(now).path(self._first)]

    @staticmethod
    def require_spending(documents: Mapping[str, Document]) -> None:
        """Raise SpendingStopped if the operator's switch is set.

        An admission calls this before it looks at the user's own limits: a user who frees a slot is
        refused again while the switch is set.
        """
        require_spending(documents[SWITCH_PATH])

    def admit(
        self, documents: Mapping[str, Document], wanted: Amounts, now: datetime
    ) -> tuple[str, Sequence[Write]]:
        """Return the share that holds `wanted`, and the write that takes it.

        Both are empty if nothing is wanted. Raises SpendingStopped, CapacityReached, ReadMore.
        """
        require_spending(documents[SWITCH_PATH])
        if not any(wanted.values()):
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


def require_free_turn(ledger: Ledger, settings: Settings) -> None:
    """Raise RateLimited or TooManyTurns if the user has no turn left.

    RateLimited: for the last minute (`turns_per_minute`). TooManyTurns: at the same time
    (`turns_per_user`).
    """
    ledger.require_rate(turn_rate(settings))
    if ledger.running_turns >= settings.turns_per_user:
        raise TooManyTurns(
            f"{ledger.running_turns} of your turns are running.", retry_after=RETRY_TURN_SECONDS
        )


def turn_rate(settings: Settings) -> Rate:
    return Rate("recent_turns", settings.turns_per_minute, 60, "messages, texts and recordings")
