"""The LITE websocket, by a real client; the clock is the test's own."""

import base64
import json
from collections.abc import AsyncIterator

import pytest
from anyio import fail_after
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedOK, InvalidStatus

from infra.local.simulators.liveavatar import LiveAvatarSettings
from tests.local.liveavatar.client import SECOND, LiteClient, SimulatedProvider, provider


@pytest.fixture
async def there() -> AsyncIterator[SimulatedProvider]:
    async with provider() as it:
        yield it


async def test_an_utterance_takes_the_time_of_its_audio(there: SimulatedProvider) -> None:
    started = await there.start_session()
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
        assert (await there.utterances(started["session_id"]))[0]["ended_at"] is None
        await there.clock.advance(0.001)
        assert await lite.kinds(2) == ["speak_ended u1", "idle"]
        assert there.clock.monotonic() == pytest.approx(begun + 2)
    [utterance] = await there.utterances(started["session_id"])
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


@pytest.mark.parametrize("ids", [("c1", "c2", "end"), (None, None, None), ("u1", "u1", "other")])
async def test_chunks_of_any_ids_are_one_utterance(
    there: SimulatedProvider, ids: tuple[str | None, ...]
) -> None:
    started = await there.start_session()
    async with there.connected(started["ws_url"]) as lite:
        for each in ids[:2]:
            await lite.speak(each, SECOND)
        await lite.send("agent.speak_end", event_id=ids[2])
        await lite.kinds(5)
        await there.clock.advance(2)
        assert await lite.kinds(2) == [f"speak_ended {ids[0] or ''}".strip(), "idle"]
    [utterance] = await there.utterances(started["session_id"])
    assert (utterance["chunks"], utterance["played_seconds"]) == (2, 2.0)


async def test_speak_end_may_bring_the_last_audio(there: SimulatedProvider) -> None:
    started = await there.start_session()
    half = SECOND[: len(SECOND) // 2]
    async with there.connected(started["ws_url"]) as lite:
        await lite.speak("u1", half)
        audio = base64.b64encode(half).decode()
        await lite.send("agent.speak_end", event_id="u1", audio=audio)
        assert (await lite.kinds(5))[3:] == [
            "audio_buffer_appended u1",
            "audio_buffer_committed u1",
        ]
        await there.clock.advance(1)
        assert await lite.kinds(2) == ["speak_ended u1", "idle"]
    [utterance] = await there.utterances(started["session_id"])
    assert (utterance["audio_seconds"], utterance["played_seconds"]) == (1.0, 1.0)


async def test_messages_before_connected_are_dropped_in_silence(there: SimulatedProvider) -> None:
    started = await there.start_session()
    async with connect(started["ws_url"], proxy=None) as socket:
        lite = LiteClient(socket)
        assert (await lite.next())["state"] == "connecting"
        await lite.speak("early", SECOND)
        await socket.send("no JSON at all")
        entries = await there.until_noted(started["session_id"], 2, "message")
        assert [(each["type"], each["event_id"], each["dropped"]) for each in entries] == [
            ("agent.speak", "early", True),
            (None, None, True),
        ]
        await there.clock.advance(0.3)
        assert (await lite.next())["state"] == "connected"
    assert await there.utterances(started["session_id"]) == []


async def test_interrupt_stops_the_utterance_and_drops_the_queue(there: SimulatedProvider) -> None:
    started = await there.start_session()
    async with there.connected(started["ws_url"]) as lite:
        for name in ("u1", "u2"):
            await lite.speak(name, SECOND)
            await lite.send("agent.speak_end", event_id=name)
        await lite.kinds(6)
        await there.clock.advance(0.25)
        await lite.send("agent.interrupt", event_id="stop")
        assert await lite.kinds(3) == ["speak_interrupted u1", "audio_buffer_cleared stop", "idle"]
    first, second = await there.utterances(started["session_id"])
    assert (first["played_seconds"], first["interrupted"]) == (0.25, True)
    assert (second["played_seconds"], second["started_at"]) == (0, None)


async def test_audio_that_comes_too_slowly_is_an_error_once(there: SimulatedProvider) -> None:
    started = await there.start_session()
    async with there.connected(started["ws_url"]) as lite:
        await lite.speak("u1", SECOND)
        await lite.kinds(3)
        await there.clock.advance(5)
        error = await lite.next()
        assert (error["type"], error["error"]["type"]) == ("error", "video_starvation")
        assert error["error"]["event_id"] == "u1"
        await lite.send("agent.speak_end", event_id="u1")
        assert await lite.kinds(3) == ["audio_buffer_committed u1", "speak_ended u1", "idle"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "should be an object"),
        ('{"no": "type"}', "discriminator"),
        ('{"type": "agent.speak", "event_id": "u"}', "Field required"),
        ('{"type": "agent.speak", "event_id": "u", "audio": "#"}', "not base64"),
        ('{"type": "agent.speak", "event_id": "u", "audio": ""}', "at least 1 byte"),
        (
            json.dumps({"type": "agent.speak", "event_id": "u", "audio": "A" * 1_048_576}),
            "at most 1048576 bytes",
        ),
        (b"\x00", "text"),
    ],
)
async def test_a_bad_message_is_answered_with_an_error_object(
    there: SimulatedProvider, message: str | bytes, reason: str
) -> None:
    started = await there.start_session()
    async with there.connected(started["ws_url"]) as lite:
        await lite.socket.send(message)
        error = await lite.next()
        assert (error["type"], error["error"]["type"]) == ("error", "invalid_request_error")
        assert reason in error["error"]["message"]
        assert error["error"]["event_id"] in {None, "u"}
        await lite.speak("u1", SECOND)
        assert await lite.kinds(1) == ["audio_buffer_appended u1"]


@pytest.mark.parametrize("kind", ["start", "agent.speak_started", "agent.dance"])
async def test_an_unknown_message_is_answered_with_a_warning(
    there: SimulatedProvider, kind: str
) -> None:
    started = await there.start_session()
    async with there.connected(started["ws_url"]) as lite:
        await lite.send(kind, encoding="pcm_s16le")
        warning = await lite.next()
        assert warning == {
            "type": "warning",
            "warning": {"type": "unknown_event", "message": "unknown type"},
        }
        await lite.speak("u1", SECOND)
        assert await lite.kinds(1) == ["audio_buffer_appended u1"]


async def test_keep_alive_counts_as_a_sign_of_life_and_audio_does_not(
    there: SimulatedProvider,
) -> None:
    started = await there.start_session(max_session_duration=3000)
    async with there.connected(started["ws_url"]) as lite:
        await there.clock.advance(250)
        await lite.send("session.keep_alive", event_id="k1")
        await there.until_noted(started["session_id"], 1, "message")
        await there.clock.advance(249)
        await lite.speak("u1", SECOND * 2)
        await lite.kinds(3)
        await there.clock.advance(60)
        assert await lite.kinds(2) == ["error", "closed"]
    seen = await there.journal(started["session_id"])
    assert (seen["end_reason"], seen["seconds"]) == ("IDLE_TIMEOUT", 550.3)
    assert seen["utterances"][0]["interrupted"]


@pytest.mark.parametrize("how", ["age", "stop"])
async def test_the_server_closes_the_socket_when_the_session_ends(how: str) -> None:
    async with provider(LiveAvatarSettings(at_max_duration="close")) as there:
        started = await there.start_session(max_session_duration=60)
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


async def test_at_its_maximum_age_the_avatar_falls_silent(there: SimulatedProvider) -> None:
    started = await there.start_session(max_session_duration=60)
    session_id = started["session_id"]
    async with there.connected(started["ws_url"]) as lite:
        await there.clock.advance(59)
        await lite.speak("u1", SECOND * 5)
        await lite.kinds(3)
        await there.clock.advance(30)
        await lite.speak("u2", SECOND)
        await lite.send("session.keep_alive")
        entries = await there.until_noted(session_id, 3, "message")
        assert [each["dropped"] for each in entries] == [False, True, True]
        with pytest.raises(TimeoutError), fail_after(0.1):
            await lite.next()
    seen = await there.journal(session_id)
    assert (seen["end_reason"], seen["seconds"]) == ("MAX_DURATION_REACHED", 60)
    [cut] = seen["utterances"]
    assert (cut["played_seconds"], cut["interrupted"]) == (0.7, True)
    assert (await there.get("/v1/sessions?type=active"))["count"] == 0
