"""The provider's own web SDK, unmodified, in a real browser: LITE and FULL."""

import anyio
import pytest

from tests.browser.conftest import PATIENCE
from tests.browser.room.conftest import Json, Studio

FACTS = "sdk.facts.events"
PUSH = {"mode": "PUSH_TO_TALK", "defaultMuted": True}


async def start(studio: Studio, mode: str, **options: object) -> Json:
    """Order a session, and let the SDK start it."""
    ordered = await studio.order(mode=mode, video_settings={"encoding": "VP8"})
    await studio.page.evaluate(
        "([token, options]) => startSession(token, options)",
        [ordered["session_token"], {"apiUrl": studio.provider, **options}],
    )
    await studio.until(f"{FACTS}.some(([name]) => name === 'session.stream_ready')")
    return ordered


async def until(studio: Studio, *names: str) -> None:
    """Wait until the SDK has emitted events of these names."""
    for name in names:
        await studio.until(f"{FACTS}.some(([name]) => name === '{name}')")


async def until_heard(studio: Studio, ordered: Json) -> None:
    """Wait until the provider has sent `connected`: it drops what comes before that."""
    account = studio.stack.simulators.liveavatar
    session = account.sessions[ordered["session_id"]]
    with anyio.fail_after(PATIENCE / 1000):
        while not session.hears(account.now):  # noqa: ASYNC110 - the session has no event for it
            await anyio.sleep(0.05)


async def names(studio: Studio) -> list[str]:
    return [name for name, _ in await studio.read(FACTS)]


async def test_lite_plays_audio_and_is_interrupted(studio: Studio) -> None:
    ordered = await start(studio, "LITE")
    await studio.read("sdk.session.startListening()")
    await studio.read("sdk.session.stopListening()")
    assert await studio.read("sdk.session.mode ?? sdk.session._mode") == "LITE"
    await studio.until("sdk.meter.sound.length > 10")
    await until_heard(studio, ordered)
    await studio.read(
        """() => {
          const tone = (_, i) => 12000 * Math.sin(i * 2 * Math.PI * 440 / 24000);
          const pcm = new Int16Array(24000 * 4).map(tone);
          let text = '';
          for (const byte of new Uint8Array(pcm.buffer)) text += String.fromCharCode(byte);
          sdk.session.repeatAudio(btoa(text));
        }"""
    )
    await until(studio, "avatar.speak_started")
    await studio.until("sdk.meter.sound.some(({ level }) => level > 0.1)")
    await studio.read("sdk.session.interrupt()")
    await studio.until("sdk.meter.sound.slice(-40).every(({ level }) => level < 0.002)")
    await studio.until("sdk.meter.frames.length > 20")
    await studio.read("sdk.session.keepAlive()")
    await studio.read("sdk.session.stop()")
    await until(studio, "session.disconnected")


async def test_full_speaks_answers_and_stops(studio: Studio) -> None:
    ordered = await start(studio, "FULL")
    await studio.read("sdk.session.repeat('Hello from the test.')")
    await until(studio, "avatar.speak_started", "avatar.transcription", "avatar.speak_ended")
    assert ["avatar.transcription", "Hello from the test."] in await studio.read(FACTS)
    await studio.read("sdk.session.message('How are you?')")
    await studio.until(f"{FACTS}.some(([, text]) => text === 'You said: How are you?')")
    await studio.until("sdk.meter.sound.slice(-60).some(({ level }) => level > 0.03)")
    await studio.read("sdk.session.interrupt()")
    await studio.until("sdk.meter.sound.slice(-40).every(({ level }) => level < 0.002)")
    account = studio.stack.simulators.liveavatar
    account.stop(account.sessions[ordered["session_id"]], "IDLE_TIMEOUT")
    await until(studio, "session.stopped", "session.disconnected")
    events = await studio.read(FACTS)
    assert ["session.stopped", "IDLE_TIMEOUT"] in events
    assert ["session.disconnected", "SERVER_INITIATED"] in events


async def test_full_hears_the_microphone(studio: Studio) -> None:
    await start(studio, "FULL", voiceChat=True)  # the microphone speaks
    await until(studio, "user.speak_started", "user.speak_ended")
    await until(studio, "avatar.speak_started")


async def test_push_to_talk_is_acknowledged(studio: Studio) -> None:
    await start(studio, "FULL", voiceChat=PUSH)
    await studio.read("sdk.session.voiceChat.startPushToTalk()")
    await until(studio, "user.speak_started")
    await studio.read("sdk.session.voiceChat.stopPushToTalk()")
    await until(studio, "user.speak_ended")


@pytest.mark.parametrize("seconds", [3.0])
async def test_full_waits_for_an_agent_that_joins_late(studio: Studio, seconds: float) -> None:
    account = studio.stack.simulators.liveavatar
    object.__setattr__(account.settings, "agent_join_seconds", seconds)
    await start(studio, "FULL")
    states = [value for name, value in await studio.read(FACTS) if name == "session.state_changed"]
    assert states[-1] == "CONNECTED"
    assert (await names(studio)).index("session.stream_ready") < len(states) + 1
