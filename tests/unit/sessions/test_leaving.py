from datetime import timedelta

import pytest
from pydantic import ValidationError

from common.schemas.answers import KeepAliveAnswer
from common.schemas.requests import KeepAliveRequest
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
