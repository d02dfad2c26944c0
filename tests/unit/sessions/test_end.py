import asyncio

import pytest

from common.domain import errors
from common.domain.documents import Delete
from common.schemas.answers import EndSessionAnswer
from common.schemas.requests import EndSessionRequest, KeepAliveRequest, SweepRequest
from common.transactions.idempotency import IdempotencyKey
from tests.support.harness import ADA, BOB, Harness, advance, new_harness

LOST = errors.Ambiguous("avatar", "no answer in time")


async def end(
    harness: Harness, session: str, once: IdempotencyKey | None = None
) -> EndSessionAnswer:
    ask = EndSessionRequest(avatar_session_id=session)
    return await harness.app.avatars.end(ADA, ask, once or IdempotencyKey())


async def keep(harness: Harness, session: str) -> object:
    return await harness.app.avatars.keep_alive(
        ADA, KeepAliveRequest(avatar_session_id=session), IdempotencyKey()
    )


async def test_the_seconds_that_ran_are_charged_and_the_rest_is_given_back() -> None:
    harness = new_harness()
    started = await harness.start()
    advance(harness.clock, 90.2)
    ended = await end(harness, started.avatar_session_id)
    assert (ended.state, ended.seconds) == ("ended", 91)
    assert ended.usage.meters["avatar_seconds"].used == 91
    assert ended.usage.meters["avatar_seconds"].reserved == 0
    assert await harness.used("avatar_seconds") == (91, 0)
    assert not harness.avatars.running()
    assert not await harness.documents("users/ada/slots")
    conversation = await harness.document(f"conversations/{started.conversation_id}")
    assert (conversation["avatar"], conversation["avatar_over"]) == (None, "user")
    assert not harness.vault.kept


async def test_ending_twice_gives_the_same_answer() -> None:
    harness = new_harness()
    started = await harness.start()
    advance(harness.clock, 30)
    first = await end(harness, started.avatar_session_id)
    advance(harness.clock, 500)
    assert await end(harness, started.avatar_session_id) == first
    stops = [name for name, _ in harness.avatars.calls].count("stop")
    assert stops == 1


async def test_the_same_key_gives_the_same_answer() -> None:
    harness = new_harness()
    started = await harness.start()
    once = IdempotencyKey.of(ADA.uid, "end_session", "k", b"{}")
    first = await end(harness, started.avatar_session_id, once)
    assert await end(harness, started.avatar_session_id, once) == first


async def test_the_session_of_another_user_is_not_found() -> None:
    harness = new_harness()
    started = await harness.start()
    said = []
    for session in (started.avatar_session_id, "nothing-here"):
        ask = EndSessionRequest(avatar_session_id=session)
        with pytest.raises(errors.NotFound) as refused:
            await harness.app.avatars.end(BOB, ask, IdempotencyKey())
        said.append(refused.value.problem())
    assert said[0] == said[1]
    assert len(harness.avatars.running()) == 1


async def test_never_more_than_was_reserved_however_late() -> None:
    harness = new_harness()
    started = await harness.start()
    advance(harness.clock, 86_400)
    harness.avatars.fail_next("record", errors.UpstreamNotFound("avatar", "forgotten"))
    assert (await end(harness, started.avatar_session_id)).seconds == 600


async def test_what_ended_long_ago_costs_what_the_provider_says_it_ran() -> None:
    """The provider ended it after 300 idle seconds, and no sweep ran for a day."""
    harness = new_harness()
    started = await harness.start()
    advance(harness.clock, 86_400)
    assert (await end(harness, started.avatar_session_id)).seconds == 300


async def test_a_stop_that_did_not_happen_is_finished_by_the_sweep() -> None:
    harness = new_harness()
    started = await harness.start()
    advance(harness.clock, 90)
    harness.avatars.fail_next("stop", LOST)
    ended = await end(harness, started.avatar_session_id)
    assert ended.state == "ending"
    assert await harness.used("avatar_seconds") == (0, 600)
    conversation = await harness.document(f"conversations/{started.conversation_id}")
    assert conversation["avatar"] is None
    advance(harness.clock, 45)
    assert (await harness.app.sweeps.sweep(SweepRequest())).stuck == 1
    assert await harness.used("avatar_seconds") == (135, 0)
    assert not harness.avatars.running()


async def test_a_stop_that_happened_unconfirmed_is_settled_by_the_providers_record() -> None:
    harness = new_harness()
    started = await harness.start()
    advance(harness.clock, 90)
    harness.avatars.fail_next("stop", LOST, happens=True)
    ended = await end(harness, started.avatar_session_id)
    assert (ended.state, ended.seconds) == ("ended", 90)
    assert await harness.used("avatar_seconds") == (90, 0)


async def test_a_second_end_finishes_what_the_first_could_not() -> None:
    harness = new_harness()
    started = await harness.start()
    advance(harness.clock, 10)
    harness.avatars.fail_next("stop", errors.Unavailable("avatar", "down"))
    assert (await end(harness, started.avatar_session_id)).state == "ending"
    assert (await end(harness, started.avatar_session_id)).state == "ended"
    assert await harness.used("avatar_seconds") == (10, 0)


@pytest.mark.parametrize("error", [errors.UpstreamNotFound("avatar", "unknown"), LOST])
async def test_a_charge_without_the_providers_seconds_is_confirmed_by_the_sweep(
    error: errors.Upstream,
) -> None:
    harness = new_harness()
    started = await harness.start()
    advance(harness.clock, 10)
    harness.avatars.sessions[started.avatar_session_id].end(harness.clock.now(), "ZOMBIE")  # type: ignore[index]
    advance(harness.clock, 40)
    harness.avatars.fail_next("record", error)
    ended = await end(harness, started.avatar_session_id)
    assert ended.seconds == 50
    assert await harness.used("avatar_seconds") == (50, 0)
    advance(harness.clock, 61)
    assert (await harness.app.sweeps.sweep(SweepRequest())).confirmed == 1
    assert await harness.used("avatar_seconds") == (10, 0)
    assert (await harness.app.sweeps.sweep(SweepRequest())).confirmed == 0


async def test_a_charge_is_confirmed_also_where_its_ledger_is_gone() -> None:
    harness = new_harness()
    started = await harness.start()
    advance(harness.clock, 10)
    harness.avatars.sessions[started.avatar_session_id].end(harness.clock.now(), "ZOMBIE")  # type: ignore[index]
    advance(harness.clock, 40)
    harness.avatars.fail_next("record", LOST)
    await end(harness, started.avatar_session_id)
    month = f"{harness.clock.now():%Y-%m}"
    await harness.store.inner.commit([Delete(f"users/ada/usage/{month}")])
    advance(harness.clock, 61)
    swept = await harness.app.sweeps.sweep(SweepRequest())
    assert (swept.confirmed, swept.failed) == (1, 0)
    (record,) = await harness.documents("ended_sessions")
    assert (record["seconds"], record["due_at"]) == (10, None)


async def test_an_ended_session_is_not_due_and_has_no_tokens() -> None:
    harness = new_harness()
    started = await harness.start()
    assert not await harness.documents("ended_sessions")
    (running,) = await harness.documents("avatar_sessions")
    await end(harness, started.avatar_session_id)
    assert not await harness.documents("avatar_sessions")
    (record,) = await harness.documents("ended_sessions")
    assert running.keys() - record.keys() == {"claim", "due_at", "vault"}
    assert record["state"] == "ended"


async def test_five_ends_at_once_are_one_charge() -> None:
    harness = new_harness()
    started = await harness.start()
    advance(harness.clock, 60)
    harness.avatars.slow["stop"] = 1.0
    answers = await asyncio.gather(*(end(harness, started.avatar_session_id) for _ in range(5)))
    assert {answer.state for answer in answers} == {"ended"}
    assert len({answer.seconds for answer in answers}) == 1
    assert await harness.used("avatar_seconds") == (answers[0].seconds, 0)
    log = await harness.documents(f"avatar_sessions/{started.avatar_session_id}/events")
    assert [line["kind"] for line in log] == ["started", "ended"]


async def test_a_user_who_is_there_is_not_idle() -> None:
    harness = new_harness()
    started = await harness.start()
    for _ in range(3):
        advance(harness.clock, 170)
        await keep(harness, started.avatar_session_id)
        assert (await harness.app.sweeps.sweep(SweepRequest())).idle == 0
    assert len(harness.avatars.running()) == 1
    advance(harness.clock, 91)
    with pytest.raises(errors.SessionOver):
        await keep(harness, started.avatar_session_id)


async def test_a_session_that_the_provider_ended_is_ended_and_costs_what_it_ran() -> None:
    harness = new_harness()
    started = await harness.start()
    session = harness.avatars.sessions[started.avatar_session_id]  # type: ignore[index]
    advance(harness.clock, 50)
    session.end(harness.clock.now(), "NO_CREDITS")
    advance(harness.clock, 100)
    with pytest.raises(errors.SessionOver):
        await keep(harness, started.avatar_session_id)
    ended = await harness.session(started.avatar_session_id)
    assert (ended["state"], ended["end_reason"], ended["seconds"]) == ("ended", "gone", 50)
    assert await harness.used("avatar_seconds") == (50, 0)
