"""What `start_avatar` adds to the provider's own time, in round trips to the store.

    python bench/start_avatar.py [--runs 5]

Every trip to the store and the queue takes 20 ms, and in a second figure the vault's, too; the
provider takes 300 ms for a ticket and 1 s for a start. All else is real, over SQLite in memory.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.table import Row, markdown, middle
from common.domain.ids import AvatarSessionId
from common.ports.vault import StoredTokens
from tests.support.fakes.tasks import MemoryTasks
from tests.support.fakes.vault import MemoryVault
from tests.support.harness import new_harness

TRIP, TICKET, START = 0.02, 0.3, 1.0
BAR = 3


class FarVault(MemoryVault):
    async def prepare(self, session: AvatarSessionId, expires_at: datetime) -> None:
        await asyncio.sleep(TRIP)
        await super().prepare(session, expires_at)

    async def keep(
        self, session: AvatarSessionId, tokens: StoredTokens, expires_at: datetime
    ) -> Mapping[str, str]:
        await asyncio.sleep(TRIP)
        return await super().keep(session, tokens, expires_at)


class FarTasks(MemoryTasks):
    async def expire(self, session: AvatarSessionId, at: datetime) -> None:
        await asyncio.sleep(TRIP)
        await super().expire(session, at)


async def once(*, vault: bool) -> float:
    """Seconds that one start takes beyond the provider's own. `vault`: that is far, too."""
    at = new_harness()
    at.app = at.another(tasks=FarTasks(), vault=FarVault(time.time) if vault else at.vault)

    async def trip(_: str) -> None:
        await asyncio.sleep(TRIP)

    at.store.before = trip
    at.avatars.slow.update(create_session_token=TICKET, start=START)
    began = time.perf_counter()
    await at.start()
    took = time.perf_counter() - began
    await at.store.close()
    return took - TICKET - START


def measure(runs: int) -> list[Row]:
    near, far = (
        [asyncio.run(once(vault=vault)) / TRIP for _ in range(runs)] for vault in (False, True)
    )
    (trips, spread), (with_vault, spread_with_vault) = middle(near), middle(far)
    how = "20 ms a trip; ticket 300 ms and start 1 s at the provider; wall time."
    figure = "start_avatar, beyond the provider's own time"
    bar = f"at most {BAR}"
    return [
        Row(figure, trips, "round trips", {}, spread, bar, trips <= BAR, how),
        Row(
            f"{figure}, Secret Manager 20 ms away, too",
            with_vault,
            "round trips",
            {},
            spread_with_vault,
            "",
            None,
            how,
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    print(markdown(measure(parser.parse_args().runs)))


if __name__ == "__main__":
    main()
