"""Meters, allowances and the month's ledger: what is set aside, and what is charged.

`used + reserved` of a meter never exceeds its allowance: a reservation is written only over the
ledger as it was read, and a settlement never takes more than was reserved (but see `overrun`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from common.domain.documents import Create, Document, Increment, Update
from common.domain.errors import QuotaExceeded
from common.domain.ids import UserId

Meter = Literal["avatar_seconds", "agent_tokens", "voice_characters"]
METERS: tuple[Meter, ...] = get_args(Meter)
Amounts = Mapping[Meter, int]


def month_of(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m")


def resets_at(now: datetime) -> datetime:
    """The first moment of the next month, UTC."""
    year, month = divmod(now.year * 12 + now.month, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def ledger_path(user: UserId, month: str) -> str:
    return f"users/{user}/usage/{month}"


@dataclass(frozen=True)
class Ledger:
    """A user's meters in one month, as they were read, and what the user may use of them."""

    document: Document
    allowances: Amounts
    now: datetime

    def used(self, meter: Meter) -> int:
        return int(self.document.get(f"{meter}_used", 0))

    def reserved(self, meter: Meter) -> int:
        return int(self.document.get(f"{meter}_reserved", 0))

    def left(self, meter: Meter) -> int:
        return max(0, self.allowances[meter] - self.used(meter) - self.reserved(meter))

    def short_of(self, meter: Meter, needed: int) -> QuotaExceeded | None:
        """The refusal, if less than `needed` is left."""
        if self.left(meter) >= needed:
            return None
        unit = meter.replace("_", " ")
        return QuotaExceeded(
            f"{self.left(meter)} {unit} are left of this month's {self.allowances[meter]}, and "
            f"this takes {needed}.",
            meter=meter,
            resets_at=resets_at(self.now),
        )

    def reserve(self, amounts: Amounts) -> Create | Update:
        return self._add("reserved", amounts)

    def charge(self, amounts: Amounts) -> Create | Update:
        """For what is known before it is spent: no reservation in between."""
        return self._add("used", amounts)

    def overrun(self, reserved: Amounts, used: Amounts) -> Create | Update:
        """Settles what took more than was set aside: as much of it as the allowance still holds."""
        fields = {}
        for meter, amount in reserved.items():
            room = amount + self.left(meter)
            fields[f"{meter}_used"] = self.used(meter) + min(used.get(meter, 0), room)
            fields[f"{meter}_reserved"] = self.reserved(meter) - amount
        return self._write(fields)

    def _add(self, column: Literal["used", "reserved"], amounts: Amounts) -> Create | Update:
        fields = {
            f"{meter}_{column}": int(self.document.get(f"{meter}_{column}", 0)) + amount
            for meter, amount in amounts.items()
            if amount
        }
        return self._write(fields)

    def _write(self, fields: Mapping[str, int]) -> Create | Update:
        if not self.document.exists:
            return Create(self.document.path, {"month": month_of(self.now), **fields})
        return Update(self.document.path, fields, read=self.document.version)


def settle(user: UserId, month: str, reserved: Amounts, used: Amounts) -> Update:
    """Charges what was used, gives the rest back. Adds blindly, so it never meets a conflict; it is
    written in one commit with the guarded change that happens once.
    """
    fields: dict[str, Increment] = {}
    for meter, amount in reserved.items():
        charged = min(used.get(meter, 0), amount)
        fields[f"{meter}_reserved"] = Increment(-amount)
        if charged:
            fields[f"{meter}_used"] = Increment(charged)
    return Update(ledger_path(user, month), fields)
