"""Several websockets of one session, admission to them, and the two dialects."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedOK, InvalidStatus

from infra.local.simulators.liveavatar import LiveAvatarSettings
from infra.local.simulators.liveavatar.settings import Dialect, IdHabit
from tests.local.liveavatar.client import (
    SECOND,
    LiteClient,
    SimulatedProvider,
    provider,
    shorten,
)


@pytest.fixture
async def there() -> AsyncIterator[SimulatedProvider]:
    async with provider() as it:
        yield it


async def test_all_sockets_are_sent_all_events_and_any_may_interrupt(
    there: SimulatedProvider,
) -> None:
    started = await there.start_session()
    async with (
        there.connected(started["ws_url"]) as first,
        connect(started["ws_url"], proxy=None) as socket,
    ):
        second = LiteClient(socket)
        assert await second.kinds(2) == ["connecting", "connected"]
        await first.speak("u1", SECOND)
        for lite in (first, second):
            assert await lite.kinds(3) == [
                "audio_buffer_appended u1",
                "speak_started u1",
                "talking",
            ]
        await second.send("agent.interrupt")
        for lite in (first, second):
            assert (await lite.kinds(3))[0] == "speak_interrupted u1"


async def test_a_second_socket_may_not_be_sent_connected_but_works() -> None:
    async with provider(LiveAvatarSettings(connected_to_second_socket=False)) as there:
        started = await there.start_session()
        async with there.connected(started["ws_url"]):
            pass
        async with connect(started["ws_url"], proxy=None) as socket:
            lite = LiteClient(socket)
            assert (await lite.next())["state"] == "connecting"
            await lite.speak("u1", SECOND)
            assert await lite.kinds(2) == ["audio_buffer_appended u1", "speak_started u1"]


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.4, 1.0])
async def test_a_second_socket_may_close_the_first_one_at_once_or_late(delay: float) -> None:
    settings = LiveAvatarSettings(second_socket_closes_first=True, closes_first_after_seconds=delay)
    async with provider(settings) as there:
        started = await there.start_session()
        async with (
            there.connected(started["ws_url"]) as first,
            connect(started["ws_url"], proxy=None) as socket,
        ):
            second = LiteClient(socket)
            assert await second.kinds(2) == ["connecting", "connected"]
            if delay:
                await there.clock.advance(delay - 0.01)
                await first.speak("u1", SECOND)
                assert (await first.kinds(3))[1] == "speak_started u1"
                await there.clock.advance(0.01)
            with pytest.raises(ConnectionClosedOK):
                await first.next()
            await second.send("agent.interrupt")
            while shorten(await second.next()) != "audio_buffer_cleared":
                pass
        seen = await there.journal(started["session_id"])
    assert (seen["state"], len(seen["utterances"])) == ("running", bool(delay))


@pytest.mark.parametrize(("stops", "played"), [(False, 1.0), (True, 0.0)])
async def test_closing_the_last_socket_may_stop_the_avatar(stops: bool, played: float) -> None:
    async with provider(LiveAvatarSettings(close_stops_playback=stops)) as there:
        started = await there.start_session()
        async with there.connected(started["ws_url"]) as lite:
            await lite.speak("u1", SECOND)
            await lite.send("agent.speak_end", event_id="u1")
            await lite.kinds(4)
        await there.until_noted(started["session_id"], 1, "socket_closed")
        await there.clock.advance(5)
        [utterance] = await there.utterances(started["session_id"])
        assert (utterance["played_seconds"], utterance["interrupted"]) == (played, stops)


async def test_a_socket_needs_its_own_token(there: SimulatedProvider) -> None:
    first, second = await there.start_session(), await there.start_session()
    address = first["ws_url"].partition("?")[0]
    other = second["ws_url"].partition("token=")[2]
    for query, status in (
        ("", 401),
        ("?token=x", 401),
        (f"?token={first['session_token']}", 401),
        (f"?token={other}", 403),
    ):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(address + query, proxy=None):
                pass
        assert refused.value.response.status_code == status


# ── dialects ─────────────────────────────────────────────────────────────────────────────────────

BUFFER = ["agent.audio_buffer_appended", "agent.audio_buffer_committed"]
CLEARED = "agent.audio_buffer_cleared"
SPEECH = {
    "both": ["agent.speak_started", "agent.state_updated"],
    "speak": ["agent.speak_started", "agent.idle_ended"],
    "state": ["agent.state_updated"],
}
CUT = {
    "both": ["agent.speak_interrupted", CLEARED, "agent.state_updated"],
    "speak": [
        "agent.speak_interrupted",
        "agent.speak_ended",
        CLEARED,
        "agent.idle_started",
    ],
    "state": [CLEARED, "agent.state_updated"],
}


async def speak_and_interrupt(settings: LiveAvatarSettings) -> list[dict[str, Any]]:
    """Return the messages of one utterance that is interrupted."""
    expected = 2 + len(SPEECH[settings.dialect]) + len(CUT[settings.dialect])
    async with provider(settings) as there:
        started = await there.start_session()
        async with there.connected(started["ws_url"]) as lite:
            await lite.speak("u1", SECOND)
            await lite.send("agent.speak_end", event_id="u1")
            await lite.send("agent.interrupt", event_id="stop")
            return [await lite.next() for _ in range(expected)]


@pytest.mark.parametrize("dialect", ["both", "speak", "state"])
async def test_a_dialect_has_its_own_events(dialect: Dialect) -> None:
    messages = await speak_and_interrupt(LiveAvatarSettings(dialect=dialect))
    appended, *middle, last = [message["type"] for message in messages][: -len(CUT[dialect])]
    assert (appended, *middle, last) == (BUFFER[0], *SPEECH[dialect], BUFFER[1])
    assert [message["type"] for message in messages][-len(CUT[dialect]) :] == CUT[dialect]
    poses = [message for message in messages if message["type"] == "agent.state_updated"]
    assert [(each["previous_state"], each["new_state"]) for each in poses] == (
        [] if dialect == "speak" else [("idle", "talking"), ("talking", "idle")]
    )
    assert any("task" in message for message in messages) == (dialect != "state")


@pytest.mark.parametrize(
    ("ids", "named"),
    [
        ("source", lambda message: message["source_event_id"]),
        ("echo", lambda message: message["event_id"]),
    ],
)
async def test_events_name_the_message_that_caused_them(ids: IdHabit, named: Any) -> None:
    messages = await speak_and_interrupt(LiveAvatarSettings(ids=ids))
    about = {message["type"]: named(message) for message in messages}
    assert about["agent.speak_started"] == about["agent.speak_interrupted"] == "u1"
    assert about["agent.audio_buffer_appended"] == about["agent.audio_buffer_committed"] == "u1"
    assert about["agent.audio_buffer_cleared"] == "stop"


async def test_ids_may_be_the_providers_own_alone() -> None:
    messages = await speak_and_interrupt(LiveAvatarSettings(ids="own"))
    ids = [message["event_id"] for message in messages]
    assert len(set(ids)) == len(ids)
    assert {"u1", "stop"}.isdisjoint(ids)
    assert not any("source_event_id" in message for message in messages)


async def test_the_listening_pose(there: SimulatedProvider) -> None:
    started = await there.start_session()
    async with there.connected(started["ws_url"]) as lite:
        await lite.send("agent.start_listening")
        message = await lite.next()
        assert message["type"] == "agent.state_updated"
        assert (message["previous_state"], message["new_state"]) == ("idle", "listening")
        await lite.send("agent.stop_listening")
        assert await lite.kinds(1) == ["idle"]
