"""Compares what users were charged with what the provider billed."""

import math
from collections import Counter
from dataclasses import dataclass

from tests.support.harness import Harness


@dataclass(frozen=True)
class Bill:
    """One session that ran at the provider. `charged` is None while we have not settled it."""

    session: str
    state: str
    charged: int | None
    reserved: int
    ran: float
    runs: bool

    def fits(self, tolerance: float) -> bool:
        """Return whether the charge is the time it ran, at most the reservation."""
        if self.charged is None:
            return True
        due = min(self.reserved, math.ceil(self.ran))
        return not self.runs and abs(self.charged - due) <= tolerance


async def bills(harness: Harness) -> list[Bill]:
    """Return a bill for each session that ever ran at the provider, by its journal."""
    now = harness.clock.now()
    found = []
    for name, at_provider in harness.avatars.sessions.items():
        if at_provider.started is None:
            continue
        ours = await harness.session(name)
        found.append(
            Bill(
                session=name,
                state=ours.get("state", "unknown"),
                charged=ours["seconds"] if ours.get("state") == "ended" else None,
                reserved=ours.get("reserved", 0),
                ran=at_provider.seconds(now),
                runs=at_provider.running,
            )
        )
    return found


async def discrepancies(harness: Harness, tolerance: float = 1.0) -> list[str]:
    """Return each difference between ledgers, records and the provider's journal.

    `tolerance`: seconds by which a charge may differ from the time that the session ran.
    """
    wrong = [
        f"{bill.session}: charged {bill.charged} s, ran {bill.ran:.1f} s"
        f"{', and runs' if bill.runs else ''}"
        for bill in await bills(harness)
        if not bill.fits(tolerance)
    ]
    wrong += [
        f"{bill.session}: runs, and no document of ours names it"
        for bill in await bills(harness)
        if bill.state == "unknown"
    ]
    used: Counter[str] = Counter()
    reserved: Counter[str] = Counter()
    for session in await harness.sessions():
        path = f"users/{session['uid']}/usage/{session['month']}"
        if session["state"] == "ended":
            used[path] += session["seconds"]
        else:
            reserved[path] += session["reserved"]
    for path in used.keys() | reserved.keys():
        ledger = await harness.document(path)
        in_ledger = ledger.get("avatar_seconds_used", 0), ledger.get("avatar_seconds_reserved", 0)
        if in_ledger != (used[path], reserved[path]):
            wrong.append(
                f"{path}: {in_ledger} in the ledger, {used[path], reserved[path]} in the sessions"
            )
    return wrong
