"""Cost of a sweep: it follows the number of expired sessions, not the number of all sessions.

    make bench ARGS=sweep

It measures 100 expired sessions among 1,000 and among 100,000, in SQLite files and, if there is
one, in the Firestore emulator. The sizes take turns. Then it measures 1,000 expired sessions, with
a provider that takes 100 ms per call."""

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

from bench.table import Row, middle
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
"""Sessions that run and are not due, at each size. All others have ended: in a service that grows
old, the number of ended sessions grows, not the number of running ones."""
BATCH, BATCHES_AT_ONCE = 500, 2
EMULATOR_MEGABYTES = 3_000
CALL_SECONDS, AT_ONCE = 0.1, 50
"""Duration of a provider's call, and the number of calls at the same time. The bar follows from
them."""
MAX_RATIO = 1.1
AMONG_FEW = f"ours, among {FEW:,}"


class EndlessAvatars(FakeAvatars):
    """A provider that ends no session by itself, so no call looks through all sessions."""

    def _end_what_is_due(self) -> None:
        return


@dataclass(frozen=True)
class FilledStore:
    """A harness whose store has many sessions.

    `full` and `empty` are the milliseconds of its sweeps.
    """

    harness: Harness
    filled_seconds: float
    full: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)


@asynccontextmanager
async def fill(store: Store, number: int) -> AsyncIterator[FilledStore]:
    """Yield a harness over a store with so many sessions that are not due."""
    harness = new_harness(store)
    harness.avatars = EndlessAvatars(harness.clock, capacity=number + EXPIRED * 100)
    harness.app = harness.another()
    began = time.perf_counter()
    try:
        await _fill_ended(harness, number - RUNNING)
        await _fill_running(harness, RUNNING)
        yield FilledStore(harness, time.perf_counter() - began)
    finally:
        await store.close()


async def _fill_ended(harness: Harness, number: int) -> None:
    """Write the records of ended sessions, each a copy of a real one."""
    await expire(harness, 1)
    await harness.app.sweeps.sweep(SweepRequest())
    (ended,) = await harness.documents("ended_sessions")
    batches = [range(n, min(n + BATCH, number)) for n in range(1, number, BATCH)]
    for some in in_batches(batches, BATCHES_AT_ONCE):
        records = ([Create(f"ended_sessions/old-{n:06d}", ended) for n in ids] for ids in some)
        await asyncio.gather(*map(harness.store.commit, records))


async def _fill_running(harness: Harness, number: int) -> None:
    """Start real sessions that are due in a year."""
    late = harness.clock.now() + timedelta(days=365)
    for started in await _start(harness, number):
        update = Update(
            session_path(AvatarSessionId(started.avatar_session_id)),
            {"due_at": late, "expires_at": late},
        )
        await harness.store.commit([update])


async def expire(harness: Harness, number: int) -> None:
    """Start so many sessions, and move the clock past their expiry."""
    await _start(harness, number)
    advance(harness.clock, 3_600)


async def _start(harness: Harness, number: int) -> list[StartAvatarAnswer]:
    names = [UserId(f"u{next(harness.numbers):08d}") for _ in range(number)]
    started: list[StartAvatarAnswer] = []
    for some in in_batches(names, AT_ONCE):
        started += await asyncio.gather(*(harness.start(User(name)) for name in some))
    return started


def in_batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[begin : begin + size] for begin in range(0, len(items), size))


async def sweep(harness: Harness) -> tuple[float, int]:
    """Sweep until nothing is due.

    Return the seconds, and the number of sessions that were ended.
    """
    began, ended, more = time.perf_counter(), 0, True
    while more:
        after: SweepAnswer = await harness.app.sweeps.sweep(SweepRequest())
        ended, more = ended + after.expired + after.idle, after.more
    return time.perf_counter() - began, ended


async def measure_sizes(few: Store, many: Store, runs: int) -> tuple[FilledStore, FilledStore]:
    """Measure sweeps of 100 sessions, and sweeps that find nothing, at both sizes."""
    async with fill(few, FEW) as small, fill(many, MANY) as large:
        for _ in range(runs + 1):
            for each in (small, large):
                await expire(each.harness, EXPIRED)
                each.full.append(await _milliseconds(each.harness, EXPIRED))
                each.empty.append(await _milliseconds(each.harness, 0))
        for each in (small, large):
            del each.full[0], each.empty[0]  # the first run warms up
        return small, large


async def _milliseconds(harness: Harness, due: int) -> float:
    seconds, ended = await sweep(harness)
    if ended != due:
        raise RuntimeError(f"{ended} of {due} were ended")
    return 1_000 * seconds


async def measure_slow_provider() -> float:
    """Return the seconds for 1,000 expired sessions, with 100 ms per call of the provider."""
    async with fill(SqliteStore(":memory:"), 1_000) as filled:
        await expire(filled.harness, 1_000)
        filled.harness.avatars.slow["stop"] = CALL_SECONDS
        seconds, _ = await sweep(filled.harness)
        return seconds


@contextmanager
def stores(kind: str) -> Iterator[tuple[Store, Store]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if kind == "SQLite":
            yield SqliteStore(folder / "few"), SqliteStore(folder / "many")
            return
        with _emulate(folder / "few.log") as few, _emulate(folder / "many.log") as many:
            yield few, many


@contextmanager
def _emulate(log: Path) -> Iterator[Store]:
    """Yield a store in an emulator of its own. Each emulator collects only its own garbage."""
    with emulator(jar(), log, megabytes=EMULATOR_MEGABYTES) as address:
        yield FirestoreStore("demo-sweep", emulator=address, deadline_seconds=60)


def measure(runs: int) -> list[Row]:
    rows = _compare("SQLite", runs)
    try:
        rows += _compare("emulator", runs)
    except NotInstalledError as error:
        print(f"No sweep in the emulator: {error}", file=sys.stderr)
    seconds, spread = middle([asyncio.run(measure_slow_provider()) for _ in range(min(runs, 3))])
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
            "SQLite in memory; sweeps follow each other until nothing is due.",
        )
    )
    return rows


def _compare(kind: str, runs: int) -> list[Row]:
    with stores(kind) as (few_store, many_store):
        small, large = asyncio.run(measure_sizes(few_store, many_store, runs))
    (among_few, _), (among_many, spread) = middle(small.full), middle(large.full)
    ratio, _ = middle([b / a for a, b in zip(small.full, large.full, strict=True)])
    (nothing_few, _), (nothing_many, nothing_spread) = middle(small.empty), middle(large.empty)
    return [
        Row(
            f"sweep, {EXPIRED} expired among {MANY:,} ({kind})",
            among_many,
            "ms",
            {AMONG_FEW: among_few},
            spread,
            f"within 10 % of among {FEW:,}",
            ratio <= MAX_RATIO,
            f"{ratio:.2f} times, the median of the runs' ratios. The provider answers at once, and the"
            f" sizes take turns. {RUNNING} other sessions run and are not due; all others have ended."
            f" Filling {MANY:,} took {large.filled_seconds:.0f} s.",
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
