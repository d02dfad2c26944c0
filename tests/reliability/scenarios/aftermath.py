"""The state that every scenario must end in, once the sweep has run."""

import asyncio
from collections import Counter

from tests.reliability.fault_injection import SimulatedProcess, Simulation
from tests.support.harness import Harness, sweep
from tests.support.simulation.audit import discrepancies

SWEEPS = 4
"""A lost turn is swept 40 s after its last checkpoint, and a session's seconds a minute later."""


async def sweeps(process: SimulatedProcess, times: int = SWEEPS) -> None:
    """Run the sweep once a minute, as Cloud Scheduler does."""
    for _ in range(times):
        await asyncio.sleep(60)
        await process.run(sweep(process.app), "sweep")


async def leftovers(simulation: Simulation) -> list[str]:
    """Return a line for each lease, reservation, unsettled turn and wrong charge."""
    harness = simulation.harness
    found = [f"unsettled: {turn}" for turn in await harness.unsettled_turns()]
    for conversation in await harness.documents("conversations"):
        kept = conversation.get("lease"), conversation.get("asking")
        found += [f"left in the conversation: {each}" for each in kept if each]
    return found + await _wrong_ledgers(harness) + await discrepancies(harness)


async def _wrong_ledgers(harness: Harness) -> list[str]:
    charged: Counter[tuple[str, str]] = Counter()
    for turn in await harness.documents("turns"):
        charged.update({(turn["month"], meter): n for meter, n in turn["charged"].items()})
    found = []
    for ledger in await harness.documents("users/ada/usage"):
        month = ledger["month"]
        for meter in ("agent_tokens", "voice_characters"):
            used, reserved = ledger.get(f"{meter}_used", 0), ledger.get(f"{meter}_reserved", 0)
            if (used, reserved) != (charged[month, meter], 0):
                found.append(
                    f"{meter} in {month}: {used} used, {reserved} reserved, "
                    f"{charged[month, meter]} in the turns"
                )
        if ledger.get("running_turns", 0):
            found.append(f"running turns in {month}: {ledger['running_turns']}")
    return found
