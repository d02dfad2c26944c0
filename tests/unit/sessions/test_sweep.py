import asyncio
import logging
from datetime import timedelta
from typing import Any

import pytest

from common.domain import errors
from common.domain.documents import Create
from common.domain.ids import AvatarSessionId, UserId
from common.domain.user import User
from common.schemas.answers import Swept
from common.schemas.requests import Chat, KeepAlive, SweepExpired
from common.sessions.end import Ending
from common.sessions.sweep import AT_ONCE, Sweep
from common.transactions.idempotency import Once
from tests.support.fakes.agent import FakeAgent
from tests.support.harness import ADA, House, house, later

LOST = errors.Ambiguous("avatar", "no answer in time")


async def sweep(at: House, session: str | None = None) -> Swept:
    return await at.app.sweeps.sweep(SweepExpired(avatar_session_id=session))


def patient_house(**parts: Any) -> House:
    """Whose provider ends nothing for being idle."""
    at = house(**parts)
    at.avatars._idle = timedelta(days=1)
    return at


async def several(at: House, number: int) -> list[str]:
    return [(await at.start(User(UserId(f"user-{n}")))).avatar_session_id for n in range(number)]


# ── the expiry task ──────────────────────────────────────────────────────────────────────────────


async def test_the_task_ends_the_session() -> None:
    at = patient_house()
    started = await at.start()
    later(at.clock, 600)
    assert await sweep(at, started.avatar_session_id) == Swept(expired=1)
    assert await at.used("avatar_seconds") == (600, 0)
    assert ("stop", started.avatar_session_id) in at.avatars.calls


async def test_expiry_delivered_twice_charges_once() -> None:
    at = patient_house()
    started = await at.start()
    later(at.clock, 600)
    results = await asyncio.gather(
        *(sweep(at, started.avatar_session_id) for _ in range(2)), sweep(at)
    )
    assert await sweep(at, started.avatar_session_id) == Swept()
    assert sum(result.failed for result in results) == 0
    assert await at.used("avatar_seconds") == (600, 0)
    log = await at.documents(f"avatar_sessions/{started.avatar_session_id}/events")
    assert [line["kind"] for line in log].count("ended") == 1


async def test_an_early_task_is_told_to_come_again() -> None:
    at = patient_house()
    started = await at.start()
    later(at.clock, 590)
    with pytest.raises(errors.TooEarly) as refused:
        await sweep(at, started.avatar_session_id)
    assert refused.value.retry_after == 11
    assert len(at.avatars.running()) == 1
    later(at.clock, 8.5)
    assert (await sweep(at, started.avatar_session_id)).expired == 1


async def test_a_task_whose_stop_is_not_confirmed_is_brought_again() -> None:
    at = patient_house()
    started = await at.start()
    later(at.clock, 600)
    at.avatars.will("stop", LOST, happens=True)
    with pytest.raises(errors.Unavailable) as failed:
        await sweep(at, started.avatar_session_id)
    assert failed.value.retry_after
    assert (await sweep(at, started.avatar_session_id)).expired == 1
    assert await at.used("avatar_seconds") == (600, 0)


async def test_a_task_for_nothing() -> None:
    assert await sweep(patient_house(), "nothing-here") == Swept(unknown=1)


# ── what is due ──────────────────────────────────────────────────────────────────────────────────


async def test_nothing_to_do() -> None:
    at = patient_house()
    await at.start()
    assert await sweep(at) == Swept()
    assert len(at.avatars.running()) == 1


async def test_it_counts_what_it_did() -> None:
    at = patient_house()
    expired = await at.start()
    later(at.clock, 60)
    await several(at, 1)
    for _ in range(3):
        later(at.clock, 170)
        ask = KeepAlive(avatar_session_id=expired.avatar_session_id)
        await at.app.avatars.keep_alive(ADA, ask, Once())
    later(at.clock, 31)
    assert await sweep(at) == Swept(expired=1, idle=1)


async def test_an_idle_session_is_ended_after_its_time() -> None:
    at = patient_house()
    started = await at.start()
    later(at.clock, 179)
    assert await sweep(at) == Swept()
    later(at.clock, 2)
    assert await sweep(at) == Swept(idle=1)
    ended = await at.session(started.avatar_session_id)
    assert (ended["end_reason"], ended["seconds"]) == ("idle", 181)


async def test_a_start_that_is_stuck_is_undone_after_a_minute() -> None:
    at = patient_house()

    async def cut_off(kind: str) -> None:
        if kind == "commit" and at.store.trips["commit"] == 2:
            raise asyncio.CancelledError

    at.store.before = cut_off
    with pytest.raises(asyncio.CancelledError):
        await at.start()
    assert len(at.avatars.running()) == 1
    later(at.clock, 59)
    assert await sweep(at) == Swept()
    later(at.clock, 3)
    assert await sweep(at) == Swept(stuck=1)
    assert await at.used("avatar_seconds") == (0, 0)
    assert not at.avatars.running()


async def test_a_session_that_is_stuck_in_ending_is_finished() -> None:
    at = patient_house()
    await at.start()
    later(at.clock, 600)
    at.avatars.will("stop", LOST)
    assert await sweep(at) == Swept(failed=1)
    later(at.clock, 20)
    assert await sweep(at) == Swept()
    later(at.clock, 11)
    assert await sweep(at) == Swept(expired=1)
    assert await at.used("avatar_seconds") == (600, 0)


# ── turns ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_lost_turn_is_charged_in_full_and_its_lease_is_freed() -> None:
    at = patient_house(agent=FakeAgent([10_000.0]))
    turn = await at.chat("Hello?")
    event, *_ = await turn.news()
    conversation = event.conversation_id  # type: ignore[union-attr]
    assert await at.used("agent_tokens") == (0, 8_192)
    later(at.clock, 149)
    assert await sweep(at) == Swept()
    later(at.clock, 2)
    assert await sweep(at) == Swept(leases_freed=1)
    assert await at.used("agent_tokens") == (8_192, 0)
    assert (await at.document(f"conversations/{conversation}"))["lease"] is None
    assert await sweep(at) == Swept()
    await turn.leave()
    assert await at.used("agent_tokens") == (8_192, 0)


async def test_a_lost_turns_lease_is_left_to_whoever_has_it_now() -> None:
    at = patient_house(agent=FakeAgent([10_000.0], [10_000.0]))
    first = await at.chat("Hello?")
    event, *_ = await first.news()
    conversation = event.conversation_id  # type: ignore[union-attr]
    later(at.clock, 151)
    ask = Chat(message="And?", conversation_id=conversation)
    second = await at.another().conversations.chat(ADA, ask, Once())
    assert await sweep(at) == Swept(leases_freed=1)
    lease = (await at.document(f"conversations/{conversation}"))["lease"]
    assert lease["turn_id"] == second._names.turn_id  # type: ignore[union-attr]
    await first.leave()
    await second.leave()  # type: ignore[union-attr]


# ── the provider's list ──────────────────────────────────────────────────────────────────────────


async def test_what_we_hold_as_ended_is_stopped_again() -> None:
    at = patient_house()
    started = await at.start()
    later(at.clock, 600)
    await sweep(at)
    session = at.avatars.sessions[started.avatar_session_id]  # type: ignore[index]
    session.started, session.ended = at.clock.now(), None
    session.keep_alive(at.clock.now())
    assert await sweep(at) == Swept(stopped_again=1)
    assert not session.running
    assert await at.used("avatar_seconds") == (600, 0)


async def test_what_is_not_ours_is_counted_and_left_alone() -> None:
    at = patient_house()
    stranger = await at.avatars.ticket("theirs", "high", 600)
    await at.avatars.start(stranger)
    assert await sweep(at) == Swept(unknown=1)
    assert [session.id for session in at.avatars.running()] == [stranger.session]


async def test_what_runs_as_it_should_takes_one_read_and_a_stranger_a_second() -> None:
    at = patient_house()
    await several(at, 3)
    at.store.trips.clear()
    assert await sweep(at) == Swept()
    assert at.store.trips == {"query": 2, "read": 1}
    await at.avatars.start(await at.avatars.ticket("theirs", "high", 600))
    at.store.trips.clear()
    assert await sweep(at) == Swept(unknown=1)
    assert at.store.trips == {"query": 2, "read": 2}


async def test_without_the_providers_list_the_rest_happens() -> None:
    at = patient_house()
    await at.start()
    later(at.clock, 600)
    at.avatars.will("active", errors.Unavailable("avatar", "down"))
    assert await sweep(at) == Swept(expired=1, failed=1)


# ── many ─────────────────────────────────────────────────────────────────────────────────────────


async def test_twice_at_once_is_one_charge_each() -> None:
    at = patient_house()
    sessions = await several(at, 20)
    later(at.clock, 600)
    at.avatars.slow["stop"] = 0.1
    results = await asyncio.gather(sweep(at), at.another().sweeps.sweep(SweepExpired()))
    assert sum(result.failed for result in results) == 0
    for n, session in enumerate(sessions):
        assert await at.used("avatar_seconds", User(UserId(f"user-{n}"))) == (600, 0)
        log = await at.documents(f"avatar_sessions/{session}/events")
        assert [line["kind"] for line in log].count("ended") == 1


async def test_not_more_than_fifty_at_a_time() -> None:
    at = patient_house()
    await several(at, AT_ONCE + 20)
    later(at.clock, 600)
    stopping, most = 0, 0
    stop = at.avatars.stop

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(at.avatars, name)

        async def stop(self, session: AvatarSessionId, reason: str) -> None:
            nonlocal stopping, most
            stopping += 1
            most = max(most, stopping)
            await asyncio.sleep(1)
            await stop(session, reason)
            stopping -= 1

    app = at.another(avatars=Counting())
    assert (await app.sweeps.sweep(SweepExpired())).expired == AT_ONCE + 20
    assert most == AT_ONCE


async def test_more_than_a_batch_is_the_next_sweeps() -> None:
    at = patient_house()
    await several(at, 7)
    later(at.clock, 600)
    outside = at.app.sweeps._outside
    small = Sweep(outside, Ending(outside), batch=3)
    swept = [await small.sweep(SweepExpired()) for _ in range(3)]
    assert [result.expired for result in swept] == [3, 3, 1]
    assert [result.more for result in swept] == [True, True, False]


async def test_one_bad_document_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    at = patient_house()
    await several(at, 3)
    long_ago = at.clock.now().replace(year=2025)
    await at.store.inner.commit([Create("avatar_sessions/bad", {"due_at": long_ago, "uid": "eve"})])
    later(at.clock, 600)
    with caplog.at_level(logging.ERROR):
        assert await sweep(at) == Swept(expired=3, failed=1)
    assert "avatar_sessions/bad" in caplog.text


async def test_a_session_whose_stop_fails_stops_no_other() -> None:
    at = patient_house()
    await several(at, 3)
    later(at.clock, 600)
    at.avatars.will("stop", errors.Unavailable("avatar", "down"))
    assert await sweep(at) == Swept(expired=2, failed=1)
    later(at.clock, 31)
    assert await sweep(at) == Swept(expired=1)
