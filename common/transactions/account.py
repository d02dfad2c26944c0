"""The reads that tell what a user may use, and has used, this month."""

from collections.abc import Mapping
from datetime import datetime

from common.domain.documents import Document
from common.domain.ids import UserId
from common.domain.quota import METERS, Ledger, Meter, ledger_path, month_of, resets_at
from common.schemas.usage import MeterUsage, Usage
from common.settings import Settings


def account_paths(user: UserId, now: datetime) -> list[str]:
    return [f"users/{user}", ledger_path(user, month_of(now))]


def ledger_of(
    documents: Mapping[str, Document], user: UserId, settings: Settings, now: datetime
) -> Ledger:
    profile, ledger = (documents[path] for path in account_paths(user, now))
    return Ledger(ledger, settings.allowances(profile.get("plan")), now)


def usage_of(
    ledger: Ledger,
    *,
    used: Mapping[Meter, int] | None = None,
    reserved: Mapping[Meter, int] | None = None,
) -> Usage:
    """Return the month's meters after a commit that changed what was read.

    The commit added `used` and `reserved`, which may be negative. The answer costs no read."""
    return Usage(
        month=month_of(ledger.now),
        resets_at=resets_at(ledger.now),
        meters={
            meter: _meter(ledger, meter, (used or {}).get(meter, 0), (reserved or {}).get(meter, 0))
            for meter in METERS
        },
    )


def _meter(ledger: Ledger, meter: Meter, used: int, reserved: int) -> MeterUsage:
    total = ledger.used(meter) + used
    held = ledger.reserved(meter) + reserved
    allowance = ledger.allowances[meter]
    left = max(0, allowance - total - held)
    return MeterUsage(used=total, reserved=held, allowance=allowance, left=left)
