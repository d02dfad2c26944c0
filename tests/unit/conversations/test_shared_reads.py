"""Turns of one process look at their documents in one trip to the store."""

import asyncio

import pytest

from common.domain.documents import Create
from common.domain.errors import Unavailable
from common.transactions.shared_reads import AT_ONCE, SharedReads
from common.transactions.transaction import Transactions
from tests.support.harness import new_harness


async def no_pause(_: int) -> None:
    """Pause between attempts for no time."""


async def test_reads_of_one_moment_share_a_trip() -> None:
    harness = new_harness()
    transactions = Transactions(harness.store, harness.clock, no_pause)
    await harness.store.commit([Create(f"limits/{n}", {"n": n}) for n in range(3)])
    harness.store.trips.clear()
    reads = SharedReads()
    found = await asyncio.gather(*(reads.read(transactions, f"limits/{n}") for n in (0, 1, 2, 1)))
    assert [each.get("n") for each in found] == [0, 1, 2, 1]
    assert harness.store.trips == {"read": 1}
    assert (await reads.read(transactions, "limits/0")).get("n") == 0
    assert harness.store.trips == {"read": 2}
    await harness.store.close()


async def test_more_reads_than_fit_take_another_trip() -> None:
    harness = new_harness()
    transactions = Transactions(harness.store, harness.clock, no_pause)
    reads = SharedReads()
    paths = [f"limits/{n}" for n in range(AT_ONCE + 1)]
    found = await asyncio.gather(*(reads.read(transactions, path) for path in paths))
    assert [each.path for each in found] == paths
    assert harness.store.trips == {"read": 2}
    await harness.store.close()


async def test_one_failure_reaches_every_reader_and_the_next_read_works() -> None:
    harness = new_harness()

    class AwayOnce:
        failed = False

        async def get(self, paths: list[str]) -> object:
            if not self.failed:
                self.failed = True
                raise Unavailable("store", "away")
            return await harness.store.get(paths)

    transactions = Transactions(AwayOnce(), harness.clock, no_pause)  # type: ignore[arg-type]  # reads only
    reads = SharedReads()
    results = await asyncio.gather(
        *(reads.read(transactions, "limits/0") for _ in range(3)), return_exceptions=True
    )
    assert [type(each) for each in results] == [Unavailable] * 3
    assert not (await reads.read(transactions, "limits/0")).exists
    await harness.store.close()


async def test_a_reader_that_leaves_disturbs_no_other() -> None:
    harness = new_harness()
    transactions = Transactions(harness.store, harness.clock, no_pause)
    reads = SharedReads()
    first = asyncio.create_task(reads.read(transactions, "limits/0"))
    other = asyncio.create_task(reads.read(transactions, "limits/1"))
    await asyncio.sleep(0)
    first.cancel()
    assert (await other).path == "limits/1"
    with pytest.raises(asyncio.CancelledError):
        await first
    await harness.store.close()
