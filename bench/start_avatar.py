"""Time that `start_avatar` adds to the provider's own time, in round trips to the store.

    make bench ARGS=start_avatar

Each round trip to the store and the queue takes 20 ms, and in a second figure also each trip to the
vault. The provider takes 300 ms for a session token and 1 s for a start. Everything else is real,
over SQLite in memory."""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime

from bench.table import Row, middle
from common.domain.ids import AvatarSessionId
from common.ports.vault import StoredTokens
from tests.support.fakes.tasks import MemoryTasks
from tests.support.fakes.vault import MemoryVault
from tests.support.harness import new_harness

TRIP_SECONDS, TOKEN_SECONDS, START_SECONDS = 0.02, 0.3, 1.0
BAR = 3.5


class DistantVault(MemoryVault):
    """A vault that is one round trip away."""

    async def prepare(self, session: AvatarSessionId, expires_at: datetime) -> None:
        await asyncio.sleep(TRIP_SECONDS)
        await super().prepare(session, expires_at)

    async def keep(
        self, session: AvatarSessionId, tokens: StoredTokens, expires_at: datetime
    ) -> Mapping[str, str]:
        await asyncio.sleep(TRIP_SECONDS)
        return await super().keep(session, tokens, expires_at)


class DistantTasks(MemoryTasks):
    """A task queue that is one round trip away."""

    async def expire(self, session: AvatarSessionId, at: datetime) -> None:
        await asyncio.sleep(TRIP_SECONDS)
        await super().expire(session, at)


async def measure_start(*, vault: bool) -> float:
    """Return the seconds of one start without those of the provider.

    `vault`: the vault is distant, too.
    """
    harness = new_harness()
    harness.app = harness.another(
        tasks=DistantTasks(), vault=DistantVault(time.time) if vault else harness.vault
    )

    async def trip(_: str) -> None:
        await asyncio.sleep(TRIP_SECONDS)

    harness.store.before = trip
    harness.avatars.slow.update(create_session_token=TOKEN_SECONDS, start=START_SECONDS)
    began = time.perf_counter()
    await harness.start()
    took = time.perf_counter() - began
    await harness.store.close()
    return took - TOKEN_SECONDS - START_SECONDS


def measure(runs: int) -> list[Row]:
    near, far = (
        [asyncio.run(measure_start(vault=vault)) / TRIP_SECONDS for _ in range(runs)]
        for vault in (False, True)
    )
    (trips, spread), (with_vault, spread_with_vault) = middle(near), middle(far)
    how = "20 ms per trip; session token 300 ms and start 1 s at the provider; wall time."
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
