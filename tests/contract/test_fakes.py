"""Failures that only the fakes can make."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from common.domain import errors
from common.domain.ids import ConversationId, UserId, UtteranceId
from common.ports.agent import Agent, AgentEvent, Delta, Finished
from common.ports.avatar import AvatarConnection, AvatarProvider
from common.ports.voice import SpeechToText, TextToSpeech
from tests.support.fakes.agent import FakeAgent
from tests.support.fakes.avatars import FakeAvatars
from tests.support.fakes.connection import FakeConnection
from tests.support.fakes.recognition import FakeRecognition
from tests.support.fakes.voice import FakeVoice

U1 = UtteranceId("u1")
ADA, TALK = UserId("ada"), ConversationId("talk-1")
LOST = errors.Ambiguous("avatar", "no answer in time")


class Now:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


def test_fakes_implement_the_ports() -> None:
    avatars: AvatarProvider = FakeAvatars(Now())
    agent: Agent = FakeAgent()
    voice: TextToSpeech = FakeVoice()
    recognition: SpeechToText = FakeRecognition()
    assert avatars
    assert agent
    assert voice
    assert recognition


@pytest.mark.parametrize("happens", [True, False])
async def test_lost_start_may_have_happened(happens: bool) -> None:
    avatars = FakeAvatars(Now())
    token = await avatars.create_session_token("a", "high", 60)
    avatars.fail_next("start", LOST, happens=happens)
    with pytest.raises(errors.Ambiguous):
        await avatars.start(token)
    assert bool(await avatars.active()) is happens


@pytest.mark.parametrize("happens", [True, False])
async def test_lost_stop_may_have_happened(happens: bool) -> None:
    avatars = FakeAvatars(Now())
    token = await avatars.create_session_token("a", "high", 60)
    await avatars.start(token)
    avatars.fail_next("stop", LOST, happens=happens)
    with pytest.raises(errors.Ambiguous):
        await avatars.stop(token.session, "user")
    assert bool(await avatars.active()) is not happens
    await avatars.stop(token.session, "user")
    assert await avatars.active() == []


async def test_seconds_are_counted_until_the_end_that_was_due() -> None:
    clock = Now()
    avatars = FakeAvatars(clock, idle_seconds=30)
    for seconds in (20, 600):
        await avatars.start(await avatars.create_session_token("a", "high", seconds))
    clock.at += timedelta(seconds=100)
    assert avatars.seconds() == 20 + 30
    assert [s.reason for s in avatars.sessions.values()] == ["MAX_DURATION_REACHED", "IDLE_TIMEOUT"]


async def two_connections(avatars: FakeAvatars) -> tuple[FakeConnection, FakeConnection]:
    running = await avatars.start(await avatars.create_session_token("a", "high", 60))
    return await avatars.connect(running.ws_url), await avatars.connect(running.ws_url)


async def heard(connection: AvatarConnection) -> list[str]:
    await connection.close()
    return [event.kind async for event in connection.events()]


@pytest.mark.parametrize(("hears", "more"), [(True, ["started", "ended"]), (False, [])])
async def test_second_connection_may_get_events_of_the_first(hears: bool, more: list[str]) -> None:
    first, second = await two_connections(FakeAvatars(Now(), second_connection_hears=hears))
    await first.speak(U1, bytes(96))
    await first.finish(U1)
    while not first.player.played[U1].ended:  # noqa: ASYNC110 - the avatar talks for 2 ms
        await asyncio.sleep(0.001)
    assert await heard(first) == ["connected", "started", "ended", "closed"]
    assert await heard(second) == ["connected", *more, "closed"]


async def test_speech_before_connected_is_dropped() -> None:
    first, _ = await two_connections(FakeAvatars(Now(), connect_seconds=5))
    await first.speak(U1, bytes(96))
    assert first.player.dropped == 1
    assert first.player.played == {}


async def test_cancelled_reply_is_counted() -> None:
    agent = FakeAgent(["a", 60.0, "b"], ["c", Finished(7)], strict=False)
    heard: list[AgentEvent] = []
    reply = asyncio.create_task(agent.reply(ADA, TALK, "Hi", heard.append))
    await asyncio.sleep(0)
    reply.cancel()
    await asyncio.wait({reply})
    assert (agent.ended, agent.left) == (0, 1)
    await agent.reply(ADA, TALK, "Hi", heard.append)
    assert heard == [Delta("a"), Delta("c"), Finished(7)]
    assert (agent.ended, agent.left) == (1, 1)


async def test_voice_fails_at_the_named_call() -> None:
    voice = FakeVoice(fails={2: errors.Busy("voice", "answered 429")})
    assert len(await voice.synthesize("ab", "v", "en-US")) == 2 * 2_880
    with pytest.raises(errors.Busy):
        await voice.synthesize("c", "v", "en-US")
    await voice.synthesize("d", "v", "en-US")
    assert voice.texts == ["ab", "c", "d"]
