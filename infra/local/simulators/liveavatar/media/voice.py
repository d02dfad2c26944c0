"""The avatar's voice by the session's clock: what was played, sample by sample."""

from collections import deque
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from infra.local.simulators.liveavatar.account import LiveAvatarAccount
from infra.local.simulators.liveavatar.playback import SAMPLE_RATE, PlayedSpan
from infra.local.simulators.liveavatar.session import LiveAvatarSession

Samples = np.ndarray[tuple[int], np.dtype[np.int16]]
KEPT_SECONDS = 3.0
NEAR_SAMPLES = 2
"""Spans that are so near to each other are one: their moments are rounded to samples."""


@dataclass(frozen=True)
class TapePiece:
    """Samples in their place: `start` counts samples since the beginning of the tape."""

    start: int
    samples: Samples

    @property
    def end(self) -> int:
        """Return the place after the last sample."""
        return self.start + len(self.samples)


class VoiceTape:
    """The last seconds of what was played. Silence is everything that was not.

    `origin` is the moment of sample 0, on the clock of the spans.
    """

    def __init__(self, origin: float) -> None:
        self._origin = origin
        self._pieces: deque[TapePiece] = deque()
        self._anchor: tuple[int, int] | None = None

    def place(self, at: float) -> int:
        """Return the sample of a moment."""
        return round((at - self._origin) * SAMPLE_RATE)

    def add(self, span: PlayedSpan) -> None:
        """Put a span in its place. A span whose audio was forgotten is silent."""
        first, last = round(span.first * SAMPLE_RATE), round(span.last * SAMPLE_RATE)
        start = self._start(span, first)
        if span.utterance.audio is None:
            return
        raw = bytes(memoryview(span.utterance.audio)[2 * first : 2 * last])
        self._pieces.append(TapePiece(start, np.frombuffer(raw, "<i2")))
        while self._pieces[0].end < start - KEPT_SECONDS * SAMPLE_RATE:
            self._pieces.popleft()

    def read(self, start: int, count: int) -> Samples:
        """Return `count` samples from `start` on."""
        heard = np.zeros(count, np.int16)
        # The newest pieces come last, and a track reads the newest samples 75 times a second.
        newest = takewhile(lambda piece: piece.end > start - NEAR_SAMPLES, reversed(self._pieces))
        for piece in reversed(list(newest)):
            first, last = max(start, piece.start), min(start + count, piece.end)
            if first < last:
                heard[first - start : last - start] = piece.samples[
                    first - piece.start : last - piece.start
                ]
        return heard

    def _start(self, span: PlayedSpan, first: int) -> int:
        """Return the place of a span. A continued utterance has no gap and no overlap."""
        beginning = self.place(span.at) - first
        if self._anchor is not None:
            number, anchored = self._anchor
            if number == span.utterance.number and abs(anchored - beginning) <= NEAR_SAMPLES:
                return anchored + first
        self._anchor = (span.utterance.number, beginning)
        return beginning + first


class SessionVoice:
    """The voice of a session while it has viewers. `close` ends the recording."""

    def __init__(self, account: LiveAvatarAccount, session: LiveAvatarSession) -> None:
        self._account = account
        self._session = session
        account.settle_one(session)
        self._tape = VoiceTape(account.now)
        session.playback.on_played = self._tape.add

    def close(self) -> None:
        """Record no more."""
        self._session.playback.on_played = None

    def now(self) -> int:
        """Return the sample of this moment."""
        return self._tape.place(self._account.now)

    def read(self, start: int, count: int) -> Samples:
        """Return samples up to this moment. What would be played later is silent."""
        self._account.settle_one(self._session)
        return self._tape.read(start, count)

    async def reach(self, sample: int) -> None:
        """Wait until the moment of a sample. Returns at once if it is past."""
        seconds = (sample - self.now()) / SAMPLE_RATE
        if seconds > 0:
            await self._account.clock.sleep(seconds)
