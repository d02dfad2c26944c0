import asyncio
import logging
from datetime import timedelta
from typing import Any

import pytest

from common.conversations.running_turn import RunningChat
from common.domain import errors
from common.domain.documents import Create
from common.domain.ids import AvatarSessionId, UserId
from common.domain.user import User
from common.observability.request_trace import RequestTrace, TraceParent, start_trace
from common.ports.avatar import NO_KEY
from common.schemas.answers import ChatAnswer, SweepAnswer
from common.schemas.requests import KeepAliveRequest, SweepRequest
from common.sessions.due_work import EndDueSessions
from common.sessions.end import SessionEnder
from common.sessions.sweep import AT_ONCE, SweepUseCase
from common.transactions.idempotency import IdempotencyKey
from tests.support.fakes.agent import FakeAgent
from tests.support.harness import ADA, Harness, advance, chat, new_harness

LOST = errors.Ambiguous("avatar", "no answer in time")


async def sweep(harness: Harness, session: str | None = None) -> SweepAnswer:
    return await harness.app.sweeps.sweep(SweepRequest(avatar_session_id=session))


def patient_harness(**parts: Any) -> Harness:
    """Whose provider ends nothing for being idle."""
    harness = new_harness(**parts)
    harness.avatars.idle = timedelta(days=1)
    return harness


async def several(harness: Harness, number: int) -> list[str]:
    return [
        (await harness.start(User(UserId(f"user-{n}")))).avatar_session_id for n in range(number)
    ]


# ── the expiry task ──────────────────────────────────────────────────────────────────────────────


async def test_the_task_ends_the_session() -> None:
    harness = patient_harness()
    started = await harness.start()
    advance(harness.clock, 600)
    assert await sweep(harness, started.avatar_session_id) == SweepAnswer(expired=1)
    assert await harness.used("avatar_seconds") == (600, 0)
    assert ("stop", started.avatar_session_id) in harness.avatars.calls


async def test_expiry_delivered_twice_charges_once() -> None:
    harness = patient_harness()
    started = await harness.start()
    advance(harness.clock, 600)
    results = await asyncio.gather(
        *(sweep(harness, started.avatar_session_id) for _ in range(2)), sweep(harness)
    )
    assert await sweep(harness, started.avatar_session_id) == SweepAnswer()
    assert sum(result.failed for result in results) == 0
    assert await harness.used("avatar_seconds") == (600, 0)
    log = await harness.documents(f"avatar_sessions/{started.avatar_session_id}/events")
    assert [line["kind"] for line in log].count("ended") == 1


async def test_an_early_task_is_told_to_come_again() -> None:
    harness = patient_harness()
    started = await harness.start()
    advance(harness.clock, 590)
    with pytest.raises(errors.TooEarly) as refused:
        await sweep(harness, started.avatar_session_id)
    assert refused.value.retry_after == 11
    assert len(harness.avatars.running()) == 1
    advance(harness.clock, 8.5)
    assert (await sweep(harness, started.avatar_session_id)).expired == 1


async def test_a_task_whose_stop_is_not_confirmed_is_brought_again() -> None:
    harness = patient_harness()
    started = await harness.start()
    advance(harness.clock, 600)
    harness.avatars.fail_next("stop", LOST)
    harness.avatars.fail_next("record", LOST)
    with pytest.raises(errors.Unavailable) as failed:
        await sweep(harness, started.avatar_session_id)
    assert failed.value.retry_after
    assert (await sweep(harness, started.avatar_session_id)).expired == 1
    assert await harness.used("avatar_seconds") == (600, 0)


async def test_a_task_for_nothing() -> None:
    assert await sweep(patient_harness(), "nothing-here") == SweepAnswer(unknown=1)


# ── what is due ──────────────────────────────────────────────────────────────────────────────────


async def test_nothing_to_do() -> None:
    harness = patient_harness()
    await harness.start()
    assert await sweep(harness) == SweepAnswer()
    assert len(harness.avatars.running()) == 1


async def test_it_counts_what_it_did() -> None:
    harness = patient_harness()
    expired = await harness.start()
    advance(harness.clock, 60)
    await several(harness, 1)
    for _ in range(3):
        advance(harness.clock, 170)
        ask = KeepAliveRequest(avatar_session_id=expired.avatar_session_id)
        await harness.app.avatars.keep_alive(ADA, ask, IdempotencyKey())
    advance(harness.clock, 31)
    assert await sweep(harness) == SweepAnswer(expired=1, idle=1)


async def test_an_idle_session_is_ended_after_its_time() -> None:
    harness = patient_harness()
    started = await harness.start()
    advance(harness.clock, 179)
    assert await sweep(harness) == SweepAnswer()
    advance(harness.clock, 2)
    assert await sweep(harness) == SweepAnswer(idle=1)
    ended = await harness.session(started.avatar_session_id)
    assert (ended["end_reason"], ended["seconds"]) == ("idle", 181)


async def test_a_start_that_is_stuck_is_undone_after_a_minute() -> None:
    harness = patient_harness()

    async def cut_off(kind: str) -> None:
        if kind == "commit" and harness.store.trips["commit"] == 2:
            raise asyncio.CancelledError

    harness.store.before = cut_off
    with pytest.raises(asyncio.CancelledError):
        await harness.start()
    assert len(harness.avatars.running()) == 1
    advance(harness.clock, 59)
    assert await sweep(harness) == SweepAnswer()
    advance(harness.clock, 3)
    assert await sweep(harness) == SweepAnswer(stuck=1)
    assert await harness.used("avatar_seconds") == (0, 0)
    assert not harness.avatars.running()


async def test_a_session_that_is_stuck_in_ending_is_finished() -> None:
    harness = patient_harness()
    await harness.start()
    advance(harness.clock, 181)
    harness.avatars.fail_next("stop", LOST)
    assert await sweep(harness) == SweepAnswer(failed=1)
    advance(harness.clock, 20)
    assert await sweep(harness) == SweepAnswer()
    advance(harness.clock, 11)
    assert await sweep(harness) == SweepAnswer(idle=1)
    assert await harness.used("avatar_seconds") == (212, 0)


# ── turns ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_turn_whose_process_died_is_settled_and_its_key_answers() -> None:
    harness = patient_harness(agent=FakeAgent([10_000.0]))
    turn = await chat(harness.app, "Hello?", key="k")
    assert isinstance(turn, RunningChat)
    await asyncio.sleep(1)  # asked, and noted
    conversation = turn.record.conversation_id
    assert await harness.used("agent_tokens") == (0, 8_192)
    advance(harness.clock, 38)
    assert await sweep(harness) == SweepAnswer()
    advance(harness.clock, 3)
    assert await sweep(harness) == SweepAnswer(leases_freed=1)
    assert await harness.used("agent_tokens") == (8_192, 0)
    assert (await harness.document(f"conversations/{conversation}"))["lease"] is None
    assert await sweep(harness) == SweepAnswer()
    again = await chat(harness.another(), "Hello?", key="k")
    assert isinstance(again, ChatAnswer)
    assert again.ended == "lost"
    await turn.cancel()
    assert await harness.used("agent_tokens") == (8_192, 0)
    assert len(harness.agent.asked) == 1


async def test_the_lease_of_a_newer_turn_is_left_alone() -> None:
    harness = patient_harness(agent=FakeAgent([10_000.0], [10_000.0]))
    first = await harness.chat("Hello?")
    await asyncio.sleep(0.1)
    conversation = first.record.conversation_id
    advance(harness.clock, 41)
    second = await chat(harness.another(), "And?", conversation_id=conversation)
    assert isinstance(second, RunningChat)
    assert await sweep(harness) == SweepAnswer(leases_freed=1)
    lease = (await harness.document(f"conversations/{conversation}"))["lease"]
    assert lease["turn_id"] == second.record.id
    await first.cancel()
    await second.cancel()


# ── the provider's list ──────────────────────────────────────────────────────────────────────────


async def test_what_we_hold_as_ended_is_stopped_again() -> None:
    harness = patient_harness()
    started = await harness.start()
    advance(harness.clock, 600)
    await sweep(harness)
    session = harness.avatars.sessions[started.avatar_session_id]  # type: ignore[index]
    session.started, session.ended = harness.clock.now(), None
    session.keep_alive(harness.clock.now())
    assert await sweep(harness) == SweepAnswer(), "it has only just ended: the list may be older"
    advance(harness.clock, 15)
    assert await sweep(harness) == SweepAnswer(stopped_again=1)
    assert not session.running
    assert await harness.used("avatar_seconds") == (600, 0)


async def test_what_is_not_ours_is_counted_and_left_alone() -> None:
    harness = patient_harness()
    stranger = await harness.avatars.create_session_token("theirs", "high", 600)
    await harness.avatars.start(stranger)
    assert await sweep(harness) == SweepAnswer(unknown=1)
    assert [session.id for session in harness.avatars.running()] == [stranger.session]


async def test_running_sessions_take_one_read_and_the_switch_another() -> None:
    harness = patient_harness()
    await several(harness, 3)
    harness.store.trips.clear()
    assert await sweep(harness) == SweepAnswer()
    assert harness.store.trips == {"query": 7, "read": 2}
    await harness.avatars.start(await harness.avatars.create_session_token("theirs", "high", 600))
    harness.store.trips.clear()
    assert await sweep(harness) == SweepAnswer(unknown=1)
    assert harness.store.trips == {"query": 7, "read": 3}


async def test_without_the_providers_list_the_rest_happens() -> None:
    harness = patient_harness()
    await harness.start()
    advance(harness.clock, 600)
    harness.avatars.fail_next("active", errors.Unavailable("avatar", "down"))
    assert await sweep(harness) == SweepAnswer(expired=1, failed=1)


async def test_before_there_is_a_key_a_sweep_without_sessions_succeeds() -> None:
    harness = patient_harness()
    harness.avatars.fail_next("active", errors.Failed("avatar", "there is no key", kind=NO_KEY))
    assert await sweep(harness) == SweepAnswer()


async def test_a_sweep_logs_live_sessions_and_every_five_minutes_the_ceilings() -> None:
    harness = patient_harness(idle_seconds=600)
    await harness.start()
    reserved = harness.settings.max_session_seconds
    logged: list[dict[str, object]] = []
    for _ in range(5):
        advance(harness.clock, 60)
        trace = start_trace(RequestTrace("sweep_expired", TraceParent()))
        await sweep(harness)
        logged.append(trace.fields)
    assert [each["live_sessions"] for each in logged] == [1] * 5
    [used] = [each["ceiling_used"] for each in logged if "ceiling_used" in each]
    part = round(reserved / harness.settings.ceiling_avatar_seconds, 4)
    assert used == {
        "avatar_seconds": part,
        "agent_tokens": 0,
        "voice_characters": 0,
        "transcribed_seconds": 0,
        "most": part,
    }


# ── many ─────────────────────────────────────────────────────────────────────────────────────────


async def test_twice_at_once_is_one_charge_each() -> None:
    harness = patient_harness()
    sessions = await several(harness, 20)
    advance(harness.clock, 600)
    harness.avatars.slow["stop"] = 0.1
    results = await asyncio.gather(sweep(harness), harness.another().sweeps.sweep(SweepRequest()))
    assert sum(result.failed for result in results) == 0
    for n, session in enumerate(sessions):
        assert await harness.used("avatar_seconds", User(UserId(f"user-{n}"))) == (600, 0)
        log = await harness.documents(f"avatar_sessions/{session}/events")
        assert [line["kind"] for line in log].count("ended") == 1


async def test_not_more_than_fifty_at_a_time() -> None:
    harness = patient_harness()
    await several(harness, AT_ONCE + 20)
    advance(harness.clock, 600)
    stopping, most = 0, 0
    stop = harness.avatars.stop

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(harness.avatars, name)

        async def stop(self, session: AvatarSessionId, reason: Any) -> None:
            nonlocal stopping, most
            stopping += 1
            most = max(most, stopping)
            await asyncio.sleep(1)
            await stop(session, reason)
            stopping -= 1

    app = harness.another(avatars=Counting())
    assert (await app.sweeps.sweep(SweepRequest())).expired == AT_ONCE + 20
    assert most == AT_ONCE


async def test_a_sweep_goes_on_until_nothing_is_due() -> None:
    harness = patient_harness()
    await several(harness, 7)
    advance(harness.clock, 600)
    deps = harness.app.sweeps._deps
    ender = SessionEnder(deps)
    small = SweepUseCase(deps, ender, [EndDueSessions(deps, ender)], batch=3)
    swept = await small.sweep(SweepRequest())
    assert (swept.expired, swept.more) == (7, False)


async def test_one_bad_document_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    harness = patient_harness()
    await several(harness, 3)
    long_ago = harness.clock.now().replace(year=2025)
    await harness.store.inner.commit(
        [Create("avatar_sessions/bad", {"due_at": long_ago, "expires_at": "soon"})]
    )
    advance(harness.clock, 600)
    with caplog.at_level(logging.ERROR):
        assert await sweep(harness) == SweepAnswer(expired=3, failed=1)
    assert "avatar_sessions/bad" in caplog.text


async def test_a_session_whose_stop_fails_stops_no_other() -> None:
    harness = patient_harness()
    await several(harness, 3)
    advance(harness.clock, 181)
    harness.avatars.fail_next("stop", errors.Unavailable("avatar", "down"))
    assert await sweep(harness) == SweepAnswer(idle=2, failed=1)
    advance(harness.clock, 31)
    assert await sweep(harness) == SweepAnswer(idle=1)
