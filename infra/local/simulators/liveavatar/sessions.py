"""One session of the provider, as pure state: every call says at which moment it happens."""

import math
from dataclasses import dataclass, field
from typing import Literal

from infra.local.simulators.liveavatar.playback import INSTANT, Event, Playback

Mode = Literal["LITE", "FULL"]
State = Literal["created", "running", "ended"]
EndReason = Literal[
    "UNKNOWN",
    "USER_DISCONNECTED",
    "SERVER_ERROR",
    "IDLE_TIMEOUT",
    "NO_CREDITS",
    "USER_CLOSED",
    "AVATAR_DELETED",
    "MAX_DURATION_REACHED",
    "ZOMBIE_SESSION_REAP",
    "AGENT_HANG_UP",
]

CREDITS_PER_MINUTE: dict[Mode, int] = {"LITE": 1, "FULL": 2}


@dataclass
class Session:
    """Moments are monotonic seconds. What falls due between two calls is dated when it was due."""

    id: str
    mode: Mode
    avatar_id: str
    sandbox: bool
    max_seconds: float
    idle_seconds: float
    created: float
    updated: float
    started: float | None = None
    ended: float | None = None
    end_reason: EndReason | None = None
    connected: float | None = None
    """When `connected` is, or was, told. Nothing that comes before it is heard."""

    affordable_seconds: float = math.inf
    playback: Playback = field(init=False)
    _last_sign: float = field(init=False)
    _told: bool = False

    def __post_init__(self) -> None:
        self._last_sign = self.created
        self.playback = Playback(self.created)

    @property
    def state(self) -> State:
        if self.ended is not None:
            return "ended"
        return "created" if self.started is None else "running"

    def seconds(self, at: float) -> float:
        """How long it has run."""
        if self.started is None:
            return 0.0
        return (at if self.ended is None else self.ended) - self.started

    def credits(self, at: float) -> int:
        """One minute is set aside at the start, then each minute that begins is charged."""
        if self.started is None or self.sandbox:
            return 0
        minutes = math.ceil((self.seconds(at) - INSTANT) / 60)
        return max(1, minutes) * CREDITS_PER_MINUTE[self.mode]

    def start(self, at: float) -> None:
        self.started = self.updated = self._last_sign = at

    def keep_alive(self, at: float) -> None:
        self.updated = self._last_sign = at

    def opened(self, at: float, delay: float) -> None:
        """A websocket came; the avatar is there `delay` after the first one."""
        if self.connected is None:
            self.connected = at + delay

    def hears(self, at: float) -> bool:
        return self.connected is not None and self.connected <= at + INSTANT

    def stop(self, at: float, reason: EndReason) -> list[Event]:
        events = self.settle(at)
        return events if self.ended is not None else events + self._end(at, reason)

    def settle(self, at: float) -> list[Event]:
        """What has happened by itself until now, in order."""
        if self.ended is not None:
            return []
        due, reason = self._deadline()
        events = self._told_until(min(at, due)) + self.playback.advance(min(at, due))
        return events + self._end(due, reason) if due <= at + INSTANT else events

    def next_due(self) -> float | None:
        """When something happens by itself; None where nothing does."""
        if self.ended is not None:
            return None
        untold = None if self._told else self.connected
        moments = (self._deadline()[0], untold, self.playback.next_due())
        due = min(moment for moment in moments if moment is not None)
        return None if math.isinf(due) else due

    def _deadline(self) -> tuple[float, EndReason]:
        if self.started is None:
            return math.inf, "UNKNOWN"
        deadlines: list[tuple[float, EndReason]] = [
            (self.started + self.max_seconds, "MAX_DURATION_REACHED"),
            (self.started + self.affordable_seconds, "NO_CREDITS"),
            (self._last_sign + self.idle_seconds, "IDLE_TIMEOUT"),
        ]
        return min(deadlines, key=lambda deadline: deadline[0])

    def _told_until(self, at: float) -> list[Event]:
        if self._told or self.connected is None or self.connected > at + INSTANT:
            return []
        self._told = True
        return [Event(self.connected, "session.state_updated", {"state": "connected"})]

    def _end(self, at: float, reason: EndReason) -> list[Event]:
        self.playback.silence(at)
        self.ended = self.updated = at
        self.end_reason = reason
        return [Event(at, "session.state_updated", {"state": "closed"})]
