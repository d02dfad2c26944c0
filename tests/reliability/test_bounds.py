"""Round trips, orders and seconds of a virtual clock; the benches measure the same in real time."""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from common.adapters.sqlite import query as sql
from common.adapters.sqlite.store import SqliteStore
from common.domain.avatar_session import EndReason
from common.domain.documents import Create, Query, Where, checked_query
from common.domain.ids import AvatarSessionId, UserId
from common.domain.user import User
from common.schemas.answers import SweepAnswer
from common.schemas.events import TextEvent
from common.sessions.sweep import AT_ONCE
from tests.support.fakes.agent import FakeAgent
from tests.support.fakes.avatars import FakeAvatars
from tests.support.harness import Harness, advance, new_harness, sweep
from tests.support.http_call import post
from tests.support.virtual_time import LoopClock

TRIP = 0.02
TOKEN, START, STOP = 0.3, 1.0, 0.1
DUE = 600
"""Sessions that a sweep must end: more than one of its queries returns."""


@pytest.fixture
async def harness() -> AsyncIterator[Harness]:
    made = new_harness(agent=FakeAgent(strict=False), ceiling_avatar_seconds=10_000_000)
    yield made
    await made.store.close()


def now() -> float:
    return asyncio.get_running_loop().time()


def set_store_latency(harness: Harness) -> None:
    async def travel(_: str) -> None:
        await asyncio.sleep(TRIP)

    harness.store.before = travel


async def start_expired_sessions(harness: Harness, number: int) -> None:
    for n in range(number):  # one after the other: at once, each start conflicts with the others
        await harness.start(User(UserId(f"user-{n}")))
    advance(harness.clock, 3_600)


# ── start_avatar ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("token", "start"), [(0.0, 0.0), (TOKEN, START)])
async def test_a_start_adds_three_trips_to_the_provider(
    harness: Harness, token: float, start: float
) -> None:
    """A read, the commit that guards the start, and the commit that says that it is live."""
    set_store_latency(harness)
    harness.avatars.slow.update(create_session_token=token, start=start)
    began = now()
    await harness.start()
    assert now() - began - token - start == pytest.approx(3 * TRIP)


# ── text ─────────────────────────────────────────────────────────────────────────────────────────


async def test_text_is_sent_at_the_moment_at_which_it_arrives(harness: Harness) -> None:
    set_store_latency(harness)
    harness.agent.replies.append([part for n in range(20) for part in (0.025, f"word{n} ")])
    answer = await post(harness.app, "chat", {"message": "Hello."}, events=True)
    text = [(chunk.decode(), at) for at, chunk in answer.chunks if b"event: text" in chunk]
    words = "".join(
        json.loads(line.removeprefix("data: "))["text"]
        for body, _ in text
        for event, line in pairwise(body.splitlines())
        if event == "event: text"
    )
    times = [at for _, at in text]
    assert words == "".join(f"word{n} " for n in range(20))
    assert all(b - a == pytest.approx(0.025) for a, b in pairwise(times[1:]))
    assert times[-1] == pytest.approx(2 * TRIP + 20 * 0.025)  # read, commit, the agent's pace


async def test_text_does_not_wait_for_a_slow_reader(harness: Harness) -> None:
    harness.agent.replies.append([part for n in range(20) for part in (0.025, f"word{n} ")])
    turn = await harness.chat()
    await asyncio.sleep(5)
    began = now()
    events = await turn.next_events()  # the turn, why it is silent, the text
    assert now() == began
    assert sum(isinstance(event, TextEvent) for event in events) == 20
    await turn.cancel()


# ── the sweep ────────────────────────────────────────────────────────────────────────────────────


class StopCountingAvatars(FakeAvatars):
    """Counts how many stops are under way at once."""

    most = 0
    under_way = 0

    async def stop(self, session: AvatarSessionId, reason: EndReason) -> None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await super().stop(session, reason)
        finally:
            self.under_way -= 1


async def sweep_all(harness: Harness) -> list[SweepAnswer]:
    answers = [await sweep(harness.app)]
    while answers[-1].more:
        answers.append(await sweep(harness.app))
    return answers


async def test_a_sweep_stops_at_least_fifty_at_a_time(harness: Harness) -> None:
    harness.avatars = avatars = StopCountingAvatars(harness.clock, capacity=DUE)
    harness.app = harness.another()
    await start_expired_sessions(harness, DUE)
    avatars.slow["stop"] = STOP
    set_store_latency(harness)
    began = now()
    answers = await sweep_all(harness)
    assert now() - began <= DUE / 50 * STOP
    assert sum(swept.expired + swept.idle for swept in answers) == DUE
    assert len(answers) <= 3
    assert 50 <= avatars.most <= AT_ONCE
    assert not any(swept.failed for swept in answers)


@pytest.mark.parametrize("others", [0, 3_000])
async def test_a_sweeps_trips_do_not_grow_with_ended_sessions(
    harness: Harness, others: int
) -> None:
    await start_expired_sessions(harness, 1)
    await sweep_all(harness)
    (old,) = await harness.sessions()
    for begin in range(0, others, 500):
        ids = range(begin, begin + 500)
        await harness.store.inner.commit([Create(f"ended_sessions/old-{n}", old) for n in ids])
    await asyncio.gather(*(harness.start(User(UserId(f"other-{n}"))) for n in range(20)))
    advance(harness.clock, 3_600)
    harness.store.trips.clear()
    set_store_latency(harness)
    began = now()
    await sweep_all(harness)
    assert harness.store.trips["query"] == 7
    assert harness.store.trips["commit"] == 2 * 20
    assert harness.store.trips["read"] == 2 * 20 + 1, (
        "each session is read again, with its conversation; the switch once"
    )
    assert now() - began == pytest.approx(6 * TRIP)


async def test_due_sessions_are_found_by_an_index_without_sorting(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "documents")
    try:
        due = (Where("due_at", "<=", LoopClock().now()),)
        query = checked_query(Query("avatar_sessions", due, "due_at", limit=500))
        await store.query(query)
        statement, parameters = sql.select(query)
        database = store._opened
        assert database is not None
        plan = database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
    finally:
        await store.close()
    (step,) = [row[3] for row in plan]
    assert step.startswith("SEARCH documents USING INDEX by  due_at (collection=?")
    assert "<expr><?" in step
