"""In counts, orders and seconds of a simulated clock: what the benches measure in wall time."""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from common.adapters.sqlite import query as sql
from common.adapters.sqlite.store import SqliteStore
from common.api.streaming import EventStream
from common.domain.documents import Create, Query, Where, checked_query
from common.domain.ids import AvatarSessionId, UserId
from common.domain.user import User
from common.schemas.answers import SweepAnswer
from common.schemas.events import TextEvent
from common.schemas.requests import SweepRequest
from common.sessions.sweep import AT_ONCE
from tests.support.fakes.agent import FakeAgent
from tests.support.fakes.avatars import FakeAvatars
from tests.support.harness import Harness, advance, new_harness
from tests.support.virtual_time import LoopClock, VirtualTimeLoop

TRIP = 0.02
TICKET, START, STOP = 0.3, 1.0, 0.1


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


@pytest.fixture
async def harness() -> AsyncIterator[Harness]:
    made = new_harness(agent=FakeAgent(strict=False))
    yield made
    await made.store.close()


def now() -> float:
    return asyncio.get_running_loop().time()


def far(harness: Harness) -> None:
    async def trip(_: str) -> None:
        await asyncio.sleep(TRIP)

    harness.store.before = trip


async def expired(harness: Harness, number: int) -> None:
    await asyncio.gather(*(harness.start(User(UserId(f"user-{n}"))) for n in range(number)))
    advance(harness.clock, 3_600)


# ── start_avatar ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("ticket", "start"), [(0.0, 0.0), (TICKET, START)])
async def test_a_start_adds_three_trips_to_the_provider(
    harness: Harness, ticket: float, start: float
) -> None:
    """A read, the commit that guards the start, and the commit that says that it is live."""
    far(harness)
    harness.avatars.slow.update(create_session_token=ticket, start=start)
    began = now()
    await harness.start()
    assert now() - began - ticket - start == pytest.approx(3 * TRIP)


# ── text ─────────────────────────────────────────────────────────────────────────────────────────


async def test_text_is_on_the_wire_in_the_moment_in_which_the_agent_gives_it(
    harness: Harness,
) -> None:
    far(harness)
    harness.agent.replies.append([part for n in range(20) for part in (0.025, f"word{n} ")])
    turn = await harness.chat()
    sent: list[tuple[str, float]] = []

    async def send(message: Any) -> None:
        if body := message.get("body", b"").decode():
            sent.append((body, now()))

    async def receive() -> dict[str, str]:
        await asyncio.Event().wait()
        raise AssertionError

    admitted = now()
    await EventStream(turn)({"type": "http"}, receive, send)
    text = [(body, when) for body, when in sent if body.startswith("event: text")]
    assert [_text(body) for body, _ in text] == [f"word{n} " for n in range(20)]
    whens = [when for _, when in text if when > admitted]
    assert all(b - a == pytest.approx(0.025) for a, b in pairwise(whens))
    assert whens[-1] == pytest.approx(2 * TRIP + 20 * 0.025), "read, commit, the agent's pace"


def _text(frame: str) -> str:
    return str(json.loads(frame.partition("data: ")[2])["text"])


async def test_text_waits_for_nobody_who_is_slow_to_take_it(harness: Harness) -> None:
    harness.agent.replies.append([part for n in range(20) for part in (0.025, f"word{n} ")])
    turn = await harness.chat()
    await asyncio.sleep(5)
    began = now()
    events = await turn.next_events()  # the turn, why it is silent, the text
    assert now() == began
    assert sum(isinstance(event, TextEvent) for event in events) == 20
    await turn.cancel()


# ── the sweep ────────────────────────────────────────────────────────────────────────────────────


class Crowded(FakeAvatars):
    """How many stops were under way together, at the most."""

    most = 0
    under_way = 0

    async def stop(self, session: AvatarSessionId, reason: str) -> None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await super().stop(session, reason)
        finally:
            self.under_way -= 1


async def all_swept(harness: Harness) -> list[SweepAnswer]:
    sweeps = [await harness.app.sweeps.sweep(SweepRequest())]
    while sweeps[-1].more:
        sweeps.append(await harness.app.sweeps.sweep(SweepRequest()))
    return sweeps


async def test_a_thousand_expired_take_no_longer_than_the_provider_would_for_fifty_at_a_time(
    harness: Harness,
) -> None:
    harness.avatars = crowded = Crowded(harness.clock, capacity=2_000)
    harness.app = harness.another()
    await expired(harness, 1_000)
    crowded.slow["stop"] = STOP
    far(harness)
    began = now()
    sweeps = await all_swept(harness)
    assert now() - began <= 1_000 / 50 * STOP
    assert sum(swept.expired + swept.idle for swept in sweeps) == 1_000
    assert len(sweeps) <= 3
    assert 50 <= crowded.most <= AT_ONCE
    assert not any(swept.failed for swept in sweeps)


@pytest.mark.parametrize("others", [0, 3_000])
async def test_a_sweep_goes_to_the_store_as_often_however_much_there_is(
    harness: Harness, others: int
) -> None:
    await expired(harness, 1)
    await all_swept(harness)
    (old,) = await harness.sessions()
    for begin in range(0, others, 500):
        ids = range(begin, begin + 500)
        await harness.store.inner.commit([Create(f"ended_sessions/old-{n}", old) for n in ids])
    await asyncio.gather(*(harness.start(User(UserId(f"other-{n}"))) for n in range(20)))
    advance(harness.clock, 3_600)
    harness.store.trips.clear()
    far(harness)
    began = now()
    await all_swept(harness)
    assert harness.store.trips["query"] == 4
    assert harness.store.trips["commit"] == 2 * 20
    assert harness.store.trips["read"] == 2 * 20, (
        "each session is read again, with its conversation"
    )
    assert now() - began == pytest.approx(6 * TRIP)


async def test_what_is_due_is_found_by_its_index_and_without_sorting(tmp_path: Path) -> None:
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
