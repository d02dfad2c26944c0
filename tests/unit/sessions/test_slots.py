"""A refused start says when a slot is free, on both stores: then a start is admitted."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from common.domain import errors
from common.domain.ceiling import SWITCH_PATH, stop_spending
from common.ports.store import Store
from common.schemas.requests import (
    ChatRequest,
    KeepAliveRequest,
    SynthesizeRequest,
    TranscribeRequest,
)
from common.transactions.idempotency import IdempotencyKey
from tests.support.harness import ADA, Harness, advance, new_harness, speak, sweep
from tests.support.recordings import wav_file

LONGEST, IDLE, SWEEP = 600, 180, 60
TOLERANCE = 30
"""Seconds that a busy machine may take for a test: the clock runs meanwhile."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def nothing(_harness: Harness, _session: str, _conversation: str) -> None:
    """Leave the session alone."""


async def keep_alive(harness: Harness, session: str, _conversation: str) -> None:
    request = KeepAliveRequest(avatar_session_id=session)
    await harness.app.avatars.keep_alive(ADA, request, IdempotencyKey())


async def leave(harness: Harness, session: str, _conversation: str) -> None:
    request = KeepAliveRequest(avatar_session_id=session, leaving=True)
    await harness.app.avatars.keep_alive(ADA, request, IdempotencyKey())


async def talk(harness: Harness, _session: str, conversation: str) -> None:
    await harness.whole_chat("Go on.", conversation_id=conversation)


async def talk_and_leave(harness: Harness, session: str, conversation: str) -> None:
    await leave(harness, session, conversation)
    await talk(harness, session, conversation)


Use = Callable[[Harness, str, str], Awaitable[None]]


async def refused_start(harness: Harness) -> int:
    with pytest.raises(errors.TooManySessions) as refused:
        await harness.start()
    assert refused.value.retry_after is not None
    return refused.value.retry_after


async def wait(harness: Harness, seconds: float) -> None:
    """Let time pass, with a sweep each minute."""
    while seconds > 0:
        step = min(SWEEP, seconds)
        advance(harness.clock, step)
        if step == SWEEP:
            await sweep(harness.app)
        seconds -= step


@pytest.mark.parametrize(
    ("use", "after", "ends_in"),
    [
        (nothing, 0, IDLE),
        (nothing, 100, IDLE - 100),
        (keep_alive, 100, IDLE),
        (talk, 100, IDLE),
        (leave, 100, 20),
        (talk_and_leave, 100, 20),
        (keep_alive, LONGEST - IDLE + 60, IDLE - 60),
    ],
)
async def test_a_slot_is_free_when_the_refusal_says(
    store: Store, use: Use, after: int, ends_in: int
) -> None:
    harness = new_harness(store)
    begun = harness.clock.now()
    first = await harness.start()
    if after > IDLE:
        await wait(harness, IDLE - 10)
        await keep_alive(harness, first.avatar_session_id, first.conversation_id)
        await wait(harness, IDLE - 10)
        await keep_alive(harness, first.avatar_session_id, first.conversation_id)
        after -= 2 * (IDLE - 10)
    await wait(harness, after)
    await use(harness, first.avatar_session_id, first.conversation_id)
    told = await refused_start(harness)
    left = LONGEST - (harness.clock.now() - begun).total_seconds()
    assert told == pytest.approx(min(left, ends_in + SWEEP), abs=TOLERANCE)
    await wait(harness, told)
    await sweep(harness.app)
    await harness.start()
    assert len(harness.avatars.running()) == 1


async def test_of_two_slots_the_one_that_is_free_first_counts(store: Store) -> None:
    harness = new_harness(store, slots_per_user=2)
    first = await harness.start()
    await wait(harness, 100)
    second = await harness.start()
    await keep_alive(harness, first.avatar_session_id, first.conversation_id)
    await leave(harness, second.avatar_session_id, second.conversation_id)
    assert await refused_start(harness) == pytest.approx(20 + SWEEP, abs=TOLERANCE)


async def test_a_running_turn_keeps_the_session(store: Store) -> None:
    harness = new_harness(store)
    first = await harness.start()
    await wait(harness, 150)
    harness.agent.replies.append([30.0, "Yes."])
    turn = await harness.chat("Go on.", conversation_id=first.conversation_id)
    assert await refused_start(harness) == pytest.approx(IDLE + SWEEP, abs=TOLERANCE)
    await turn.cancel()


async def test_the_switch_of_the_operator_comes_before_the_limits_of_a_user(store: Store) -> None:
    harness = new_harness(
        store, turns_per_user=1, turns_per_minute=1, allowance_transcribed_seconds=1
    )
    first = await harness.start()
    await speak(harness.app, first.avatar_session_id, "Good to see you.")
    await refused_start(harness)
    [before] = await store.get([SWITCH_PATH])
    await store.commit([stop_spending(before, "test", harness.clock.now())])
    sound = wav_file(2)
    app, key = harness.app, IdempotencyKey()
    asked: list[Callable[[], Awaitable[Any]]] = [
        harness.start,
        harness.chat,
        lambda: speak(app, first.avatar_session_id, "Once more."),
        lambda: app.conversations.chat(ADA, ChatRequest(audio=sound), key),
        lambda: app.transcripts.transcribe(ADA, TranscribeRequest(audio=sound), key),
        lambda: app.syntheses.synthesize(ADA, SynthesizeRequest(text="A sentence.")),
    ]
    for each in asked:
        with pytest.raises(errors.SpendingStopped):
            await each()
