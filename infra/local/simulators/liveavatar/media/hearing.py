"""When a user speaks, by the loudness of the microphone."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

LOUD_DB, QUIET_SECONDS, LEAST_SECONDS = -38.0, 0.6, 0.12
"""Loudness of speech (RMS, relative to full scale); the pause that ends it; the shortest speech."""


@dataclass
class SpeechDetector:
    """Follows one microphone. `seconds` is the length of the speech, until the next one begins."""

    seconds: float = 0.0
    _speaking: bool = False
    _quiet: float = 0.0
    _loud: float = 0.0

    def hear(
        self, samples: np.ndarray[Any, Any] | None, seconds: float
    ) -> Literal["started", "ended"] | None:
        """Take the next frame, of so many seconds. `samples` None: the microphone is off."""
        loud = samples is not None and _loudness(samples) > LOUD_DB
        if not self._speaking:
            self._loud = self._loud + seconds if loud else 0.0
            if self._loud < LEAST_SECONDS:
                return None
            self._speaking, self._quiet, self.seconds, self._loud = True, 0.0, self._loud, 0.0
            return "started"
        self._quiet = 0.0 if loud else self._quiet + seconds
        self.seconds += seconds
        if self._quiet < QUIET_SECONDS and samples is not None:
            return None
        self._speaking = False
        return "ended"


def _loudness(samples: np.ndarray[Any, Any]) -> float:
    level = np.sqrt(np.mean((samples.astype(np.float64) / 32768) ** 2))
    return float(20 * np.log10(level + 1e-9))
