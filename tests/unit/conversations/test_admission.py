"""A message and a text whose first commit was not confirmed, or met a conflict."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from common.conversations.running_turn import RunningSpeech
from common.domain import errors
from common.schemas.answers import SpeakAnswer
from common.schemas.requests import EndSessionRequest, SpeakRequest
from common.transactions.idempotency import IdempotencyKey
from tests.support.fakes.agent import FakeAgent
from tests.support.harness import ADA, Harness, advance, new_harness, sweep
from tests.unit.sessions.test_start import STORE_LOST, FailingCommits

HELD = [True, False]


async def speech(
    harness: Harness, session: str, once: IdempotencyKey | None = None
) -> RunningSpeech:
    ask = SpeakRequest(avatar_session_id=session, text="Hello.")
    under_way = await harness.app.speeches.speak(ADA, ask, once or IdempotencyKey())
    assert isinstance(under_way, RunningSpeech)
    return under_way


async def said(harness: Harness, session: str, once: IdempotencyKey | None = None) -> SpeakAnswer:
    return await (await speech(harness, session, once)).answer()


@pytest.mark.parametrize("held", HELD)
async def test_an_unconfirmed_speech_is_charged_and_shown_once(
    held: bool,
) -> None:
    harness = new_harness()
    started = await harness.start()
    FailingCommits(harness, 1, error=STORE_LOST, held=held)
    answer = await said(harness, started.avatar_session_id)
    assert answer.ended == "complete"
    assert answer.usage.meters["voice_characters"].used == 6
    assert await harness.used("voice_characters") == (6, 0)
    assert harness.voice.texts == ["Hello."]


async def test_an_unconfirmed_speech_costs_nothing_if_its_session_has_ended() -> None:
    harness = new_harness()
    started = await harness.start()
    failing = FailingCommits(harness, 1, error=STORE_LOST, held=True)

    async def ended_by_another_process(_: int) -> None:
        ask = EndSessionRequest(avatar_session_id=started.avatar_session_id)
        await harness.another().avatars.end(ADA, ask, IdempotencyKey())

    harness.app = harness.another(store=failing, pause=ended_by_another_process)
    with pytest.raises(errors.OprinaError):
        await said(harness, started.avatar_session_id)
    advance(harness.clock, 60)
    await sweep(harness.another())
    assert await harness.used("voice_characters") == (0, 0)
    assert harness.voice.texts == []


@pytest.mark.parametrize("error", [STORE_LOST, errors.Conflict("somebody was faster")])
@pytest.mark.parametrize("held", HELD)
async def test_a_turn_is_set_off_once_however_often_it_is_decided(
    held: bool, error: errors.OprinaError
) -> None:
    harness = new_harness(agent=FakeAgent(["Hello there."]))
    started = await harness.start()
    FailingCommits(harness, 1, error=error, held=held)
    answer = await harness.whole_chat(conversation_id=started.conversation_id)
    assert (answer.ended, answer.spoken) == ("complete", "Hello there.")
    assert len(harness.agent.asked) == 1
    assert await harness.used("voice_characters") == (len("Hello there."), 0)
    assert await harness.unsettled_turns() == []


@pytest.mark.parametrize("call", ["chat", "speak"])
async def test_a_request_that_is_not_admitted_touches_nothing(call: str) -> None:
    harness = new_harness(agent=FakeAgent(["Hello.", 60.0]))
    started = await harness.start()
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "chat": lambda: harness.chat(conversation_id=started.conversation_id),
        "speak": lambda: speech(harness, started.avatar_session_id),
    }

    async def away(kind: str) -> None:
        if kind == "commit":
            await asyncio.sleep(3)
            raise errors.Unavailable("store", "away")

    harness.store.before = away
    with pytest.raises(errors.Unavailable):
        await calls[call]()
    assert harness.agent.asked == []
    assert harness.voice.texts == []
    assert harness.avatars.connections == []
