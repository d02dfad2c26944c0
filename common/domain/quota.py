"""Meters, allowances and the month's ledger: what is reserved, and what was used.

A reservation is written only over the ledger as it was read, so that `used + reserved` of a meter
is at most its allowance when something is admitted. What was really used is recorded in full, also
beyond the reservation and beyond the allowance.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from common.domain.documents import Create, Document, Increment, Update
from common.domain.errors import QuotaExceeded, RateLimited
from common.domain.ids import UserId

Meter = Literal["avatar_seconds", "agent_tokens", "voice_characters", "transcribed_seconds"]
METERS: tuple[Meter, ...] = get_args(Meter)
Amounts = Mapping[Meter, int]
RUNNING = "running_turns"


@dataclass(frozen=True)
class Rate:
    """At most `limit` requests of a user in any `seconds`. `name`: the field with their times."""

    name: str
    limit: int
    seconds: int
    what: str


def month_of(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m")


def resets_at(now: datetime) -> datetime:
    """Return the first moment of the next month, UTC."""
    year, month = divmod(now.year * 12 + now.month, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def ledger_path(user: UserId, month: str) -> str:
    return f"users/{user}/usage/{month}"


@dataclass(frozen=True)
class Ledger:
    """One user's meters in one month, as read, with the user's allowances."""

    document: Document
    allowances: Amounts
    now: datetime

    def used(self, meter: Meter) -> int:
        return int(self.document.get(f"{meter}_used", 0))

    def reserved(self, meter: Meter) -> int:
        return int(self.document.get(f"{meter}_reserved", 0))

    def left(self, meter: Meter) -> int:
        """Return what may still be reserved; never negative."""
        return max(0, self.allowances[meter] - self.used(meter) - self.reserved(meter))

    @property
    def running_turns(self) -> int:
        """Turns that are admitted and not settled, counted in the month of their admission."""
        return int(self.document.get(RUNNING, 0))

    def require(self, meter: Meter, needed: int, hint: str = "") -> None:
        """Raise QuotaExceeded unless at least `needed` is left."""
        left = self.left(meter)
        if left >= needed:
            return
        unit = meter.replace("_", " ")
        raise QuotaExceeded(
            f"{left} {unit} of this month's {self.allowances[meter]} are left; this needs {needed}."
            f"{' ' + hint if hint else ''}",
            meter=meter,
            resets_at=resets_at(self.now),
        )

    def require_rate(self, rate: Rate) -> None:
        """Raise RateLimited if as many requests of this kind were admitted lately as may be."""
        recent = self._recent(rate)
        if len(recent) < rate.limit:
            return
        free_at = recent[-rate.limit] + timedelta(seconds=rate.seconds)
        raise RateLimited(
            f"At most {rate.limit} {rate.what} are possible in {rate.seconds} seconds.",
            retry_after=max(1, math.ceil((free_at - self.now).total_seconds())),
        )

    def _recent(self, rate: Rate) -> list[datetime]:
        """Return the times of the requests that still count, oldest first."""
        since = self.now - timedelta(seconds=rate.seconds)
        return [at for at in self.document.get(rate.name) or [] if at > since]

    def reserve(
        self, amounts: Amounts, *, turns: int = 0, rate: Rate | None = None
    ) -> Create | Update:
        """Reserve `amounts`, and count `turns` as running and the request for its `rate`.

        Holds only over the ledger as read.
        """
        fields: dict[str, Any] = {
            f"{meter}_reserved": self.reserved(meter) + amount
            for meter, amount in amounts.items()
            if amount
        }
        if turns:
            fields[RUNNING] = self.running_turns + turns
        if rate is not None:
            fields[rate.name] = [*self._recent(rate), self.now][-rate.limit :]
        if not self.document.exists:
            return Create(self.document.path, {"month": month_of(self.now), **fields})
        return Update(self.document.path, fields, read=self.document.version)


def settle(
    user: UserId,
    month: str,
    reserved: Amounts,
    used: Amounts,
    *,
    turns: int = 0,
    missing: bool = False,
) -> Create | Update:
    """Release a reservation and record what was used, in full.

    The write adds without having read, so it meets no conflict. It must stand in one commit with
    the guarded change that can happen only once. `turns` running turns end. `missing` says that the
    ledger was read and is not there: it is made again.
    """
    path = ledger_path(user, month)
    if missing:
        return Create(path, {"month": month, **{f"{meter}_used": n for meter, n in used.items()}})
    steps: dict[str, Increment] = {}
    for meter in (meter for meter in METERS if reserved.get(meter) or used.get(meter)):
        if reserved.get(meter):
            steps[f"{meter}_reserved"] = Increment(-reserved[meter])
        if used.get(meter):
            steps[f"{meter}_used"] = Increment(used[meter])
    if turns:
        steps[RUNNING] = Increment(-turns)
    return Update(path, steps or {"month": month})
