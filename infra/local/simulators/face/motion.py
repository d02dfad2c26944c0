"""The face's motion in time: it breathes, blinks, and moves from one posture to another."""

import math
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from infra.local.simulators.face.pose import BLEND_STEPS, LID_STEPS, LOOP_STEPS, FacePose, Lips

Posture = Literal["idle", "listening", "thinking", "talking"]
BREATH_SECONDS = 5.2
BLEND_SECONDS = 0.48
BLINK = ((0.04, LID_STEPS - 1), (0.12, LID_STEPS), (0.16, 1))
"""A blink: until when the lids are how far closed."""
PAUSES: dict[Posture, tuple[float, float]] = {
    "idle": (2.5, 7.0),
    "listening": (5.0, 9.0),
    "thinking": (2.0, 5.0),
    "talking": (2.0, 6.0),
}
"""Least and most seconds between two blinks."""


@dataclass
class FaceMotion:
    """The face of one viewer. Calls of `at` come in the order of time, at any rate.

    `random` chooses the pauses between blinks.
    """

    random: Random
    _at: float | None = None
    _posture: Posture = "idle"
    _weights: dict[Posture, float] = field(default_factory=dict)
    _blink: float = 0.0

    def at(self, seconds: float, posture: Posture, lips: Lips) -> FacePose:
        """Return the pose at a moment, in seconds from any origin."""
        self._move(seconds, posture)
        return FacePose(
            breath=int(seconds / BREATH_SECONDS * LOOP_STEPS) % LOOP_STEPS,
            listening=self._steps("listening"),
            thinking=self._steps("thinking"),
            talking=self._steps("talking"),
            lids=self._lids(seconds),
            lips=lips,
        )

    def _move(self, seconds: float, posture: Posture) -> None:
        if self._at is None:
            self._weights[posture] = 1.0
            self._blink = self._next_blink(seconds, posture)
        elif self._posture == "talking" != posture:
            self._blink = min(self._blink, seconds)  # at the end of a sentence
        step = 0.0 if self._at is None else (seconds - self._at) / BLEND_SECONDS
        for each in PAUSES:
            aim = float(each == posture)
            weight = self._weights.get(each, 0.0)
            self._weights[each] = weight + math.copysign(min(step, abs(aim - weight)), aim - weight)
        self._at, self._posture = seconds, posture

    def _steps(self, posture: Posture) -> int:
        weight = self._weights.get(posture, 0.0)
        return round(BLEND_STEPS * weight * weight * (3 - 2 * weight))

    def _lids(self, seconds: float) -> int:
        since = seconds - self._blink
        if since < 0:
            return 0
        for until, lids in BLINK:
            if since < until:
                return lids
        self._blink = self._next_blink(seconds, self._posture)
        return 0

    def _next_blink(self, seconds: float, posture: Posture) -> float:
        return seconds + self.random.uniform(*PAUSES[posture])
