"""One session of the provider, as pure state: every call says at which moment it happens."""

import math
from dataclasses import dataclass, field
from typing import Literal

from infra.local.simulators.liveavatar.playback import INSTANT, PlaybackQueue, SessionEvent

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

Room = Literal["provider", "livekit", "agora"]

Quality = Literal["very_high", "high", "medium", "low"]
Encoding = Literal["H264", "VP8"]

CREDITS_PER_MINUTE: dict[Mode, int] = {"LITE": 1, "FULL": 2}


@dataclass(frozen=True)
class SessionPlan:
    """The terms of a session, from its token request.

    `max_seconds` is the wanted maximum age, None for the longest that the account allows. `room` is
    where the media go: to the provider's LiveKit room, or to a room of the caller's own.
    `hosted_agent`: the provider runs the agent as well, so that the session has no websocket.
    `quality` and `encoding` are those of the video.
    """

    mode: Mode
    avatar_id: str
    sandbox: bool = False
    max_seconds: int | None = None
    room: Room = "provider"
    hosted_agent: bool = False
    quality: Quality = "high"
    encoding: Encoding = "H264"

    @property
    def has_socket(self) -> bool:
        """Return True if the caller sends the audio."""
        return self.mode == "LITE" and not self.hosted_agent

    @property
    def has_agent(self) -> bool:
        """Return True if the provider makes the speech."""
        return not self.has_socket


@dataclass
class LiveAvatarSession:
    """A session's state. Moments are monotonic seconds.

    Events that fall due between two calls get the moment at which they were due. `connected` is the
    moment of the event `connected`: messages before it are dropped. `closes_at_max`: the end at the
    maximum age is an event, see `LiveAvatarSettings.at_max_duration`.
    """

    id: str
    plan: SessionPlan
    max_seconds: float
    idle_seconds: float
    created: float
    updated: float
    starvation_seconds: float = math.inf
    closes_at_max: bool = True
    affordable_seconds: float = math.inf
    started: float | None = None
    ended: float | None = None
    end_reason: EndReason | None = None
    connected: float | None = None
    sockets: int = 0
    playback: PlaybackQueue = field(init=False)
    _last_sign: float = field(init=False)
    _announced: bool = False

    def __post_init__(self) -> None:
        self._last_sign = self.created
        self.playback = PlaybackQueue(self.created, self.starvation_seconds)

    @property
    def state(self) -> State:
        """Return whether the session was started and has ended."""
        if self.ended is not None:
            return "ended"
        return "created" if self.started is None else "running"

    def seconds(self, at: float) -> float:
        """Return for how long the session has run: the seconds that the provider bills."""
        if self.started is None:
            return 0.0
        return (at if self.ended is None else self.ended) - self.started

    def credits(self, at: float) -> int:
        """Return the credits used: one minute at the start, then each minute that begins."""
        if self.started is None or self.plan.sandbox:
            return 0
        minutes = math.ceil((self.seconds(at) - INSTANT) / 60)
        return max(1, minutes) * CREDITS_PER_MINUTE[self.plan.mode]

    def start(self, at: float) -> None:
        """Run and bill from `at` on."""
        self.started = self.updated = self._last_sign = at

    def keep_alive(self, at: float) -> None:
        """Begin the idle time again."""
        self.updated = self._last_sign = at

    def open_socket(self, at: float, delay: float) -> None:
        """Count a websocket. The first one connects the avatar `delay` seconds later."""
        self.sockets += 1
        if self.connected is None:
            self.connected = at + delay

    def close_socket(self) -> None:
        """Count a websocket less."""
        self.sockets -= 1

    def hears(self, at: float) -> bool:
        """Return True if a message is obeyed, False if it is dropped in silence."""
        if self.state != "running":
            return False
        return self.connected is not None and self.connected <= at + INSTANT

    def stop(self, at: float, reason: EndReason) -> list[SessionEvent]:
        """End now. No-op on an ended session."""
        events = self.settle(at)
        return events if self.ended is not None else events + self._end(at, reason)

    def settle(self, at: float) -> list[SessionEvent]:
        """Return what has happened by itself until `at`, in order."""
        if self.ended is not None:
            return []
        due, reason = self._deadline()
        events = self._announce(min(at, due)) + self.playback.advance(min(at, due))
        return events + self._end(due, reason) if due <= at + INSTANT else events

    def next_due(self) -> float | None:
        """Return the moment of the next event that comes by itself. None if none comes."""
        if self.ended is not None:
            return None
        unannounced = None if self._announced else self.connected
        moments = (self._deadline()[0], unannounced, self.playback.next_due())
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

    def _announce(self, at: float) -> list[SessionEvent]:
        if self._announced or self.connected is None or self.connected > at + INSTANT:
            return []
        self._announced = True
        return [SessionEvent(self.connected, "connected")]

    def _end(self, at: float, reason: EndReason) -> list[SessionEvent]:
        self.playback.drop(at)
        self.ended = self.updated = at
        self.end_reason = reason
        silent = reason == "MAX_DURATION_REACHED" and not self.closes_at_max
        return [] if silent else [SessionEvent(at, "closed")]
