"""The avatar's audio and video for one viewer, on the session's clock."""

import asyncio
import fractions
from collections.abc import Callable

import av
from aiortc.mediastreams import MediaStreamError

from infra.local.simulators.face import FaceMotion, FacePose, FaceSheet, LipReader, Posture
from infra.local.simulators.face.lips import WINDOW
from infra.local.simulators.face.planes import Pixels
from infra.local.simulators.liveavatar.media.voice import SessionVoice
from infra.local.simulators.liveavatar.playback import SAMPLE_RATE
from infra.local.simulators.livekit.hosted import PausableTrack

BLOCK = SAMPLE_RATE // 50
"""Samples of an audio frame: 20 ms."""
FRAMES_PER_SECOND = 25
FRAME = SAMPLE_RATE // FRAMES_PER_SECOND
"""Samples of a video frame: 40 ms."""
LATE = SAMPLE_RATE // 2
"""A track that is half a second late leaves out what it missed. Below that, it catches up."""
TIME_BASE = fractions.Fraction(1, SAMPLE_RATE)


class SessionTrack(PausableTrack):
    """A track whose frames have a place on the session's clock: each counts `step` samples."""

    step: int

    def __init__(self, voice: SessionVoice) -> None:
        super().__init__()
        self._voice = voice
        self._first = self._next = voice.now()
        self._on = asyncio.Event()
        self._on.set()

    @property
    def is_paused(self) -> bool:
        """Return True while the viewer has the track switched off."""
        return not self._on.is_set()

    def pause(self, *, paused: bool) -> None:
        """Stop making frames, or go on."""
        if paused:
            self._on.clear()
        else:
            self._on.set()

    def stop(self) -> None:
        """End the track, also while it is paused."""
        super().stop()
        self._on.set()

    async def _tick(self) -> int:
        """Wait for the end of the next frame, and return its first sample."""
        await self._on.wait()
        if self.readyState != "live":
            raise MediaStreamError
        late = self._voice.now() - self._next - self.step
        if late > LATE:
            self._next += late // self.step * self.step
        start, self._next = self._next, self._next + self.step
        await self._voice.reach(self._next)
        return start

    def _stamp(self, frame: av.AudioFrame | av.VideoFrame, start: int) -> None:
        frame.pts, frame.time_base = start - self._first, TIME_BASE


class VoiceTrack(SessionTrack):
    """The avatar's speech, in frames of 20 ms. A frame is made when its time is over.

    So an interruption is silent from its own sample on.
    """

    kind = "audio"
    step = BLOCK

    async def recv(self) -> av.AudioFrame:
        """Return the next frame: 24 kHz, mono."""
        start = await self._tick()
        heard = self._voice.read(start, BLOCK)
        frame = av.AudioFrame.from_ndarray(heard.reshape(1, -1), "s16", "mono")
        frame.sample_rate = SAMPLE_RATE
        self._stamp(frame, start)
        return frame


class FaceTrack(SessionTrack):
    """The avatar's face, 25 frames a second. Its lips follow the voice of the same moment."""

    kind = "video"
    step = FRAME

    def __init__(
        self,
        voice: SessionVoice,
        sheet: FaceSheet,
        motion: FaceMotion,
        posture: Callable[[], Posture],
    ) -> None:
        super().__init__(voice)
        self._sheet = sheet
        self._motion = motion
        self._posture = posture
        self._lips = LipReader(SAMPLE_RATE)

    async def recv(self) -> av.VideoFrame:
        """Return the next frame."""
        start = await self._tick()
        heard = self._voice.read(start + FRAME - WINDOW, WINDOW)
        lips = self._lips.read(heard)
        pose = self._motion.at(start / SAMPLE_RATE, self._posture(), lips)
        frame = av.VideoFrame.from_ndarray(await self._draw(pose), "yuv420p")
        self._stamp(frame, start)
        return frame

    async def _draw(self, pose: FacePose) -> Pixels:
        if self._sheet.knows(pose):
            return self._sheet.frame(pose).pack()
        planes = await asyncio.to_thread(self._sheet.frame, pose)
        return planes.pack()
