"""The avatar's voice: what is played, sample by sample, on a clock that the test owns."""

import numpy as np
import pytest

from infra.local.simulators.liveavatar import LiveAvatarAccount, ManualClock
from infra.local.simulators.liveavatar.media.voice import SessionVoice
from infra.local.simulators.liveavatar.session import LiveAvatarSession, SessionPlan
from tests.local.liveavatar.client import AVATAR

RATE = 24_000
BLOCK = RATE // 50


class VoiceScene:
    """A running session whose voice is read, block by block, as its viewers read it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.account = LiveAvatarAccount(clock=self.clock)
        self.session: LiveAvatarSession = self.account.create(SessionPlan("LITE", AVATAR))
        self.account.start(self.session)
        self.voice = SessionVoice(self.account, self.session)
        self.events: list[tuple[float, str]] = []
        self.account.subscribe(
            self.session, lambda event, _: self.events.append((event.at, event.kind))
        )

    def append(self, pcm: np.ndarray, source: str = "u1") -> None:
        playback, now = self.session.playback, self.clock.monotonic()
        self.account.publish(
            self.session, playback.append(now, source, pcm.astype("<i2").tobytes())[1]
        )

    def finish(self) -> None:
        playback, now = self.session.playback, self.clock.monotonic()
        self.account.publish(self.session, playback.finish(now, None))

    def interrupt(self) -> None:
        playback, now = self.session.playback, self.clock.monotonic()
        self.account.publish(self.session, playback.interrupt(now, None))

    async def listen(self, blocks: int, first: int = 0) -> np.ndarray:
        """Return what is heard in consecutive blocks, each read when its time is over."""
        heard = []
        for block in range(first, first + blocks):
            await self.clock.advance(BLOCK / RATE)
            heard.append(self.voice.read(block * BLOCK, BLOCK))
        return np.concatenate(heard)

    def moments(self, *kinds: str) -> list[float]:
        return [round(at, 6) for at, kind in self.events if kind in kinds]


@pytest.fixture
def scene() -> VoiceScene:
    return VoiceScene()


def speech(seconds: float, seed: int = 1) -> np.ndarray:
    """Return noise without a single silent sample."""
    samples = np.random.default_rng(seed).integers(1_000, 30_000, round(seconds * RATE))
    return samples.astype(np.int16)


async def test_an_utterance_is_heard_as_it_was_sent(scene: VoiceScene) -> None:
    said = speech(1.0)
    await scene.listen(3)
    for piece in np.split(said, 4):
        scene.append(piece)
    scene.finish()
    heard = await scene.listen(60, first=3)
    assert np.array_equal(heard[: len(said)], said)
    assert not heard[len(said) :].any()
    assert scene.moments("started") == [0.06]
    assert scene.moments("ended") == [1.06]


async def test_an_interruption_is_silent_from_its_sample_on(scene: VoiceScene) -> None:
    scene.append(speech(2.0))
    await scene.listen(20)
    await scene.clock.advance(0.007)
    scene.interrupt()
    await scene.clock.advance(0.013)
    heard = scene.voice.read(20 * BLOCK, BLOCK)
    cut = round(0.007 * RATE)
    assert heard[:cut].all()
    assert not heard[cut:].any()
    assert not (await scene.listen(20, first=21)).any()
    assert scene.moments("interrupted") == [0.407]


async def test_speech_goes_on_after_audio_that_came_late(scene: VoiceScene) -> None:
    first, second = speech(0.3, 1), speech(0.3, 2)
    scene.append(first)
    before = await scene.listen(25)  # half a second: the audio runs out after 0.3 s
    scene.append(second)
    scene.finish()
    after = await scene.listen(25, first=25)
    assert np.array_equal(before[: len(first)], first)
    assert not before[len(first) :].any()
    assert np.array_equal(after[: len(second)], second)
    assert scene.moments("ended") == [0.8]


async def test_consecutive_utterances_have_no_gap_of_more_than_two_samples(
    scene: VoiceScene,
) -> None:
    odd = 0.1 + 1 / RATE / 3  # not a whole number of blocks
    for number in range(5):
        scene.append(speech(odd, number), f"u{number}")
        scene.finish()
    heard = await scene.listen(25)
    said = np.flatnonzero(heard)
    assert np.diff(said).max() <= 3
    assert len(scene.moments("ended")) == 5


async def test_a_closed_voice_records_nothing(scene: VoiceScene) -> None:
    scene.voice.close()
    scene.append(speech(0.2))
    assert scene.session.playback.on_played is None
    assert not (await scene.listen(20)).any()


async def test_audio_that_the_journal_forgot_is_silent(scene: VoiceScene) -> None:
    scene.append(speech(1.0))
    scene.session.playback.utterances[0].audio = None
    assert not (await scene.listen(5)).any()


async def test_only_the_last_seconds_are_kept(scene: VoiceScene) -> None:
    scene.append(speech(9.0))
    await scene.listen(400)
    assert not scene.voice.read(0, BLOCK).any()
    assert scene.voice.read(390 * BLOCK, BLOCK).all()
