"""The LITE websocket, by a real client; the clock is the test's own."""

import io
import json
import wave
from collections.abc import AsyncIterator
from typing import Any

import pytest
from anyio import fail_after
from anyio.lowlevel import checkpoint
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedOK, InvalidStatus

from infra.local.simulators.liveavatar import LiveAvatarSettings
from tests.local.liveavatar_client import SECOND, Lite, Provider, provider


@pytest.fixture
async def there() -> AsyncIterator[Provider]:
    async with provider() as it:
        yield it


async def journalled(there: Provider, session_id: str, count: int, kind: str) -> list[Any]:
    """Once so many entries of that kind are there."""
    with fail_after(5):
        while True:
            entries = [
                each for each in there.world.journal.entries(session_id) if each["kind"] == kind
            ]
            if len(entries) >= count:
                return entries
            await checkpoint()


async def test_an_utterance_takes_the_time_of_its_audio(there: Provider) -> None:
    started = await there.started()
    async with there.connected(started["ws_url"]) as lite:
        begun = there.clock.monotonic()
        await lite.speak("u1", SECOND)
        await lite.speak("u1", SECOND)
        await lite.send("agent.speak_end", event_id="u1")
        assert await lite.kinds(5) == [
            "audio_buffer_appended u1",
            "speak_started u1",
            "talking",
            "audio_buffer_appended u1",
            "audio_buffer_committed u1",
        ]
        await there.clock.advance(1.999)
        assert (await there.journal(started["session_id"]))["utterances"][0]["ended_at"] is None
        await there.clock.advance(0.001)
        assert await lite.kinds(2) == ["speak_ended u1", "idle"]
        assert there.clock.monotonic() == pytest.approx(begun + 2)
    utterance = (await there.journal(started["session_id"]))["utterances"][0]
    assert utterance == {
        "event_id": "u1",
        "audio_seconds": 2.0,
        "played_seconds": 2.0,
        "chunks": 2,
        "first_chunk_at": "2026-11-23T12:00:00.300+00:00",
        "started_at": "2026-11-23T12:00:00.300+00:00",
        "ended_at": "2026-11-23T12:00:02.300+00:00",
        "interrupted": False,
    }


async def test_what_comes_before_connected_is_lost_in_silence(there: Provider) -> None:
    started = await there.started()
    async with connect(started["ws_url"], proxy=None) as socket:
        lite = Lite(socket)
        assert (await lite.next())["state"] == "connecting"
        await lite.speak("early", SECOND)
        await socket.send("no JSON at all")
        entries = await journalled(there, started["session_id"], 2, "message")
        assert [(each["type"], each["event_id"], each["dropped"]) for each in entries] == [
            ("agent.speak", "early", True),
            (None, None, True),
        ]
        await there.clock.advance(0.3)
        assert (await lite.next())["state"] == "connected"
    assert (await there.journal(started["session_id"]))["utterances"] == []


async def test_interrupt_stops_it_now(there: Provider) -> None:
    started = await there.started()
    async with there.connected(started["ws_url"]) as lite:
        for name in ("u1", "u2"):
            await lite.speak(name, SECOND)
            await lite.send("agent.speak_end", event_id=name)
        await lite.kinds(6)
        await there.clock.advance(0.25)
        await lite.send("agent.interrupt")
        assert await lite.kinds(3) == ["speak_interrupted u1", "audio_buffer_cleared", "idle"]
    first, second = (await there.journal(started["session_id"]))["utterances"]
    assert (first["played_seconds"], first["interrupted"]) == (0.25, True)
    assert (second["played_seconds"], second["started_at"]) == (0, None)


async def test_all_sockets_hear_all_and_any_may_interrupt(there: Provider) -> None:
    started = await there.started()
    async with (
        there.connected(started["ws_url"]) as speaking,
        connect(started["ws_url"], proxy=None) as second,
    ):
        watching = Lite(second)
        assert await watching.kinds(2) == ["connecting", "connected"]
        await speaking.speak("u1", SECOND)
        for lite in (speaking, watching):
            assert await lite.kinds(3) == [
                "audio_buffer_appended u1",
                "speak_started u1",
                "talking",
            ]
        await watching.send("agent.interrupt")
        for lite in (speaking, watching):
            assert (await lite.kinds(3))[0] == "speak_interrupted u1"


async def test_a_second_socket_may_not_be_told_but_is_heard() -> None:
    async with provider(LiveAvatarSettings(connected_to_second_socket=False)) as there:
        started = await there.started()
        async with there.connected(started["ws_url"]):
            pass
        async with connect(started["ws_url"], proxy=None) as socket:
            lite = Lite(socket)
            assert (await lite.next())["state"] == "connecting"
            await lite.speak("u1", SECOND)
            assert await lite.kinds(2) == ["audio_buffer_appended u1", "speak_started u1"]


@pytest.mark.parametrize(("stops", "played"), [(False, 1.0), (True, 0.0)])
async def test_closing_the_socket(stops: bool, played: float) -> None:
    async with provider(LiveAvatarSettings(close_stops_playback=stops)) as there:
        started = await there.started()
        async with there.connected(started["ws_url"]) as lite:
            await lite.speak("u1", SECOND)
            await lite.send("agent.speak_end", event_id="u1")
            await lite.kinds(4)
        await journalled(there, started["session_id"], 1, "socket_closed")
        await there.clock.advance(5)
        utterance = (await there.journal(started["session_id"]))["utterances"][0]
        assert (utterance["played_seconds"], utterance["interrupted"]) == (played, stops)


async def test_the_listening_pose(there: Provider) -> None:
    started = await there.started()
    async with there.connected(started["ws_url"]) as lite:
        await lite.send("agent.start_listening")
        assert await lite.next() == {
            "type": "agent.state_updated",
            "state": "listening",
            "new_state": "listening",
        }
        await lite.send("agent.stop_listening")
        assert await lite.kinds(1) == ["idle"]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("{", "not JSON"),
        ("[]", "should be an object"),
        ('{"type": "agent.dance"}', "unknown type"),
        ('{"no": "type"}', "discriminator"),
        ('{"type": "agent.speak", "event_id": "u"}', "Field required"),
        ('{"type": "agent.speak", "event_id": "u", "audio": "#"}', "not base64"),
        (
            json.dumps({"type": "agent.speak", "event_id": "u", "audio": "A" * 1_048_576}),
            "at most 1048576 bytes",
        ),
        (b"\x00", "text"),
    ],
)
async def test_nonsense_is_answered_with_an_error(
    there: Provider, message: str | bytes, told: str
) -> None:
    started = await there.started()
    async with there.connected(started["ws_url"]) as lite:
        await lite.socket.send(message)
        error = await lite.next()
        assert error["type"] == "error"
        assert told in error["error"]
        await lite.speak("u1", SECOND)
        assert await lite.kinds(1) == ["audio_buffer_appended u1"]


async def test_keep_alive_over_the_socket_counts_and_audio_does_not(there: Provider) -> None:
    started = await there.started(max_session_duration=3000)
    async with there.connected(started["ws_url"]) as lite:
        await there.clock.advance(250)
        await lite.send("session.keep_alive", event_id="k1")
        await journalled(there, started["session_id"], 1, "message")
        await there.clock.advance(250)
        await lite.speak("u1", SECOND)
        await lite.kinds(3)
        await there.clock.advance(60)
        assert await lite.kinds(1) == ["closed"]
    told = await there.journal(started["session_id"])
    assert (told["end_reason"], told["seconds"]) == ("IDLE_TIMEOUT", 550.3)
    assert told["utterances"][0]["interrupted"]


@pytest.mark.parametrize("how", ["age", "stop"])
async def test_the_server_closes_the_socket_when_the_session_ends(
    there: Provider, how: str
) -> None:
    started = await there.started(max_session_duration=60)
    async with there.connected(started["ws_url"]) as lite:
        if how == "age":
            await there.clock.advance(59.7)
        else:
            await there.stop(started["session_id"])
        assert await lite.next() == {"type": "session.state_updated", "state": "closed"}
        with pytest.raises(ConnectionClosedOK) as raised:
            await lite.next()
        assert raised.value.rcvd is not None
        assert raised.value.rcvd.code == 1000
    with pytest.raises(InvalidStatus) as refused:
        async with connect(started["ws_url"], proxy=None):
            pass
    assert refused.value.response.status_code == 404


async def test_a_socket_needs_its_own_token(there: Provider) -> None:
    first, second = await there.started(), await there.started()
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


async def test_what_was_said_can_be_heard_afterwards(there: Provider) -> None:
    started = await there.started()
    spoken = bytes(range(250)) * 192
    async with there.connected(started["ws_url"]) as lite:
        await lite.speak("u1", spoken[:24_000])
        await lite.speak("u1", spoken[24_000:])
        await lite.kinds(4)
    answer = await there.http.get(f"/journal/{started['session_id']}/u1.wav")
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as heard:
        assert (heard.getframerate(), heard.getnchannels(), heard.getsampwidth()) == (24_000, 1, 2)
        assert heard.readframes(heard.getnframes()) == spoken
    missing = await there.http.get(f"/journal/{started['session_id']}/u2.wav")
    assert missing.status_code == 404


async def test_the_journal_forgets_the_oldest_audio_first() -> None:
    async with provider(LiveAvatarSettings(kept_audio_bytes=len(SECOND))) as there:
        started = await there.started()
        async with there.connected(started["ws_url"]) as lite:
            for name in ("u1", "u2"):
                await lite.speak(name, SECOND)
            await lite.kinds(4)
        path = f"/journal/{started['session_id']}"
        assert (await there.http.get(f"{path}/u1.wav")).status_code == 404
        assert (await there.http.get(f"{path}/u2.wav")).status_code == 200
        assert len((await there.journal(started["session_id"]))["utterances"]) == 2
