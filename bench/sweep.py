"""What a sweep costs: by what has expired, not by what exists.

    python bench/sweep.py [--runs 5] [--many 100000]

100 expired sessions among 1,000 and among 100,000, in SQLite files and in the Firestore emulator (if
there is one), turn by turn. Then 1,000 expired, where a call of the provider takes 100 ms.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.table import Row, markdown, middle
from common.adapters.firestore.store import FirestoreStore
from common.adapters.sqlite.store import SqliteStore
from common.domain.avatar_session import session_path
from common.domain.documents import Create, Update
from common.domain.ids import AvatarSessionId, UserId
from common.domain.user import User
from common.ports.store import Store
from common.schemas.answers import StartAvatarAnswer, SweepAnswer
from common.schemas.requests import SweepRequest
from infra.local.firestore import NotInstalledError, emulator, jar
from tests.support.fakes.avatars import FakeAvatars
from tests.support.harness import Harness, advance, new_harness

T = TypeVar("T")

FEW, MANY, EXPIRED = 1_000, 100_000, 100
RUNNING = 100
"""Of the others, so many run and are not due, few or many: what a service has done grows, not what it
does. The rest have ended."""
BATCH, BATCHES_AT_ONCE = 500, 2
EMULATOR_MEGABYTES = 3_000
CALL_SECONDS, AT_ONCE = 0.1, 50
"""What the bar is made of: a provider's call, and so many at a time."""
SLACK = 1.1
AMONG_FEW = f"ours, among {FEW:,}"


class Tireless(FakeAvatars):
    """Ends nothing by itself, and so has nothing to look through at each call."""

    def _end_what_is_due(self) -> None:
        return


@dataclass(frozen=True)
class World:
    """A house, how long filling it took, and the milliseconds of the sweeps in it."""

    at: Harness
    filled_seconds: float
    full: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)


@asynccontextmanager
async def among(store: Store, number: int) -> AsyncIterator[World]:
    """A house with so many other sessions."""
    at = new_harness(store)
    at.avatars = Tireless(at.clock, capacity=number + EXPIRED * 100)
    at.app = at.another()
    began = time.perf_counter()
    try:
        await _fill_ended(at, number - RUNNING)
        await _fill_running(at, RUNNING)
        yield World(at, time.perf_counter() - began)
    finally:
        await store.close()


async def _fill_ended(at: Harness, number: int) -> None:
    """Records alone, each the copy of a real one."""
    await expired(at, 1)
    await at.app.sweeps.sweep(SweepRequest())
    (ended,) = await at.documents("ended_sessions")
    batches = [range(n, min(n + BATCH, number)) for n in range(1, number, BATCH)]
    for some in batched(batches, BATCHES_AT_ONCE):
        records = ([Create(f"ended_sessions/old-{n:06d}", ended) for n in ids] for ids in some)
        await asyncio.gather(*map(at.store.commit, records))


async def _fill_running(at: Harness, number: int) -> None:
    """Real ones, here and at the provider, that stay."""
    late = at.clock.now() + timedelta(days=365)
    for started in await _started(at, number):
        stays = Update(
            session_path(AvatarSessionId(started.avatar_session_id)),
            {"due_at": late, "expires_at": late},
        )
        await at.store.commit([stays])


async def expired(at: Harness, number: int) -> None:
    await _started(at, number)
    advance(at.clock, 3_600)


async def _started(at: Harness, number: int) -> list[StartAvatarAnswer]:
    names = [UserId(f"u{next(at.numbers):08d}") for _ in range(number)]
    started: list[StartAvatarAnswer] = []
    for some in batched(names, AT_ONCE):
        started += await asyncio.gather(*(at.start(User(name)) for name in some))
    return started


def batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[begin : begin + size] for begin in range(0, len(items), size))


async def swept(at: Harness) -> tuple[float, int]:
    """Seconds until nothing is due any more, and how many sessions were ended."""
    began, ended, more = time.perf_counter(), 0, True
    while more:
        after: SweepAnswer = await at.app.sweeps.sweep(SweepRequest())
        ended, more = ended + after.expired + after.idle, after.more
    return time.perf_counter() - began, ended


async def by_size(few: Store, many: Store, runs: int, number: int) -> tuple[World, World]:
    """Each with the times of sweeps of 100, and of as many that find nothing."""
    async with among(few, FEW) as small, among(many, number) as large:
        for _ in range(runs + 1):
            for world in (small, large):
                await expired(world.at, EXPIRED)
                world.full.append(await _timed(world.at, EXPIRED))
                world.empty.append(await _timed(world.at, 0))
        for world in (small, large):
            del world.full[0], world.empty[0]  # they warmed up
        return small, large


async def _timed(at: Harness, due: int) -> float:
    seconds, ended = await swept(at)
    if ended != due:
        raise RuntimeError(f"{ended} of {due} were ended")
    return 1_000 * seconds


async def a_thousand() -> float:
    """Seconds for 1,000 expired sessions, where each call of the provider takes 100 ms."""
    async with among(SqliteStore(":memory:"), 1_000) as world:
        await expired(world.at, 1_000)
        world.at.avatars.slow["stop"] = CALL_SECONDS
        seconds, _ = await swept(world.at)
        return seconds


@contextmanager
def stores(kind: str) -> Iterator[tuple[Store, Store]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if kind == "SQLite":
            yield SqliteStore(folder / "few"), SqliteStore(folder / "many")
            return
        with _emulated(folder / "few.log") as few, _emulated(folder / "many.log") as many:
            yield few, many


@contextmanager
def _emulated(log: Path) -> Iterator[Store]:
    """In an emulator of its own: what one holds, the other does not collect as garbage."""
    with emulator(jar(), log, megabytes=EMULATOR_MEGABYTES) as address:
        yield FirestoreStore("demo-sweep", emulator=address, deadline_seconds=60)


def measure(runs: int, many: int = MANY) -> list[Row]:
    rows = _compared("SQLite", runs, many)
    try:
        rows += _compared("emulator", runs, many)
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


def _compared(kind: str, runs: int, many: int) -> list[Row]:
    with stores(kind) as (few_store, many_store):
        small, large = asyncio.run(by_size(few_store, many_store, runs, many))
    (among_few, _), (among_many, spread) = middle(small.full), middle(large.full)
    ratio, _ = middle([b / a for a, b in zip(small.full, large.full, strict=True)])
    (nothing_few, _), (nothing_many, nothing_spread) = middle(small.empty), middle(large.empty)
    return [
        Row(
            f"sweep, {EXPIRED} expired among {many:,} ({kind})",
            among_many,
            "ms",
            {AMONG_FEW: among_few},
            spread,
            f"within 10 % of among {FEW:,}",
            ratio <= SLACK,
            f"{ratio:.2f} times, the median of the runs' ratios. A provider that answers at once; the"
            f" sizes take turns. Of the others {RUNNING} run and are not due; the rest are records of"
            f" ended ones. Filling {many:,} took {large.filled_seconds:.0f} s.",
        ),
        Row(
            f"... with nothing expired ({kind})",
            nothing_many,
            "ms",
            {AMONG_FEW: nothing_few},
            nothing_spread,
            "",
            None,
            f"Two queries that find nothing, and {RUNNING} reads for the provider's list.",
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--many", type=int, default=MANY)
    asked = parser.parse_args()
    print(markdown(measure(asked.runs, asked.many)))


if __name__ == "__main__":
    main()
