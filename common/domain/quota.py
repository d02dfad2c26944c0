"""Meters, allowances and the month's ledger: what is reserved, and what was used.

A reservation is written only over the ledger as it was read. So `used + reserved` of a meter is at
most its allowance when something is admitted. What was really used is recorded in full, also
beyond the reservation and beyond the allowance.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self, get_args

from common.domain.documents import Create, Document, Increment, Update
from common.domain.errors import (
    AccountClosing,
    QuotaExceeded,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from common.domain.ids import UserId

Meter = Literal["avatar_seconds", "agent_tokens", "voice_characters", "transcribed_seconds"]
METERS: tuple[Meter, ...] = get_args(Meter)
Amounts = Mapping[Meter, int]
NOTHING: Amounts = {}
RUNNING = "running_turns"
DAYS = 31
FIRST_HOUR = timedelta(hours=1)
"""The longest time of a `Rate`, and longer than a turn."""


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


def day_field(meter: Meter, day: int) -> str:
    """Return the field of a ledger that counts a meter's use on one day of its month."""
    return f"{meter}_day_{day:02d}"


def day_of(month: str, admitted_at: datetime | None) -> int:
    """Return the day for which a use counts: of its admission, or the month's first if unknown."""
    if admitted_at is None or month_of(admitted_at) != month:
        return 1
    return admitted_at.astimezone(UTC).day


def used_by_day(document: Document) -> dict[int, dict[Meter, int]]:
    """Return what was used on each day of a ledger's month. Days without use are left out."""
    days: dict[int, dict[Meter, int]] = {}
    for day in range(1, DAYS + 1):
        used = {meter: int(document.get(day_field(meter, day), 0)) for meter in METERS}
        if any(used.values()):
            days[day] = used
    return days


def grant(ledger: Document, month: str, meter: Meter, amount: int) -> Create | Update:
    """Add `amount` to what may be used of `meter` in the month of `ledger`."""
    if not ledger.exists:
        return Create(ledger.path, {"month": month, f"{meter}_granted": amount})
    return Update(ledger.path, {f"{meter}_granted": Increment(amount)})


def months_until(now: datetime, count: int) -> list[str]:
    """Return the last `count` months, the newest first."""
    this = now.astimezone(UTC).year * 12 + now.astimezone(UTC).month - 1
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(this, this - count, -1)]


def month_before(now: datetime) -> str | None:
    """Return the month before in the first hour of a month, else None.

    Its turns may still run, and its last requests count for the rates of this month.
    """
    earlier = now.astimezone(UTC) - FIRST_HOUR
    return month_of(earlier) if month_of(earlier) != month_of(now) else None


def ledger_path(user: UserId, month: str) -> str:
    return f"users/{user}/usage/{month}"


@dataclass(frozen=True)
class Ledger:
    """One user's meters in one month, as read, with the user's allowances."""

    document: Document
    allowances: Amounts
    now: datetime
    carried: Amounts | None = field(default_factory=dict)
    """This month's use by deleted accounts of the same person. None: not known now."""
    closing_at: datetime | None = None
    """When the account is deleted, if its deletion was requested."""
    is_gone: bool = False
    """The account was deleted after the caller signed in."""
    before: Document | None = None
    """The ledger of the month before, in the first hour of a month."""

    @staticmethod
    def use_of(document: Document) -> dict[Meter, int]:
        """Return what was used in the month of a ledger's document."""
        return {meter: int(document.get(f"{meter}_used", 0)) for meter in METERS}

    def used(self, meter: Meter) -> int:
        return int(self.document.get(f"{meter}_used", 0))

    def reserved(self, meter: Meter) -> int:
        return int(self.document.get(f"{meter}_reserved", 0))

    def allowance(self, meter: Meter) -> int:
        """Return the plan's allowance, with what was granted and without what was carried over."""
        granted = int(self.document.get(f"{meter}_granted", 0))
        return max(0, self.allowances[meter] + granted - self._carried_use(meter))

    def left(self, meter: Meter) -> int:
        """Return what may still be reserved; never negative."""
        return max(0, self.allowance(meter) - self.used(meter) - self.reserved(meter))

    def _carried_use(self, meter: Meter) -> int:
        """Return what a ledger that exists carries, or what a new one will carry."""
        if self.document.exists:
            return int(self.document.get(f"{meter}_carried", 0))
        return (self.carried or {}).get(meter, 0)

    def require_open(self) -> None:
        """Raise unless the account may spend.

        Raises AccountClosing, Unauthenticated (deleted), Unavailable (a new month's ledger cannot
        be opened, because what it must carry over is not known).
        """
        if self.closing_at is not None:
            raise AccountClosing(
                f"This account will be deleted on {self.closing_at:%Y-%m-%d}. "
                "Restore it to go on: POST /account/restore.",
                deletes_at=self.closing_at,
            )
        if self.is_gone:
            raise Unauthenticated("This account was deleted. Sign in again.")
        if self.carried is None and not self.document.exists:
            raise Unavailable("identity", "the account's key cannot be read", retry_after=5)

    @property
    def running_turns(self) -> int:
        """Turns that are admitted and not settled. Each is counted in the month of its admission."""
        ledgers = (self.document, self.before)
        return sum(max(0, int(each.get(RUNNING, 0))) for each in ledgers if each is not None)

    def require(self, meter: Meter, needed: int, hint: str = "") -> None:
        """Raise QuotaExceeded unless at least `needed` is left. Raises as `require_open` does."""
        self.require_open()
        left = self.left(meter)
        if left >= needed:
            return
        unit = meter.replace("_", " ")
        raise QuotaExceeded(
            f"{left} {unit} of this month's {self.allowance(meter)} are left; this needs {needed}."
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
        before = self._recent_in(self.before, rate) if self.before is not None else []
        return sorted([*before, *self._recent_in(self.document, rate)])

    def _recent_in(self, ledger: Document, rate: Rate) -> list[datetime]:
        since = self.now - timedelta(seconds=rate.seconds)
        return [at for at in ledger.get(rate.name) or [] if at > since]

    def release(self, amounts: Amounts) -> Self:
        """Return the ledger without these reservations. The next `reserve` writes that."""
        left = {f"{meter}_reserved": self.reserved(meter) - n for meter, n in amounts.items()}
        document = replace(self.document, fields={**(self.document.fields or {}), **left})
        return replace(self, document=document)

    def reserve(
        self,
        amounts: Amounts,
        *,
        turns: int = 0,
        rate: Rate | None = None,
        used: Amounts = NOTHING,
    ) -> Create | Update:
        """Reserve `amounts`. Count `turns` as running, and the request for its `rate`.

        `used` was reserved before and taken out by `release`: it counts as used. The write holds
        only over the ledger as read. Raises as `require_open` does.
        """
        self.require_open()
        fields: dict[str, Any] = {
            f"{meter}_reserved": self.reserved(meter) + amounts.get(meter, 0)
            for meter in METERS
            if amounts.get(meter) or meter in used
        }
        day = day_of(month_of(self.now), self.now)
        for meter, amount in used.items():
            name = day_field(meter, day)
            fields |= {
                f"{meter}_used": self.used(meter) + amount,
                name: int(self.document.get(name, 0)) + amount,
            }
        if turns:
            fields[RUNNING] = int(self.document.get(RUNNING, 0)) + turns
        if rate is not None:
            fields[rate.name] = [*self._recent_in(self.document, rate), self.now][-rate.limit :]
        if not self.document.exists:
            carried = {f"{meter}_carried": n for meter, n in (self.carried or {}).items() if n}
            return Create(self.document.path, {"month": month_of(self.now), **carried, **fields})
        return Update(self.document.path, fields, read=self.document.version)


def settle(
    user: UserId,
    month: str,
    reserved: Amounts,
    used: Amounts,
    *,
    admitted_at: datetime | None,
    turns: int = 0,
    missing: bool = False,
) -> Create | Update:
    """Release a reservation and record what was used, in full.

    The use counts for the day of the admission, which lies in `month` like the reservation. So the
    days of a month add up to its meters, also for work that goes on over a change of month.

    The write adds without having read, so it meets no conflict. It must stand in one commit with
    the guarded change that can happen only once. `turns` running turns end. `missing` says that the
    ledger was read and is not there: it is made again.
    """
    path, day = ledger_path(user, month), day_of(month, admitted_at)
    if missing:
        amounts = {f"{meter}_used": n for meter, n in used.items()}
        days = {day_field(meter, day): n for meter, n in used.items()}
        return Create(path, {"month": month, **amounts, **days})
    steps: dict[str, Increment] = {}
    for meter in (meter for meter in METERS if reserved.get(meter) or used.get(meter)):
        if reserved.get(meter):
            steps[f"{meter}_reserved"] = Increment(-reserved[meter])
        if used.get(meter):
            steps[f"{meter}_used"] = Increment(used[meter])
            steps[day_field(meter, day)] = Increment(used[meter])
    if turns:
        steps[RUNNING] = Increment(-turns)
    return Update(path, steps or {"month": month})
