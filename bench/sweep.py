"""What a sweep costs: by what has expired, not by what exists.

    python bench/sweep.py [--runs 5] [--many 100000]

100 expired sessions among 1,000 and among 100,000 in SQLite files, and among 20,000 in the Firestore
emulator (if there is one), turn by turn. Then 1,000 expired, where a call of the provider takes 100 ms.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.table import Row, markdown, middle
from common.adapters.firestore_store import FirestoreStore
from common.adapters.sqlite_store import SqliteStore
from common.domain.documents import Create
from common.domain.ids import UserId
from common.domain.user import User
from common.models import SweepExpired, Swept
from common.services.store import Store
from infra.local.firestore import NotInstalledError, emulator, jar
from tests.house import House, house, later

FEW, MANY, EXPIRED = 1_000, 100_000, 100
EMULATED = 20_000
"""In the emulator: it has no index, reads all of a collection at each query, and is small."""
BATCH = 500
FILL_SECONDS = 180.0
"""Filling the emulator ends then, with however many documents there are."""
CALL_SECONDS, AT_ONCE = 0.1, 50
"""What the bar is made of: a provider's call, and so many at a time."""
SLACK = 1.1


@asynccontextmanager
async def among(store: Store, number: int) -> AsyncIterator[tuple[House, int]]:
    """A house with so many ended sessions, as far as there is time; how many there are."""
    at = house(store)
    try:
        yield at, await _filled(at, number)
    finally:
        await store.close()


async def _filled(at: House, number: int) -> int:
    await expired(at, 1)
    await at.app.sweeps.sweep(SweepExpired())
    (ended,) = await at.documents("avatar_sessions")
    began, filled = time.perf_counter(), 1
    while filled < number and time.perf_counter() - began < FILL_SECONDS:
        ids = range(filled, min(filled + BATCH, number))
        await at.store.commit([Create(f"avatar_sessions/old-{n:06d}", ended) for n in ids])
        filled += len(ids)
    return filled


async def expired(at: House, number: int) -> None:
    names = [UserId(f"u{next(at.numbers):08d}") for _ in range(number)]
    for begin in range(0, number, AT_ONCE):
        starts = (at.start(User(name)) for name in names[begin : begin + AT_ONCE])
        await asyncio.gather(*starts)
    later(at.clock, 3_600)


async def swept(at: House) -> tuple[float, int]:
    """Seconds until nothing is due any more, and how many sessions were ended."""
    began, ended, more = time.perf_counter(), 0, True
    while more:
        after: Swept = await at.app.sweeps.sweep(SweepExpired())
        ended, more = ended + after.expired + after.idle, after.more
    return time.perf_counter() - began, ended


async def by_size(
    few: Store, many: Store, runs: int, number: int
) -> tuple[list[float], list[float], int]:
    """Milliseconds of each sweep of 100, among few and among many; how many those were."""
    taken: tuple[list[float], list[float]] = ([], [])
    async with among(few, FEW) as (small, _), among(many, number) as (large, filled):
        for run in range(runs + 1):
            for at, times in zip((small, large), taken, strict=True):
                await expired(at, EXPIRED)
                seconds, ended = await swept(at)
                if ended != EXPIRED:
                    raise RuntimeError(f"{ended} of {EXPIRED} were ended")
                if run:  # the first one warms up
                    times.append(1_000 * seconds)
        return *taken, filled


async def a_thousand() -> float:
    """Seconds for 1,000 expired sessions, where each call of the provider takes 100 ms."""
    async with among(SqliteStore(":memory:"), 1) as (at, _):
        await expired(at, 1_000)
        at.avatars.slow["stop"] = CALL_SECONDS
        seconds, _ = await swept(at)
        return seconds


@contextmanager
def stores(kind: str) -> Iterator[tuple[Store, Store]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if kind == "SQLite":
            yield SqliteStore(folder / "few"), SqliteStore(folder / "many")
            return
        with emulator(jar(), folder / "log") as address:
            yield (
                FirestoreStore(f"demo-{uuid4()}", emulator=address, deadline_seconds=60),
                FirestoreStore(f"demo-{uuid4()}", emulator=address, deadline_seconds=60),
            )


def measure(runs: int, many: int = MANY) -> list[Row]:
    rows = [_compared("SQLite", runs, many)]
    try:
        rows.append(_compared("emulator", runs, min(many, EMULATED)))
    except NotInstalledError as error:
        print(f"No sweep in the emulator: {error}", file=sys.stderr)
    seconds, spread = middle([asyncio.run(a_thousand()) for _ in range(min(runs, 3))])
    bar = 1_000 / AT_ONCE * CALL_SECONDS
    rows.append(
        Row(
            "sweep, 1,000 expired, a provider's call 100 ms",
            seconds,
            "s",
            {},
            spread,
            f"at most {bar:g}",
            seconds <= bar,
            "SQLite in memory; as many sweeps, one after the other, as it takes.",
        )
    )
    return rows


def _compared(kind: str, runs: int, many: int) -> Row:
    with stores(kind) as (few_store, many_store):
        few, taken, filled = asyncio.run(by_size(few_store, many_store, runs, many))
    (among_few, _), (among_many, spread) = middle(few), middle(taken)
    return Row(
        f"sweep, {EXPIRED} expired among {filled:,} ({kind})",
        among_many,
        "ms",
        {f"ours, among {FEW:,}": among_few},
        spread,
        f"within 10 % of among {FEW:,}",
        among_many <= SLACK * among_few,
        "A provider that answers at once; the sizes take turns.",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--many", type=int, default=MANY)
    asked = parser.parse_args()
    print(markdown(measure(asked.runs, asked.many)))


if __name__ == "__main__":
    main()
