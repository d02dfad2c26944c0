"""Lips that follow speech: how loud it is opens them, its formants make them wide or round."""

from dataclasses import dataclass

import numpy as np

from infra.local.simulators.face.pose import CLOSED, OPEN_STEPS, Lips

WINDOW = 1024
"""Samples of one look at the speech: 43 ms at 24 kHz."""
QUIET_DB, LOUD_DB = -42.0, -14.0
"""Loudness (RMS, relative to full scale) at which lips open, and at which they are wide open."""
HELD_FRAMES = 2
"""Frames for which a shape stays: at 25 frames a second lips move at most 12.5 times a second."""
FRONT_SHARE, FRONT_JAW = 0.12, 0.8
"""Least power from 1,500 to 3,400 Hz, as a share of that below, and widest jaw, of wide lips (ee)."""
ROUND_SHARE, ROUND_JAW = 0.015, 0.6
"""Most power in that band, and widest jaw, of round lips (oo)."""

Samples = np.ndarray[tuple[int], np.dtype[np.int16]]


@dataclass
class LipReader:
    """Reads the lips of consecutive frames. `rate` is in Hz."""

    rate: int = 24_000
    _lips: Lips = CLOSED
    _held: int = HELD_FRAMES

    def read(self, samples: Samples) -> Lips:
        """Return the lips of a frame, from the last samples of speech before its moment."""
        wanted = shape(samples[-WINDOW:], self.rate)
        silent = wanted == CLOSED and self._lips.opening <= 1
        if wanted == self._lips or (self._held < HELD_FRAMES and not silent):
            self._held += 1
            return self._lips
        opening = max(wanted.opening, self._lips.opening - 3)  # lips close less fast than they open
        self._lips = Lips(opening, wanted.spread if wanted.opening else self._lips.spread)
        if not opening:
            self._lips = CLOSED
        self._held = 1
        return self._lips


def shape(samples: Samples, rate: int) -> Lips:
    """Return the lips of some samples, by themselves."""
    if not len(samples):
        return CLOSED
    heard = samples.astype(np.float64) / 32768
    loudness = 20 * np.log10(np.sqrt(np.mean(heard * heard)) + 1e-9)
    if loudness <= QUIET_DB:
        return CLOSED
    share = min(1.0, (loudness - QUIET_DB) / (LOUD_DB - QUIET_DB))
    power = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), WINDOW)) ** 2
    hertz = np.fft.rfftfreq(WINDOW, 1 / rate)

    def band(low: float, high: float) -> float:
        return float(np.sum(power[(hertz >= low) & (hertz < high)])) + 1e-12

    low, middle, front = band(150, 600), band(600, 1500), band(1500, 3400)
    hiss = band(4000, rate / 2)
    if hiss > low + middle + front:
        return Lips(1, 1)
    jaw = min(1.0, (middle / (low + middle)) / 0.35)  # a high first formant: an open jaw
    opening = max(1, round(OPEN_STEPS * share * (0.45 + 0.55 * jaw)))
    if front > FRONT_SHARE * (low + middle) and jaw < FRONT_JAW:
        return Lips(opening, 1)
    return Lips(opening, -1 if front < ROUND_SHARE * (low + middle) and jaw < ROUND_JAW else 0)
