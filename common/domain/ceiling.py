"""The project's own limits: a switch that stops all spending, and ceilings for a day (UTC).

A ceiling is divided into shards of equal size, so that not every admission of the project writes one
document. An amount is added to a shard in the commit that admits it, over the shard as it was read.
What was not used is taken out of the same shard when the session or the turn is settled. So the shards
of a day never hold more than the ceiling when something is admitted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from common.domain.documents import Create, Document, Increment, Update
from common.domain.errors import CapacityReached, SpendingStopped
from common.domain.quota import METERS, Amounts

SWITCH_PATH = "limits/switch"
STOPPED_RETRY_SECONDS = 300
KEPT = timedelta(days=7)
"""A shard is deleted this long after its day."""
NO_SHARE = ""


def stop_spending(switch: Document, reason: str, now: datetime) -> Create | Update:
    """Set the switch: nothing that spends is admitted any more."""
    fields = {"stopped": True, "reason": reason, "at": now}
    if switch.exists:
        return Update(SWITCH_PATH, fields, read=switch.version)
    return Create(SWITCH_PATH, fields)


def allow_spending(switch: Document, now: datetime) -> Create | Update:
    """Take the switch back."""
    fields = {"stopped": False, "reason": "", "at": now}
    if switch.exists:
        return Update(SWITCH_PATH, fields, read=switch.version)
    return Create(SWITCH_PATH, fields)


def is_stopped(switch: Document) -> bool:
    return bool(switch.get("stopped", False))


def require_spending(switch: Document) -> None:
    """Raise SpendingStopped if the switch is set."""
    if is_stopped(switch):
        raise SpendingStopped(
            "The operator has stopped all spending.", retry_after=STOPPED_RETRY_SECONDS
        )


@dataclass(frozen=True)
class Ceilings:
    """The ceilings of one day. `amounts` are for the whole project."""

    amounts: Amounts
    shards: int
    now: datetime

    def path(self, number: int) -> str:
        day = self.now.astimezone(UTC).strftime("%Y-%m-%d")
        return f"limits/{day}-{number % self.shards:03d}"

    def paths(self) -> Sequence[str]:
        """Return the paths of all shards of the day."""
        return [self.path(number) for number in range(self.shards)]

    def used(self, shards: Sequence[Document]) -> Mapping[str, float]:
        """Return the part of each ceiling that is taken, from 0 to 1. `most` is the largest part."""
        parts: dict[str, float] = {
            meter: round(sum(each.get(meter, 0) for each in shards) / self.amounts[meter], 4)
            for meter in METERS
        }
        return {**parts, "most": max(parts.values())}

    def find(
        self, documents: Mapping[str, Document], wanted: Amounts, first: int
    ) -> Create | Update | str:
        """Return the write that takes `wanted`, or the path of the shard to read next.

        The shards are tried from number `first` on. Raises CapacityReached if none has room.
        """
        wanted = {meter: wanted[meter] for meter in METERS if wanted.get(meter)}
        for number in range(first, first + self.shards):
            path = self.path(number)
            if path not in documents:
                return path
            if self._fits(documents[path], wanted):
                return self._take(documents[path], wanted)
        tomorrow = self.now.astimezone(UTC).date() + timedelta(days=1)
        raise CapacityReached(
            "The service has reached its limit for today.",
            resets_at=datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=UTC),
            now=self.now,
        )

    def _fits(self, shard: Document, wanted: Amounts) -> bool:
        return all(
            shard.get(meter, 0) + amount <= self.amounts[meter] // self.shards
            for meter, amount in wanted.items()
        )

    def _take(self, shard: Document, wanted: Amounts) -> Create | Update:
        fields: dict[str, Any] = {
            meter: shard.get(meter, 0) + amount for meter, amount in wanted.items()
        }
        if shard.exists:
            return Update(shard.path, fields, read=shard.version)
        return Create(shard.path, {**fields, "expires_at": self.now + KEPT})


def give_back(
    share: str, documents: Mapping[str, Document], reserved: Amounts, used: Amounts
) -> Sequence[Update]:
    """Take out of a shard what was reserved in it, and record what was used.

    The write adds without having read, so it meets no conflict. A shard that was read to be gone is
    left alone.
    """
    if share == NO_SHARE or not documents[share].exists:
        return []
    steps: dict[str, Any] = {
        meter: Increment(used.get(meter, 0) - reserved.get(meter, 0))
        for meter in METERS
        if used.get(meter, 0) != reserved.get(meter, 0)
    }
    return [Update(share, steps)] if steps else []
