"""The reads that tell what a user may use, and has used, this month."""

from collections.abc import Mapping
from datetime import datetime

from common.domain.accounts.former import carried_use, former_path, was_deleted_since
from common.domain.accounts.profile import Preferences, RequestedDeletion, profile_path
from common.domain.documents import Document
from common.domain.ids import UserId
from common.domain.quota import (
    METERS,
    Ledger,
    Meter,
    ledger_path,
    month_before,
    month_of,
    resets_at,
)
from common.domain.user import User
from common.schemas.usage import MeterUsage, Usage
from common.settings import Settings


def account_paths(caller: User, now: datetime) -> list[str]:
    former = [former_path(identity) for identity in caller.former or ()]
    before = month_before(now)
    earlier = [ledger_path(caller.uid, before)] if before else []
    return [profile_path(caller.uid), ledger_path(caller.uid, month_of(now)), *former, *earlier]


def ledger_of(
    documents: Mapping[str, Document], caller: User, settings: Settings, now: datetime
) -> Ledger:
    profile, ledger, *more = (documents[path] for path in account_paths(caller, now))
    before = more.pop() if month_before(now) else None
    deletion = RequestedDeletion.read(profile)
    return Ledger(
        ledger,
        settings.allowances(profile.get("plan")),
        now,
        carried=None if caller.former is None else carried_use(more, month_of(now)),
        closing_at=deletion.deletes_at if deletion else None,
        is_gone=deletion is None and was_deleted_since(more, caller.signed_in_at),
        before=before,
    )


def preferences_of(documents: Mapping[str, Document], user: UserId) -> Preferences:
    return Preferences.read(documents[profile_path(user)])


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
    allowance = ledger.allowance(meter)
    left = max(0, allowance - total - held)
    return MeterUsage(used=total, reserved=held, allowance=allowance, left=left)
