"""One look of the face, in steps that are fine enough for the eye and few enough for a cache."""

from dataclasses import dataclass
from typing import NamedTuple

LOOP_STEPS = 48
"""Steps of one breath."""
BLEND_STEPS = 8
"""Steps from one posture to another."""
LID_STEPS = 3
"""Steps from open eyes (0) to closed ones."""
OPEN_STEPS = 6
"""Steps from closed lips (0) to wide open ones."""


class Lips(NamedTuple):
    """A shape of the lips: `opening` 0 to `OPEN_STEPS`, `spread` -1 (round), 0 or 1 (wide)."""

    opening: int = 0
    spread: int = 0


CLOSED = Lips()


@dataclass(frozen=True)
class FacePose:
    """One look. The weights of the postures count from 0 to `BLEND_STEPS`; the rest is idle.

    `breath` is the step in the loop of one breath, `lids` how far the eyes are closed.
    """

    breath: int = 0
    listening: int = 0
    thinking: int = 0
    talking: int = 0
    lids: int = 0
    lips: Lips = CLOSED

    @property
    def stance(self) -> tuple[int, int, int, int]:
        """Return the part of the pose that moves the head. Without speech a breath is symmetric."""
        breath = self.breath if self.talking else min(self.breath, LOOP_STEPS - self.breath)
        return (breath, self.listening, self.thinking, self.talking)
