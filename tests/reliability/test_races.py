"""Many requests at once, on real stores: single effects stay single, and allowances hold.

The naive ways at the end break on the same stores, which shows that these races bite.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence
from random import Random
from typing import Any, TypeVar

import pytest

from common.domain import errors
from common.domain.documents import Create, Document, Increment, Query, Update, Version, Write
from common.domain.ids import UserId
from common.domain.user import User
from common.ports.store import Store
from common.schemas.answers import ChatAnswer, SpeakAnswer, StartAvatarAnswer
from tests.support.harness import Harness, advance, end, new_harness, speak, sweep

T = TypeVar("T")
JITTER_SECONDS = 0.004
LEDGER = "users/ada/usage/2026-11"


@pytest.fixture
def anyio_backend() -> str:
    """Stores need real time."""
    return "asyncio"


class AllowanceCheckingStore:
    """Checks after each commit that used and reserved together are within the allowance."""

    def __init__(self, inner: Store, allowances: dict[str, int]) -> None:
        self._inner = inner
        self._allowances = allowances
        self.checks = 0

    async def get(self, paths: Sequence[str]) -> list[Document]:
        return await self._inner.get(paths)

    async def query(self, query: Query) -> list[Document]:
        return await self._inner.query(query)

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        versions = await self._inner.commit(writes)
        (ledger,) = await self._inner.get([LEDGER])
        for meter, allowance in self._allowances.items():
            held = ledger.get(f"{meter}_used", 0) + ledger.get(f"{meter}_reserved", 0)
            assert 0 <= held <= allowance, (meter, held)
            self.checks += 1
        return versions

    async def close(self) -> None:
        await self._inner.close()


def harness_over(store: Store, **settings: Any) -> Harness:
    harness, random = new_harness(store, **settings), Random(1)  # noqa: S311 - jitter, no secret

    async def pause(number: int) -> None:
        await asyncio.sleep(random.uniform(0, JITTER_SECONDS * 2**number))

    harness.app = harness.another(pause=pause)
    return harness


async def run_at_once(*calls: Awaitable[T]) -> list[T | errors.OprinaError]:
    """Return the answer or the refusal of each call. Raises every other exception."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, errors.OprinaError):
            raise result
    return results  # type: ignore[return-value]  # others are raised


def tally(results: Sequence[object]) -> Counter[str]:
    """Count the results by error code or by class name."""
    return Counter(getattr(result, "code", type(result).__name__) for result in results)


async def test_of_a_hundred_starts_of_a_user_one_is_admitted(store: Store) -> None:
    harness = harness_over(store)
    results = await run_at_once(*(harness.start() for _ in range(100)))
    assert tally(results) == {"StartAvatarAnswer": 1, "too_many_sessions": 99}
    assert len(harness.avatars.running()) == 1
    assert await harness.used("avatar_seconds") == (0, 600)
    assert len(await harness.sessions()) == 1


async def test_of_a_hundred_starts_in_a_conversation_one_is_admitted(store: Store) -> None:
    harness = harness_over(store)
    conversation = (await harness.whole_chat()).conversation_id
    results = await run_at_once(*(harness.start(conversation_id=conversation) for _ in range(100)))
    paid = [r for r in results if isinstance(r, StartAvatarAnswer) and not r.resumed]
    assert len(paid) == 1
    assert set(tally(results)) <= {"StartAvatarAnswer", "avatar_starting", "too_many_sessions"}
    assert len(harness.avatars.running()) == 1
    assert await harness.used("avatar_seconds") == (0, 600)


async def test_fifty_users_start_at_once(store: Store) -> None:
    harness = harness_over(store)
    results = await run_at_once(*(harness.start(User(UserId(f"user-{n}"))) for n in range(50)))
    assert tally(results) == {"StartAvatarAnswer": 50}
    assert len(harness.avatars.running()) == 50


@pytest.mark.parametrize("slots", [2, 4])
async def test_as_many_sessions_start_as_there_are_slots(store: Store, slots: int) -> None:
    harness = harness_over(store, slots_per_user=slots, allowance_avatar_seconds=100_000)
    results = await run_at_once(*(harness.start() for _ in range(slots + 5)))
    assert tally(results) == {"StartAvatarAnswer": slots, "too_many_sessions": 5}
    held = await harness.documents("users/ada/slots")
    assert len({slot["avatar_session_id"] for slot in held}) == slots


async def test_the_last_session_gets_what_is_left(store: Store) -> None:
    checking = AllowanceCheckingStore(store, {"avatar_seconds": 1_500})
    harness = harness_over(checking, slots_per_user=5, allowance_avatar_seconds=1_500)
    results = await run_at_once(*(harness.start() for _ in range(5)))
    admitted = [result for result in results if isinstance(result, StartAvatarAnswer)]
    assert sorted(started.reserved_seconds for started in admitted) == [300, 600, 600]
    assert tally(results) == {"StartAvatarAnswer": 3, "quota_exceeded": 2}
    assert await harness.used("avatar_seconds") == (0, 1_500)
    assert checking.checks >= 6


async def test_the_ledger_adds_up_after_everything_at_once(store: Store) -> None:
    allowances = {"avatar_seconds": 1_500, "agent_tokens": 50_000, "voice_characters": 60}
    checking = AllowanceCheckingStore(store, allowances)
    limits: dict[str, Any] = {f"allowance_{meter}": limit for meter, limit in allowances.items()}
    harness = harness_over(checking, slots_per_user=3, **limits)
    first = await harness.start()
    session = first.avatar_session_id
    calls: list[Awaitable[object]] = [harness.whole_chat(f"Hello {n}.") for n in range(7)]
    calls += [harness.start() for _ in range(5)]
    calls += [speak(harness.app, session, "Well, well.", wait=False) for _ in range(8)]
    results = await run_at_once(*calls)
    chats = [result for result in results if isinstance(result, ChatAnswer)]
    spoken = [result for result in results if isinstance(result, SpeakAnswer)]
    started = [result for result in results if isinstance(result, StartAvatarAnswer)]
    assert await harness.used("agent_tokens") == (10 * len(chats), 0)
    charged = [turn["charged"] for turn in await harness.documents("turns")]
    voice = sum(each.get("voice_characters", 0) for each in charged)
    assert await harness.used("voice_characters") == (voice, 0)
    assert voice <= len("Well, well.") * len(spoken), "an interrupted one may have said nothing"
    reserved = sum(session.reserved_seconds for session in (first, *started))
    assert await harness.used("avatar_seconds") == (0, reserved)
    assert chats
    assert spoken
    assert started


@pytest.mark.parametrize("overdue", [False, True])
async def test_a_session_that_many_end_is_charged_once(store: Store, overdue: bool) -> None:
    harness = harness_over(store)
    started = await harness.start()
    advance(harness.clock, 601 if overdue else 90.5)
    session = started.avatar_session_id
    results = await run_at_once(
        *(end(harness.app, session) for _ in range(5)),
        sweep(harness.app),
        sweep(harness.app, session),
    )
    assert tally(results)["EndSessionAnswer"] == 5
    charged = (await harness.session(session))["seconds"]
    assert charged in ({300} if overdue else {91, 92})  # the provider ends an idle one at 300
    assert await harness.used("avatar_seconds") == (charged, 0)
    log = await harness.documents(f"avatar_sessions/{session}/events")
    assert [line["kind"] for line in log].count("ended") == 1
    assert not await harness.documents("users/ada/slots")
    assert not harness.avatars.running()


# ── the naive ways ───────────────────────────────────────────────────────────────────────────────


async def naive_start(store: Store, name: str) -> bool:
    """Read whether the slot is free, then take it."""
    (slot,) = await store.get(["naive/slot"])
    if slot.get("held_by"):
        return False
    await store.commit([Update("naive/slot", {"held_by": name})])
    return True


async def naive_end(store: Store) -> None:
    """Read whether the session was charged, then charge it."""
    (session,) = await store.get(["naive/session"])
    if session.get("state") != "ended":
        await store.commit(
            [
                Update("naive/session", {"state": "ended"}),
                Update("naive/ledger", {"used": Increment(60)}),
            ]
        )


async def test_a_naive_start_admits_more_than_one(store: Store) -> None:
    await store.commit([Create("naive/slot", {"held_by": None})])
    admitted = await asyncio.gather(*(naive_start(store, f"n{n}") for n in range(20)))
    assert sum(admitted) > 1


async def test_a_naive_end_charges_more_than_once(store: Store) -> None:
    await store.commit(
        [Create("naive/session", {"state": "live"}), Create("naive/ledger", {"used": 0})]
    )
    await asyncio.gather(*(naive_end(store) for _ in range(7)))
    (ledger,) = await store.get(["naive/ledger"])
    assert ledger.get("used") > 60
