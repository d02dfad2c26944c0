"""How often each function goes to the store, and what waits for it."""

import asyncio

from common.conversations.running_turn import RunningSpeech
from common.schemas.requests import EndSessionRequest, KeepAliveRequest, SpeakRequest
from common.transactions.idempotency import IdempotencyKey
from tests.support.harness import ADA, Harness, new_harness


def trips(harness: Harness) -> tuple[int, int]:
    found = harness.store.trips["read"], harness.store.trips["commit"]
    harness.store.trips.clear()
    return found


async def test_each_function_goes_to_the_store_as_often_as_promised() -> None:
    harness = new_harness()
    started = await harness.start()
    assert trips(harness) == (1, 2)

    await harness.whole_chat(conversation_id=started.conversation_id)
    assert trips(harness) == (1, 2)

    speech = await harness.app.speeches.speak(
        ADA,
        SpeakRequest(avatar_session_id=started.avatar_session_id, text="Hello."),
        IdempotencyKey(),
    )
    assert isinstance(speech, RunningSpeech)
    await speech.answer()
    assert trips(harness) == (1, 1)

    await harness.app.avatars.keep_alive(
        ADA, KeepAliveRequest(avatar_session_id=started.avatar_session_id), IdempotencyKey()
    )
    assert trips(harness) == (1, 1)

    await harness.app.avatars.end(
        ADA, EndSessionRequest(avatar_session_id=started.avatar_session_id), IdempotencyKey()
    )
    assert trips(harness) == (1, 2)
    assert harness.store.trips["query"] == 0


async def test_a_first_chat_without_an_avatar_costs_no_more() -> None:
    harness = new_harness()
    answer = await harness.whole_chat("What time is it?")
    assert answer.ended == "complete"
    assert trips(harness) == (1, 2)


async def test_the_agents_first_token_waits_for_no_commit_no_secret_and_no_avatar() -> None:
    harness = new_harness()
    started = await harness.start()
    held = asyncio.Event()

    async def hold(kind: str) -> None:
        if kind == "commit":
            await held.wait()

    harness.store.before = hold
    asking = asyncio.create_task(harness.chat(conversation_id=started.conversation_id))
    await asyncio.sleep(1)
    assert len(harness.agent.asked) == 1
    assert harness.agent.ended == 1
    assert not asking.done()
    held.set()
    await (await asking).answer()
