"""The conditions that hold after every walk of avatar sessions."""

import math
from collections import Counter
from collections.abc import Iterable

from common.domain.errors import OprinaError
from tests.reliability.fault_injection import ProcessDied
from tests.reliability.walks.session_walk import SessionWalk
from tests.support.harness import ADA

CLOCKS = 5.0
"""Two clocks differ by this much. A charge by our clocks is lowered later, and never raised."""


async def broken_sessions(walk: SessionWalk) -> list[str]:
    """Return a line for each invariant that does not hold."""
    return [
        *walk.avatars.problems,
        *_nothing_runs(walk),
        *await _everything_is_free(walk),
        *await _charges_fit(walk),
        *await _charges_are_the_time_that_ran(walk),
        *_requests_end(walk),
    ]


def _nothing_runs(walk: SessionWalk) -> Iterable[str]:
    for session in walk.avatars.running():
        yield f"{session.id} runs"


async def _everything_is_free(walk: SessionWalk) -> list[str]:
    found = [
        f"{session['state']} is left: {session['avatar_id']}"
        for session in await walk.simulation.harness.documents("avatar_sessions")
    ]
    if await walk.simulation.harness.documents(f"users/{ADA.uid}/slots"):
        found.append("a slot is left")
    ledgers = await walk.simulation.harness.documents(f"users/{ADA.uid}/usage")
    found += [
        f"seconds reserved are left in {ledger['month']}"
        for ledger in ledgers
        if ledger.get("avatar_seconds_reserved", 0)
    ]
    conversations = await walk.simulation.harness.documents("conversations")
    found += ["a conversation has an avatar" for each in conversations if each.get("avatar")]
    return found


async def _charges_fit(walk: SessionWalk) -> list[str]:
    harness = walk.simulation.harness
    found, used = [], Counter[str]()
    for record in await harness.documents("ended_sessions"):
        used[record["month"]] += record["seconds"]
        if record["seconds"] > record["reserved"]:
            found.append(f"charged {record['seconds']} of {record['reserved']} reserved")
        if record["unconfirmed"]:
            found.append("a charge is left unconfirmed")
        if record["live_at"] is None and record["seconds"]:
            found.append("a session that was never given is charged")
    for ledger in await harness.documents(f"users/{ADA.uid}/usage"):
        in_ledger = ledger.get("avatar_seconds_used", 0)
        if in_ledger != used[ledger["month"]]:
            found.append(f"{in_ledger} s in the ledger, {used[ledger['month']]} s in the records")
    return found


async def _charges_are_the_time_that_ran(walk: SessionWalk) -> list[str]:
    harness, found = walk.simulation.harness, []
    for name, at_provider in walk.avatars.sessions.items():
        record = await harness.document(f"ended_sessions/{name}")
        if at_provider.started is None or not record or record["live_at"] is None:
            continue
        if record["end_reason"] in {"start_failed", "start_ambiguous"}:
            continue
        ran = min(record["reserved"], math.ceil(at_provider.seconds(harness.clock.now())))
        if not ran - CLOCKS - 1 <= record["seconds"] <= ran + 1:
            found.append(f"{name} ran {ran} s and is charged {record['seconds']}")
    return found


def _requests_end(walk: SessionWalk) -> Iterable[str]:
    for request in walk.requests:
        if not request.ended:
            yield f"a request hangs: {request.kind}"
        if not isinstance(request.error, OprinaError | ProcessDied | None):
            yield f"a bug: {request.error!r}"
