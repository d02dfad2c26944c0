import asyncio
from collections.abc import Sequence

import pytest

from common.domain import errors
from common.domain.documents import Version, Write
from common.domain.quota import month_of
from common.schemas.answers import StartAvatarAnswer
from common.schemas.requests import EndSessionRequest, StartAvatarRequest, SweepRequest
from common.transactions.idempotency import IdempotencyKey
from tests.support.fakes.store import CountingStore
from tests.support.harness import ADA, BOB, Harness, advance, new_harness

LOST = errors.Ambiguous("avatar", "no answer in time")
STORE_LOST = errors.Ambiguous("store", "no answer in time")
REFUSED = errors.Unavailable("store", "refused")


class FailingCommits(CountingStore):
    """The commits of those numbers (from 1) fail; `held`: having been written all the same."""

    def __init__(
        self, harness: Harness, *numbers: int, error: errors.OprinaError, held: bool = False
    ) -> None:
        super().__init__(harness.store.inner)
        self._numbers, self._error, self._held = numbers, error, held
        harness.app = harness.another(store=self)

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        fails = self.trips["commit"] + 1 in self._numbers
        versions = await super().commit(writes) if not fails or self._held else {}
        if fails:
            self.trips["commit"] += not self._held
            raise self._error
        return versions


async def nothing_is_held(harness: Harness) -> None:
    assert await harness.used("avatar_seconds") == (0, 0)
    assert not await harness.documents("users/ada/slots")
    assert not harness.avatars.running()
    states = {session["state"] for session in await harness.sessions()}
    assert states <= {"ended"}


async def test_a_start_reserves_takes_a_slot_and_gives_what_a_browser_needs() -> None:
    harness = new_harness()
    started = await harness.start()
    assert started.status_code == 201
    assert started.livekit_token == f"livekit-{started.avatar_session_id}"
    assert started.reserved_seconds == 600
    assert started.usage.meters["avatar_seconds"].left == 600
    assert await harness.used("avatar_seconds") == (0, 600)
    (slot,) = await harness.documents("users/ada/slots")
    assert slot["avatar_session_id"] == started.avatar_session_id
    assert harness.tasks.scheduled == {started.avatar_session_id: started.expires_at}
    conversation = await harness.document(f"conversations/{started.conversation_id}")
    assert conversation["avatar"]["live"]


async def test_no_token_is_in_the_store() -> None:
    harness = new_harness()
    key = IdempotencyKey.of(ADA.uid, "start_avatar", "k", b"{}")
    started = await harness.app.avatars.start(ADA, StartAvatarRequest(), key)
    everything = [
        await harness.session(started.avatar_session_id),
        await harness.document(f"conversations/{started.conversation_id}"),
        await harness.document(key.path or ""),
    ]
    assert "livekit-avatar" not in str(everything)
    assert "token-of" not in str(everything)
    assert "ws://fake" not in str(everything)


async def test_a_conversation_whose_avatar_runs_is_given_it_again_and_nothing_is_paid() -> None:
    harness = new_harness()
    first = await harness.start()
    again = await harness.start(conversation_id=first.conversation_id)
    assert (again.resumed, again.status_code) == (True, 200)
    assert again.avatar_session_id == first.avatar_session_id
    assert again.livekit_token == first.livekit_token
    assert len(harness.avatars.running()) == 1
    assert await harness.used("avatar_seconds") == (0, 600)


async def test_the_conversation_of_another_user_is_not_found() -> None:
    harness = new_harness()
    mine = await harness.start()
    for conversation in (mine.conversation_id, "nothing-here"):
        with pytest.raises(errors.NotFound):
            await harness.start(BOB, conversation_id=conversation)
    assert len(harness.avatars.running()) == 1


async def test_too_many_sessions_names_those_that_hold_the_slots() -> None:
    harness = new_harness(slots_per_user=2)
    held = [(await harness.start()).avatar_session_id for _ in range(2)]
    with pytest.raises(errors.TooManySessions) as refused:
        await harness.start()
    assert sorted(refused.value.sessions) == sorted(held)
    await harness.app.avatars.end(
        ADA, EndSessionRequest(avatar_session_id=held[0]), IdempotencyKey()
    )
    await harness.start()


async def test_a_second_start_in_a_conversation_while_the_first_is_on_its_way() -> None:
    harness = new_harness(slots_per_user=2)
    conversation = (await harness.whole_chat()).conversation_id
    harness.avatars.slow["start"] = 2.0
    first = asyncio.create_task(harness.start(conversation_id=conversation))
    await asyncio.sleep(1)
    with pytest.raises(errors.AvatarStarting) as refused:
        await harness.start(conversation_id=conversation)
    assert refused.value.retry_after
    assert not (await first).resumed


async def test_less_left_than_the_longest_session_is_a_token_for_what_is_left() -> None:
    harness = new_harness(allowance_avatar_seconds=250)
    started = await harness.start()
    assert started.reserved_seconds == 250
    assert [name for name, _ in harness.avatars.calls].count("create_session_token") == 1
    longest = harness.avatars.sessions[started.avatar_session_id].longest  # type: ignore[index]
    assert longest.total_seconds() == 250


async def test_less_left_than_the_shortest_session_is_refused_with_when_it_comes_back() -> None:
    harness = new_harness(allowance_avatar_seconds=619, slots_per_user=2)
    await harness.start()
    with pytest.raises(errors.QuotaExceeded) as refused:
        await harness.start()
    assert refused.value.meter == "avatar_seconds"
    assert refused.value.resets_at.isoformat() == "2026-12-01T00:00:00+00:00"
    assert len(harness.avatars.running()) == 1


async def test_a_slot_whose_session_has_expired_is_cleaned_by_the_next_start() -> None:
    harness = new_harness()
    first = await harness.start()
    advance(harness.clock, 601)
    second = await harness.start()
    ended = await harness.session(first.avatar_session_id)
    assert (ended["state"], ended["end_reason"], ended["seconds"]) == ("ended", "expired", 300)
    assert await harness.used("avatar_seconds") == (300, 600)
    assert [s.id for s in harness.avatars.running()] == [second.avatar_session_id]


async def test_a_conversation_whose_avatar_has_expired_is_given_another_that_it_keeps() -> None:
    """The first one's end does not take the second one out of the conversation."""
    harness = new_harness(slots_per_user=2)
    first = await harness.start()
    advance(harness.clock, 601)
    second = await harness.start(conversation_id=first.conversation_id)
    await harness.app.sweeps.sweep(SweepRequest())
    assert second.avatar_session_id != first.avatar_session_id
    conversation = await harness.document(f"conversations/{first.conversation_id}")
    assert conversation["avatar"]["avatar_session_id"] == second.avatar_session_id


async def test_an_expired_slot_that_cannot_be_cleaned_is_said_so() -> None:
    harness = new_harness()
    first = await harness.start()
    advance(harness.clock, 601)
    harness.avatars.fail_next("stop", errors.Unavailable("avatar", "down"))
    harness.avatars.fail_next("record", errors.Unavailable("avatar", "down"))
    with pytest.raises(errors.Unavailable) as refused:
        await harness.start()
    assert refused.value.retry_after
    ended = await harness.session(first.avatar_session_id)
    assert ended["state"] == "ending"


# ── the provider ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "error",
    [
        errors.Busy("avatar", "full", retry_after=2),
        errors.Unavailable("avatar", "down", retry_after=3),
        errors.Failed("avatar", "no credits"),
    ],
)
async def test_a_provider_that_refuses_gives_everything_back(error: errors.Upstream) -> None:
    harness = new_harness()
    harness.avatars.fail_next("start", error)
    with pytest.raises(type(error)) as refused:
        await harness.start()
    assert refused.value.retry_after == error.retry_after
    await nothing_is_held(harness)
    assert (await harness.start()).reserved_seconds == 600


async def test_a_full_provider_says_when_to_come_again() -> None:
    harness = new_harness()
    harness.avatars._capacity = 0
    with pytest.raises(errors.Busy) as refused:
        await harness.start()
    assert refused.value.retry_after == 2
    await nothing_is_held(harness)


async def test_without_a_session_token_nothing_happens() -> None:
    harness = new_harness()
    harness.avatars.fail_next("create_session_token", errors.Unavailable("avatar", "down"))
    with pytest.raises(errors.Unavailable):
        await harness.start()
    assert harness.store.trips["commit"] == 0


@pytest.mark.parametrize("happened", [True, False])
async def test_a_start_that_timed_out_is_stopped_and_given_back(happened: bool) -> None:
    harness = new_harness()
    harness.avatars.fail_next("start", LOST, happens=happened)
    with pytest.raises(errors.Unavailable) as refused:
        await harness.start()
    assert refused.value.retry_after
    await nothing_is_held(harness)
    assert "stop" in [name for name, _ in harness.avatars.calls]
    (session,) = await harness.sessions()
    assert (session["end_reason"], session["seconds"]) == ("start_ambiguous", 0)


async def test_a_start_that_timed_out_and_cannot_be_stopped_is_left_to_the_sweep() -> None:
    harness = new_harness()
    harness.avatars.fail_next("start", LOST, happens=True)
    harness.avatars.fail_next("stop", LOST)
    with pytest.raises(errors.Unavailable):
        await harness.start()
    assert len(harness.avatars.running()) == 1
    advance(harness.clock, 31)
    await harness.app.sweeps.sweep(SweepRequest())
    await nothing_is_held(harness)


@pytest.mark.parametrize("by", ["user", "sweep"])
async def test_a_session_that_was_ended_while_it_started_is_stopped_again(by: str) -> None:
    """A stop that comes before the start stops nothing."""
    harness = new_harness()
    harness.avatars.slow["start"] = 90.0
    starting = asyncio.create_task(harness.start())
    await asyncio.sleep(61)
    (session,) = harness.avatars.sessions
    if by == "user":
        await harness.app.avatars.end(
            ADA, EndSessionRequest(avatar_session_id=session), IdempotencyKey()
        )
    else:
        assert (await harness.app.sweeps.sweep(SweepRequest())).stuck == 1
    harness.avatars.sessions[session].ended = None
    with pytest.raises(errors.SessionOver):
        await starting
    await nothing_is_held(harness)


# ── the vault, the store and the queue ───────────────────────────────────────────────────────────


async def test_a_vault_that_fails_stops_the_session_and_gives_everything_back() -> None:
    harness = new_harness()
    harness.vault.failing = errors.Unavailable("vault", "down")
    with pytest.raises(errors.Unavailable) as refused:
        await harness.start()
    assert refused.value.service == "vault"
    await nothing_is_held(harness)


async def test_a_store_that_fails_once_at_the_second_commit_is_asked_again() -> None:
    harness = new_harness()
    FailingCommits(harness, 2, error=REFUSED)
    started = await harness.start()
    assert (await harness.session(started.avatar_session_id))["state"] == "live"
    assert len(harness.avatars.running()) == 1


async def test_the_sweep_finishes_a_start_whose_second_commit_failed() -> None:
    harness = new_harness()
    away = FailingCommits(harness, *range(2, 10_000), error=REFUSED)

    async def pause(_: int) -> None:
        await asyncio.sleep(1)

    harness.app = harness.another(store=away, pause=pause)
    with pytest.raises(errors.Unavailable):
        await harness.start()
    assert "stop" not in [name for name, _ in harness.avatars.calls]  # no commit says `ending`
    advance(harness.clock, 61)
    assert (await harness.another().sweeps.sweep(SweepRequest())).stuck == 1
    await nothing_is_held(harness)


@pytest.mark.parametrize("key", [None, "k"])
@pytest.mark.parametrize("held", [True, False])
async def test_an_unconfirmed_first_commit(held: bool, key: str | None) -> None:
    harness = new_harness()
    conversation = (await harness.whole_chat()).conversation_id
    FailingCommits(harness, 1, error=STORE_LOST, held=held)
    once = IdempotencyKey.of(ADA.uid, "start_avatar", key, b"{}") if key else IdempotencyKey()
    request = StartAvatarRequest(conversation_id=conversation)
    started = await harness.app.avatars.start(ADA, request, once)
    assert not started.resumed
    assert await harness.used("avatar_seconds") == (0, 600)
    assert len(await harness.documents("users/ada/slots")) == 1
    assert len(harness.avatars.running()) == 1


async def test_a_first_commit_that_held_and_was_ended_meanwhile_is_not_revived() -> None:
    harness = new_harness()
    failing = FailingCommits(harness, 1, error=STORE_LOST, held=True)

    async def ended_by_another_process(_: int) -> None:
        (session,) = harness.avatars.sessions
        ask = EndSessionRequest(avatar_session_id=session)
        await harness.another().avatars.end(ADA, ask, IdempotencyKey())

    harness.app = harness.another(store=failing, pause=ended_by_another_process)
    with pytest.raises(errors.SessionOver):
        await harness.start()
    await nothing_is_held(harness)
    assert "start" not in [name for name, _ in harness.avatars.calls]


@pytest.mark.parametrize("held", [True, False])
async def test_an_unconfirmed_second_commit_is_recognised_or_repeated(held: bool) -> None:
    harness = new_harness()
    FailingCommits(harness, 2, error=STORE_LOST, held=held)
    started = await harness.start()
    assert (await harness.session(started.avatar_session_id))["state"] == "live"
    assert [name for name, _ in harness.avatars.calls].count("start") == 1


async def test_the_start_goes_on_without_its_expiry_task() -> None:
    harness = new_harness()
    harness.tasks.failing = errors.Unavailable("tasks", "down")
    started = await harness.start()
    assert isinstance(started, StartAvatarAnswer)
    advance(harness.clock, 601)
    assert (await harness.app.sweeps.sweep(SweepRequest())).expired == 1


async def test_a_short_session_is_due_at_its_end_even_while_it_starts() -> None:
    harness = new_harness(max_session_seconds=20)
    harness.avatars.slow["start"] = 1_000.0
    starting = asyncio.create_task(harness.start())
    await asyncio.sleep(21)
    assert (await harness.app.sweeps.sweep(SweepRequest())).stuck == 1
    assert await harness.used("avatar_seconds") == (0, 0)
    starting.cancel()
    await asyncio.wait({starting})


async def test_a_reservation_of_november_is_settled_in_november() -> None:
    harness = new_harness()
    advance(harness.clock, 20 * 86_400 + 11 * 3_600 + 3_500)
    assert month_of(harness.clock.now()) == "2026-11"
    started = await harness.start()
    advance(harness.clock, 300)
    assert month_of(harness.clock.now()) == "2026-12"
    ask = EndSessionRequest(avatar_session_id=started.avatar_session_id)
    ended = await harness.app.avatars.end(ADA, ask, IdempotencyKey())
    november = await harness.document("users/ada/usage/2026-11")
    assert november["avatar_seconds_used"] == ended.seconds == 300
    assert november["avatar_seconds_reserved"] == 0
    assert ended.usage.month == "2026-12"
    assert ended.usage.meters["avatar_seconds"].used == 0
    assert await harness.used("avatar_seconds") == (0, 0)


async def test_the_same_key_gives_the_same_session() -> None:
    harness = new_harness()
    once = IdempotencyKey.of(ADA.uid, "start_avatar", "k", b"{}")
    first = await harness.app.avatars.start(ADA, StartAvatarRequest(), once)
    again = await harness.app.avatars.start(ADA, StartAvatarRequest(), once)
    assert again == first
    assert await harness.used("avatar_seconds") == (0, 600)


async def test_a_key_whose_start_was_undone_may_be_used_again() -> None:
    harness = new_harness()
    once = IdempotencyKey.of(ADA.uid, "start_avatar", "k", b"{}")
    harness.avatars.fail_next("start", LOST, happens=True)
    with pytest.raises(errors.Unavailable):
        await harness.app.avatars.start(ADA, StartAvatarRequest(), once)
    assert (
        await harness.app.avatars.start(ADA, StartAvatarRequest(), once)
    ).reserved_seconds == 600
