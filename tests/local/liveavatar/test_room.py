"""A session's room: who may enter, what is seen and heard there, and when it ends."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

import av
import pytest
from livekit.protocol import models
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from infra.local.simulators.face.portrait import TOP, UNITS
from infra.local.simulators.liveavatar import (
    LiveAvatarSettings,
)
from tests.local.liveavatar.room_scene import (
    Json,
    RoomScene,
    is_loud,
    provided,
    tone,
    until,
    watching,
)
from tests.local.livekit.client import Viewer, loudness, until_ended

PERSONA: Json = {"mode": "FULL", "avatar_persona": {"voice_id": "x"}}
TWO_SECONDS = "A text whose sound takes two seconds."
"""A busy machine skips some of it."""


@pytest.fixture
async def there() -> AsyncIterator[RoomScene]:
    async with provided() as it:
        yield it


def lips(frame: av.VideoFrame) -> int:
    """Return how many pixels in the region of the lips are dark."""
    y = frame.to_ndarray(format="gray")
    rows, columns = y.shape
    scale = rows / UNITS
    top, bottom = (int((unit - TOP) * scale) for unit in (248, 312))
    left, right = (int(columns / 2 + units * scale) for units in (-43, 43))
    return int((y[top:bottom, left:right] < 110).sum())


@pytest.mark.parametrize("encoding", ["VP8", "H264"])
@pytest.mark.parametrize("single", [False, True], ids=["rtc", "rtc_v1"])
async def test_the_avatar_is_seen_and_heard(there: RoomScene, encoding: str, single: bool) -> None:
    session = await there.start_session(video_settings={"encoding": encoding, "quality": "low"})
    async with watching(session, single=single) as viewer:
        [avatar] = viewer.join.other_participants
        assert avatar.identity == "heygen"
        assert [track.mime_type for track in avatar.tracks] == ["audio/opus", f"video/{encoding}"]
        frames = await viewer.frames("video", 3)
        assert {(frame.width, frame.height) for frame in frames} == {(320, 240)}
        steps = [(b.pts - a.pts) * b.time_base for a, b in itertools.pairwise(frames)]
        assert all(
            (step / Fraction(1, 25)).denominator == 1 for step in steps
        )  # a busy machine skips
        rest = lips(frames[-1])
        assert loudness(await viewer.frames("audio", 10)) < 0.001
        there.say(session, tone(3))
        await viewer.until_frame("audio", is_loud)
        await viewer.until_frame("video", lambda frame: lips(frame) > 1.4 * rest)


@pytest.mark.parametrize(
    ("quality", "size"), [("very_high", (640, 480)), ("high", (480, 360)), ("medium", (480, 360))]
)
async def test_the_quality_decides_the_size(
    there: RoomScene, quality: str, size: tuple[int, int]
) -> None:
    session = await there.start_session(video_settings={"quality": quality, "encoding": "VP8"})
    async with watching(session) as viewer:
        [frame] = await viewer.frames("video", 1)
        assert (frame.width, frame.height) == size


async def test_the_session_decides_how_the_face_looks(there: RoomScene) -> None:
    session = await there.start_session(video_settings={"quality": "low"})
    found = there.account.sessions[session["session_id"]]
    async with watching(session) as viewer:
        await viewer.frames("video", 1)
        stage = there.rooms.stage(session["session_id"])
        assert stage is not None
        assert stage.posture() == "idle"
        seen = []
        for act in ("start_listening", "stop_listening", "speak", "interrupt"):
            now, playback = there.account.now, found.playback
            if act == "speak":
                events_ = playback.append(now, None, tone(5))[1]
            elif act == "interrupt":
                events_ = playback.interrupt(now, None)
            else:
                events_ = playback.listen(now, on=act == "start_listening")
            there.account.publish(found, events_)
            seen.append(stage.posture())
        assert seen == ["listening", "thinking", "talking", "idle"]


async def test_an_interruption_is_heard_at_once(there: RoomScene) -> None:
    session = await there.start_session()
    found = there.account.sessions[session["session_id"]]
    async with watching(session) as viewer:
        await viewer.frames("audio", 1)
        there.say(session, tone(20))
        await viewer.until_frame("audio", is_loud)
        now = there.account.now
        there.account.publish(found, found.playback.interrupt(now, None))
        await viewer.until_frame("audio", lambda frame: loudness([frame]) < 0.001)
        later = (await viewer.frames("audio", 60))[2:]
        assert max(loudness([frame]) for frame in later) < 0.001  # nothing comes back


async def test_two_viewers_see_the_same(there: RoomScene) -> None:
    session = await there.start_session(video_settings={"quality": "low"})
    agent = {**session, "livekit_client_token": session["livekit_agent_token"]}
    async with watching(session) as first, watching(agent, single=False) as second:
        assert (await first.frames("video", 2))[1].width == 320
        assert (await second.frames("video", 2))[1].width == 320
        await second.leave()
        assert (await first.frames("video", 30))[29].width == 320


async def test_a_second_join_with_the_same_token_goes_on(there: RoomScene) -> None:
    session = await there.start_session(video_settings={"quality": "low"})
    async with watching(session) as first:
        await first.frames("video", 1)
        async with watching(session) as second:
            assert (await first.message("leave")).reason == models.DUPLICATE_IDENTITY
            await second.frames("video", 10)


async def test_the_room_ends_with_its_session(there: RoomScene) -> None:
    session = await there.start_session()
    async with watching(session) as viewer:
        await viewer.frames("audio", 1)
        await there.stop(session)
        assert (await viewer.message("leave")).reason == models.ROOM_DELETED
        await viewer.until(lambda: viewer.closed)
        await until_ended(viewer.tracks["audio"])
    assert there.rooms.stage(session["session_id"]) is None


@pytest.mark.parametrize("at_max_duration", ["silence", "close"])
async def test_the_room_ends_at_the_maximum_age(at_max_duration: Any) -> None:
    async with provided(LiveAvatarSettings(at_max_duration=at_max_duration)) as there:
        session = await there.start_session(max_session_duration=2)
        async with watching(session) as viewer:
            assert (await viewer.message("leave")).reason == models.ROOM_DELETED


async def test_nothing_is_made_without_viewers(there: RoomScene) -> None:
    session = await there.start_session()
    found = there.account.sessions[session["session_id"]]
    assert found.playback.on_played is None
    async with watching(session) as viewer:
        await viewer.frames("video", 1)
        assert there.rooms.stage(session["session_id"]) is not None
        await viewer.leave()
    await until(lambda: there.rooms.stage(session["session_id"]) is None)
    assert found.playback.on_played is None
    assert there.account.sessions[session["session_id"]].state == "running"


async def enter(url: str, token: str) -> int:
    """Return the status with which a client is refused, or 101."""
    try:
        async with connect(f"{url}/rtc?access_token={token}", proxy=None):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_only_the_session_s_own_token_opens_its_room(there: RoomScene) -> None:
    session = await there.start_session()
    url = session["livekit_url"]
    assert await enter(url, session["session_token"]) == 401
    assert await enter(url, session["ws_url"].rpartition("=")[2]) == 401
    assert await enter(url, session["livekit_client_token"] + "x") == 401
    await there.stop(session)
    assert await enter(url, session["livekit_client_token"]) == 404
    assert there.rooms.stage(session["session_id"]) is None


async def test_a_room_that_no_client_joins_is_closed() -> None:
    async with provided(opening_seconds=0.2) as there:
        session = await there.start_session()
        url = f"{session['livekit_url']}/rtc?access_token={session['livekit_client_token']}"
        async with connect(f"{url}&reconnect=1&sid=PA_unknown", proxy=None) as socket:
            await socket.recv()
            assert there.rooms.stage(session["session_id"]) is not None
        await until(lambda: there.rooms.stage(session["session_id"]) is None)


async def test_clients_can_ask_why_they_were_refused(there: RoomScene) -> None:
    session = await there.start_session()
    for path in ("/livekit/rtc/validate", "/livekit/rtc/v1/validate"):
        for token, status in ((session["livekit_client_token"], 200), ("x", 401)):
            answer = await there.http.get(
                path, params={"access_token": token}, headers={"origin": "http://localhost:5173"}
            )
            assert answer.status_code == status
            assert answer.headers.get_list("access-control-allow-origin") == [
                "http://localhost:5173"
            ]


# ── the agent of FULL mode ───────────────────────────────────────────────────────────────────────


def events(viewer: Viewer) -> list[str]:
    return [value["event_type"] for _, topic, value in viewer.data if topic == "agent-response"]


@asynccontextmanager
async def talking(there: RoomScene) -> AsyncIterator[tuple[Json, Viewer]]:
    """Watch a FULL session until its agent has joined."""
    session = await there.start_session(**PERSONA)
    async with watching(session) as viewer:
        await viewer.until(lambda: "session.state_updated" in events(viewer))
        yield session, viewer


async def test_the_agent_joins_after_the_avatar(there: RoomScene) -> None:
    async with talking(there) as (session, viewer):
        assert session["ws_url"] is None
        assert [each.identity for each in viewer.join.other_participants] == ["heygen"]
        [agent] = (await viewer.message("update")).participants
        assert agent.identity == f"liveavatar-agent-{session['session_id']}"


@pytest.mark.parametrize("kind", ["avatar.speak_text", "avatar.speak_response"])
async def test_the_agent_says_a_text(there: RoomScene, kind: str) -> None:
    async with talking(there) as (_, viewer):
        await viewer.say({"event_type": kind, "event_id": "e1", "text": TWO_SECONDS})
        await viewer.until(lambda: "avatar.speak_started" in events(viewer))
        await viewer.until_frame("audio", is_loud)
        await viewer.until(lambda: "avatar.speak_ended" in events(viewer))
        said = [value for _, _, value in viewer.data if "text" in value]
        assert [each["event_type"] for each in said] == [
            "avatar.transcription.chunk",
            "avatar.transcription",
        ]
        answer = f"You said: {TWO_SECONDS}"
        assert said[1]["text"] == (TWO_SECONDS if kind == "avatar.speak_text" else answer)
        assert {each["source_event_id"] for each in said} == {"e1"}


async def test_an_interruption_drops_what_is_said_and_what_waits(there: RoomScene) -> None:
    async with talking(there) as (session, viewer):
        for number in range(3):
            await viewer.say(
                {"event_type": "avatar.speak_text", "event_id": f"e{number}", "text": 200 * "a"}
            )
        await viewer.until(lambda: "avatar.speak_started" in events(viewer))
        await viewer.say({"event_type": "avatar.interrupt"})
        await viewer.until(lambda: "avatar.speak_ended" in events(viewer))
        await asyncio.sleep(0.2)
        assert events(viewer).count("avatar.speak_started") == 1
        found = there.account.sessions[session["session_id"]]
        assert all(each.ended is not None for each in found.playback.utterances)


async def test_push_to_talk_is_acknowledged(there: RoomScene) -> None:
    start, stop = "user.start_push_to_talk", "user.stop_push_to_talk"
    async with talking(there) as (_, viewer):
        for command in (stop, start, start, stop):
            await viewer.say({"event_type": command})
        await viewer.until(lambda: len(events(viewer)) == 5)
        assert events(viewer)[1:] == [
            "user.push_to_talk_stop_failed",
            "user.push_to_talk_started",
            "user.push_to_talk_start_failed",
            "user.push_to_talk_stopped",
        ]


async def test_listening_and_signs_of_life_are_obeyed(there: RoomScene) -> None:
    async with talking(there) as (session, viewer):
        found = there.account.sessions[session["session_id"]]
        before = found.updated
        await viewer.say({"event_type": "avatar.start_listening", "event_id": "l"})
        await until(lambda: found.playback.pose == "listening")
        await viewer.say({"event_type": "avatar.stop_listening", "event_id": "l"})
        await until(lambda: found.playback.pose == "idle")
        await viewer.say({"event_type": "session.keep_alive", "event_id": "k"})
        await until(lambda: found.updated > before)


async def by_api(there: RoomScene, session: Json, _: Viewer) -> None:
    await there.stop(session, "IDLE_TIMEOUT")


async def by_message(_: RoomScene, _session: Json, viewer: Viewer) -> None:
    await viewer.say({"event_type": "session.stop"})


@pytest.mark.parametrize(
    ("stop", "reason"), [(by_api, "IDLE_TIMEOUT"), (by_message, "USER_CLOSED")]
)
async def test_the_end_is_told_before_the_room_closes(
    there: RoomScene, stop: Callable[..., Awaitable[None]], reason: str
) -> None:
    async with talking(there) as (session, viewer):
        await stop(there, session, viewer)
        await viewer.message("leave")
        assert events(viewer)[-2:] == ["session.state_updated", "session.stopped"]
        assert viewer.data[-1][2]["stop_reason"] == reason


async def test_a_hosted_agent_answers(there: RoomScene) -> None:
    config = {"secret_id": "00000000-0000-4000-8000-000000000001"}
    session = await there.start_session(elevenlabs_agent_config=config)
    command = {"event_type": "elevenlabs_agent_command", "event_id": "e1"}
    async with watching(session) as viewer:
        await viewer.until(lambda: "session.state_updated" in events(viewer))
        for kind in ("user_activity", "user_message"):
            await viewer.say({**command, "elevenlabs_event_type": kind, "data": {"text": "hi"}})
        await viewer.until(lambda: "avatar.speak_started" in events(viewer))
        [answer] = [v for _, _, v in viewer.data if v["event_type"] == "elevenlabs_agent_event"]
        assert answer["data"]["agent_response_event"]["agent_response"] == "You said: hi"


async def test_messages_that_make_no_sense_are_noted(there: RoomScene) -> None:
    async with talking(there) as (_, viewer):
        await viewer.say({"event_type": "avatar.fly"})
        await viewer.say(["no", "object"])
        await viewer.say({"event_type": "avatar.interrupt"}, topic="elsewhere")
        await viewer.say({"event_type": "avatar.speak_text", "text": 5})
        await until(lambda: len(there.kinds("message")) == 3)
        assert all(each["error"] for each in there.kinds("message"))


async def test_the_journal_names_viewers_and_no_token(there: RoomScene) -> None:
    async with talking(there) as (session, viewer):
        await viewer.leave()
    await until(lambda: len(there.kinds("viewers")) == 2)
    assert [each["identities"] for each in there.kinds("viewers")] == [
        [f"client-{session['session_id']}"],
        [],
    ]
    assert session["livekit_client_token"] not in str(there.account.journal.entries(None))
