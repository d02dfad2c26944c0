from datetime import timedelta

import pytest
from pydantic import ValidationError

from common.domain.errors import Unavailable
from common.schemas.answers import KeepAliveAnswer, SweepAnswer
from common.schemas.requests import KeepAliveRequest, SweepRequest
from common.transactions.idempotency import IdempotencyKey
from tests.support.harness import ADA, Harness, advance, new_harness, sweep


async def keep(harness: Harness, session: str, *, leaving: bool = False) -> KeepAliveAnswer:
    request = KeepAliveRequest(avatar_session_id=session, leaving=leaving)
    return await harness.app.avatars.keep_alive(ADA, request, IdempotencyKey())


async def test_a_session_whose_page_left_ends_after_20_seconds() -> None:
    harness = new_harness()
    session = (await harness.start()).avatar_session_id
    advance(harness.clock, 60)
    left = await keep(harness, session, leaving=True)
    assert left.idle_at == harness.clock.now() + timedelta(seconds=20)
    advance(harness.clock, 15)
    assert (await keep(harness, session, leaving=True)).idle_at == left.idle_at
    assert (await sweep(harness.app)).idle == 0
    advance(harness.clock, 6)
    assert (await sweep(harness.app)).idle == 1
    assert harness.avatars.running() == []


async def test_a_page_that_comes_back_takes_its_leaving_back() -> None:
    harness = new_harness()
    session = (await harness.start()).avatar_session_id
    await keep(harness, session, leaving=True)
    advance(harness.clock, 10)
    await keep(harness, session)
    advance(harness.clock, 60)
    assert (await sweep(harness.app)).idle == 0
    assert len(harness.avatars.running()) == 1


async def deliver(harness: Harness) -> list[SweepAnswer]:
    """Serve the tasks of pages that left until now."""
    due = harness.tasks.due_to_leave(harness.clock.now())
    requests = [SweepRequest(avatar_session_id=session, leaving=True) for session in due]
    return [await harness.app.sweeps.sweep(request) for request in requests]


async def test_a_task_ends_the_session_without_a_sweep() -> None:
    harness = new_harness()
    session = (await harness.start()).avatar_session_id
    await keep(harness, session, leaving=True)
    advance(harness.clock, 19)
    assert await deliver(harness) == []
    advance(harness.clock, 1)
    assert await deliver(harness) == [SweepAnswer(idle=1)]
    assert harness.avatars.running() == []
    assert (await harness.session(session))["seconds"] == 20


async def test_the_task_ends_nothing_after_the_page_came_back() -> None:
    harness = new_harness()
    session = (await harness.start()).avatar_session_id
    await keep(harness, session, leaving=True)
    advance(harness.clock, 10)
    await keep(harness, session)
    advance(harness.clock, 10)
    assert await deliver(harness) == [SweepAnswer()]
    await keep(harness, session, leaving=True)
    advance(harness.clock, 15)
    late = SweepRequest(avatar_session_id=session, leaving=True)
    assert await harness.app.sweeps.sweep(late) == SweepAnswer()
    advance(harness.clock, 5)
    assert await deliver(harness) == [SweepAnswer(idle=1)]
    assert await harness.app.sweeps.sweep(late) == SweepAnswer()


async def test_a_stop_that_is_not_confirmed_brings_the_task_again() -> None:
    harness = new_harness()
    session = (await harness.start()).avatar_session_id
    await keep(harness, session, leaving=True)
    advance(harness.clock, 20)
    for call in ("stop", "record"):
        harness.avatars.fail_next(call, Unavailable("avatar", "away"))
    with pytest.raises(Unavailable):
        await deliver(harness)


async def test_a_queue_that_is_away_leaves_the_end_to_the_sweep() -> None:
    harness = new_harness()
    session = (await harness.start()).avatar_session_id
    harness.tasks.failing = Unavailable("tasks", "away")
    await keep(harness, session, leaving=True)
    advance(harness.clock, 21)
    assert (await sweep(harness.app)).idle == 1


async def test_leaving_never_lengthens_a_session() -> None:
    harness = new_harness(idle_seconds=15)
    started = await harness.start()
    left = await keep(harness, started.avatar_session_id, leaving=True)
    assert left.idle_at <= harness.clock.now() + timedelta(seconds=15)


@pytest.mark.parametrize(
    "marks", [{"words": 1.0}, {"key_to_first_text": -1.0}, {"key_to_first_text": "x"}]
)
def test_marks_have_known_names_and_are_seconds(marks: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        KeepAliveRequest.model_validate({"avatar_session_id": "a", "marks": marks})
