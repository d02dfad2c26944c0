"""The posture of the drawn face. The provider has no thinking pose; ours thinks between two poses."""

from dataclasses import dataclass

from infra.local.simulators.face import Posture
from infra.local.simulators.liveavatar.playback import Pose

THINKING_SECONDS = 10.0
"""The longest time for which the face thinks without an answer."""


@dataclass
class PostureTracker:
    """Thinks from the end of listening, or from `think`, until it speaks or listens again."""

    _thinks_until: float = 0.0

    def change(self, at: float, before: Pose, pose: Pose) -> None:
        """Note that the avatar's pose changed."""
        self._thinks_until = 0.0
        if (before, pose) == ("listening", "idle"):
            self.think(at)

    def think(self, at: float) -> None:
        """Think from a moment on."""
        self._thinks_until = at + THINKING_SECONDS

    def at(self, now: float, pose: Pose) -> Posture:
        """Return the posture at a moment."""
        return "thinking" if pose == "idle" and now < self._thinks_until else pose
