"""How often each function goes to the store, and what waits for it."""

import asyncio

from common.conversations.running_turn import RunningSpeech
from common.schemas.requests import EndSessionRequest, KeepAliveRequest, SpeakRequest
from common.transactions.idempotency import IdempotencyKey
from tests.support.fakes.agent import FakeAgent
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
    assert trips(harness) == (1, 3), "spoken: admitted, answered, settled"

    await harness.whole_chat(conversation_id=started.conversation_id, speak=False)
    assert trips(harness) == (1, 2), "text: admitted, settled"

    speech = await harness.app.speeches.speak(
        ADA,
        SpeakRequest(avatar_session_id=started.avatar_session_id, text="Hello."),
        IdempotencyKey(),
    )
    assert isinstance(speech, RunningSpeech)
    await speech.answer()
    assert trips(harness) == (1, 2)

    await harness.app.avatars.keep_alive(
        ADA, KeepAliveRequest(avatar_session_id=started.avatar_session_id), IdempotencyKey()
    )
    assert trips(harness) == (1, 1)

    await harness.app.avatars.end(
        ADA, EndSessionRequest(avatar_session_id=started.avatar_session_id), IdempotencyKey()
    )
    assert trips(harness) == (2, 2), "the session names its conversation, which is read second"
    assert harness.store.trips["query"] == 0


async def test_a_first_chat_without_an_avatar_costs_no_more() -> None:
    harness = new_harness()
    answer = await harness.whole_chat("What time is it?")
    assert answer.ended == "complete"
    assert trips(harness) == (1, 2)


async def test_only_the_first_read_and_commit_stand_before_the_agent() -> None:
    harness = new_harness(agent=FakeAgent([9.0, "Hello."]))
    started = await harness.start()
    trips(harness)
    turn = await harness.chat(conversation_id=started.conversation_id)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(harness.agent.asked) == 1
    assert trips(harness) == (1, 1)
    await turn.cancel()


async def test_the_agent_is_not_asked_before_the_turn_is_committed() -> None:
    harness = new_harness()
    started = await harness.start()
    held = asyncio.Event()

    async def hold(kind: str) -> None:
        if kind == "commit":
            await held.wait()

    harness.store.before = hold
    asking = asyncio.create_task(harness.chat(conversation_id=started.conversation_id))
    await asyncio.sleep(1)
    assert harness.agent.asked == []
    held.set()
    await (await asking).answer()
