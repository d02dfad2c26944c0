"""LiveKit's own client, unmodified, in a real browser: the avatar is seen and heard."""

import asyncio
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from infra.local.simulators.liveavatar.media.rooms import speak_english
from tests.browser.conftest import PATIENCE
from tests.browser.room.conftest import Json, Studio

PATHS = pytest.mark.parametrize("single", [True, False], ids=["rtc_v1", "rtc"])
METER = "viewers.at(-1).meter"
TEXT = "Hello! It is very nice to meet you. What would you like to talk about today?"


async def seen(studio: Studio, since: float = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the frames (media time, dark pixels of the lips) and the sound (time, level)."""
    found: Json = await studio.read(f"({{frames: {METER}.frames, sound: {METER}.sound}})")
    frames = [(each["at"], each["dark"]) for each in found["frames"]]
    sound = [(each["at"], each["level"]) for each in found["sound"] if each["at"] >= since]
    return np.array(frames), np.array(sound)


async def stats(studio: Studio) -> Json:
    found: Json = await studio.read("viewers.at(-1).stats()")
    return found


@PATHS
@pytest.mark.parametrize("encoding", ["VP8", "H264"])
async def test_the_avatar_speaks_and_its_lips_move(
    studio: Studio, encoding: str, single: bool
) -> None:
    session = await studio.start_session(video_settings={"encoding": encoding})
    facts = await studio.join(
        session["livekit_url"], session["livekit_client_token"], singlePeerConnection=single
    )
    assert facts["single"] is single
    await studio.until(f"{METER}.frames.length > 20 && {METER}.sound.length > 20")
    assert sorted(facts["tracks"]) == [["audio", "heygen"], ["video", "heygen"]]
    before = await stats(studio)
    assert before["video"]["codec"] == f"video/{encoding}"
    assert (before["video"]["width"], before["video"]["height"]) == (480, 360)
    rest, silence = await seen(studio)
    assert silence[:, 1].max() < 0.002
    asked = float(await studio.read(f"{METER}.context.currentTime"))
    say(studio, session, TEXT)
    await studio.until(f"{METER}.sound.slice(-40).some((each) => each.level > 0.05)")
    await studio.until(f"{METER}.sound.slice(-100).every((each) => each.level < 0.002)")
    frames, sound = await seen(studio, asked)
    after = await stats(studio)
    assert after["audio"]["energy"] > before["audio"]["energy"] + 0.05
    spoken = frames[len(rest) :, 1]
    closed = np.median(rest[:, 1])
    assert spoken.max() > closed + 100
    assert len(np.unique(spoken)) > 4
    assert abs(np.median(frames[-10:, 1]) - closed) < 40
    assert (sound[:, 1] > 0.02).mean() > 0.1
    await assert_rate(studio)


def say(studio: Studio, session: Json, text: str) -> None:
    """Let the avatar of a session say a text with the voice of the stack."""
    account = studio.stack.simulators.liveavatar
    found = account.sessions[session["session_id"]]
    playback, pcm = found.playback, speak_english(text)
    events = playback.append(account.now, "u", pcm)[1] + playback.finish(account.now, "u")
    account.publish(found, events)


async def assert_rate(studio: Studio) -> None:
    """Check by the video's clock (90 kHz) that frames are 40 ms apart. A busy machine skips some."""
    stamps = await studio.read(f"{METER}.frames.map((each) => each.stamp)")
    steps = np.array([(later - earlier) % 2**32 for earlier, later in pairwise(stamps)])
    assert set(np.unique(steps % 3600)) == {0}
    assert steps.min() == 3600


async def test_an_interruption_is_silent_on_the_audio_s_clock(studio: Studio) -> None:
    session = await studio.start_avatar()
    await studio.join(session["livekit_url"], session["livekit_token"])
    await studio.until(f"{METER}.sound.length > 20")
    speaking = asyncio.create_task(studio.speak(session, 4 * TEXT))
    await studio.until(f"{METER}.sound.filter((each) => each.level > 0.05).length > 60")
    await interrupt(studio, session)
    asked = float(await studio.read(f"{METER}.context.currentTime"))
    await studio.until(f"{METER}.context.currentTime > {asked + 4}")
    await speaking
    _, sound = await seen(studio, asked)
    loud = sound[sound[:, 1] > 0.005, 0]
    silent_after = 0.0 if not len(loud) else float(loud.max() - asked)
    assert silent_after < 3.0  # the jitter buffer of a busy machine; the text takes 20 s
    [journal] = (await studio.ada.get("/simulators/liveavatar/journal")).json()["sessions"]
    assert journal["utterances"][-1]["interrupted"]


def stage_of(studio: Studio, session: Json) -> Any:
    """Return the open room of a session."""
    return studio.stack.simulators.rooms.stage(session["avatar_session_id"])


async def interrupt(studio: Studio, session: Json) -> None:
    body = {"avatar_session_id": session["avatar_session_id"], "interrupt": True}
    answer = await studio.ada.post("/speak", json=body)
    assert answer.status_code == 200, answer.text


@PATHS
async def test_a_lost_signalling_connection_loses_nothing(studio: Studio, single: bool) -> None:
    session = await studio.start_avatar()
    await studio.join(session["livekit_url"], session["livekit_token"], singlePeerConnection=single)
    await studio.until(f"{METER}.frames.length > 10")
    room = stage_of(studio, session).room
    [client] = room.clients.values()
    before = await stats(studio)
    assert client.outbox is not None
    client.outbox.put_nowait(None)
    await studio.until("viewers[0].facts.events.some(([name]) => name === 'Reconnected')")
    decoded = (await stats(studio))["video"]["decoded"]
    await studio.until(f"{METER}.frames.length > {len((await seen(studio))[0]) + 25}")
    after = await stats(studio)
    assert after["video"]["decoded"] > decoded > before["video"]["decoded"]
    names = [name for name, _ in await studio.read("viewers[0].facts.events")]
    assert "TrackUnsubscribed" not in names
    assert room.clients == {client.grant.identity: client}


async def test_a_reload_joins_again(studio: Studio) -> None:
    session = await studio.start_avatar()
    for _ in range(2):
        await studio.join(session["livekit_url"], session["livekit_token"])
        await studio.until(f"{METER}.frames.length > 10")
        await studio.page.reload()
        await studio.until("window.ready")
    await studio.join(session["livekit_url"], session["livekit_token"])
    await studio.until(f"{METER}.frames.length > 10")
    assert len(stage_of(studio, session).room.clients) == 1


async def test_the_same_identity_twice_keeps_the_newer(studio: Studio) -> None:
    session = await studio.start_avatar()
    for _ in range(2):
        await studio.join(session["livekit_url"], session["livekit_token"])
    await studio.until("viewers[0].facts.events.some(([name]) => name === 'Disconnected')")
    events = await studio.read("viewers[0].facts.events")
    assert ["Disconnected", "DUPLICATE_IDENTITY"] in events
    await studio.until(f"{METER}.frames.length > 10")


async def test_two_viewers_watch_one_session(studio: Studio) -> None:
    session = await studio.start_session()
    tokens = (session["livekit_client_token"], session["livekit_agent_token"])
    for token in tokens:
        await studio.join(session["livekit_url"], token)
    await studio.until("viewers.every((viewer) => viewer.meter.frames.length > 20)")
    say(studio, session, "Hello to both of you.")
    await studio.until(
        "viewers.every(({ meter }) => meter.sound.some(({ level }) => level > 0.05))"
    )
    assert "ParticipantConnected" in str(await studio.read("viewers[0].facts.events"))


async def test_the_room_ends_with_the_session(studio: Studio) -> None:
    session = await studio.start_avatar()
    await studio.join(session["livekit_url"], session["livekit_token"])
    body = {"avatar_session_id": session["avatar_session_id"]}
    await studio.ada.post("/end_session", json=body)
    await studio.until("viewers[0].room.state === 'disconnected'")
    assert ["Disconnected", "ROOM_DELETED"] in await studio.read("viewers[0].facts.events")
    assert studio.stack.simulators.rooms.stage(session["avatar_session_id"]) is None


async def test_a_false_token_is_refused_with_its_reason(studio: Studio) -> None:
    session = await studio.start_avatar()
    with pytest.raises(Exception, match="invalid token"):
        await studio.join(session["livekit_url"], session["livekit_token"] + "x")


async def test_a_hidden_video_is_not_drawn(studio: Studio) -> None:
    session = await studio.start_avatar()
    await studio.join(session["livekit_url"], session["livekit_token"], adaptiveStream=True)
    await studio.until(f"{METER}.frames.length > 10")
    await studio.read("viewers[0].video.style.display = 'none'")
    [client] = stage_of(studio, session).room.clients.values()
    track = next(each for each in client.peers.tracks.values() if each.kind == "video")
    async with asyncio.timeout(PATIENCE / 1000):
        while not track.is_paused:  # noqa: ASYNC110 - the track has no event for it
            await asyncio.sleep(0.05)
    await studio.read("viewers[0].video.style.display = ''")
    before = (await stats(studio))["video"]["decoded"]
    await studio.until(f"{METER}.frames.length > {len((await seen(studio))[0]) + 5}")
    assert (await stats(studio))["video"]["decoded"] > before
