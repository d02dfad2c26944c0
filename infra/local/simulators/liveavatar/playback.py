"""Playback of the avatar's speech: utterances one after the other, in the audio's own time.

Pure: every call says at which moment (monotonic seconds) it happens, and moments never go back.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

SAMPLE_RATE = 24_000
BYTES_PER_SECOND = SAMPLE_RATE * 2
"""PCM, signed 16 bit, little endian, mono."""

INSTANT = 1e-6
"""Two moments that are this close are the same."""

Pose = Literal["idle", "listening", "talking"]
EventKind = Literal[
    "connected",
    "closed",
    "appended",
    "committed",
    "cleared",
    "started",
    "ended",
    "interrupted",
    "posed",
    "starved",
]


@dataclass
class AvatarUtterance:
    """One utterance as the avatar plays it.

    `name` is the id of the utterance's first message, or a number where that has none. `source` is
    that id. `played` counts seconds. `audio` is None once the journal had to forget it.
    """

    name: str
    source: str | None
    number: int
    first_chunk: float
    size: int = 0
    chunks: int = 0
    complete: bool = False
    played: float = 0.0
    started: float | None = None
    ended: float | None = None
    interrupted: bool = False
    starved: bool = False
    ran_out: float | None = None
    audio: bytearray | None = field(default_factory=bytearray, repr=False)

    @property
    def seconds(self) -> float:
        """Return the length of the audio that has arrived."""
        return self.size / BYTES_PER_SECOND

    @property
    def remaining(self) -> float:
        """Return the seconds of audio that have arrived and have not been played."""
        return self.seconds - self.played

    def add(self, audio: bytes) -> None:
        """Append one chunk."""
        self.size += len(audio)
        self.chunks += 1
        self.starved, self.ran_out = False, None
        if self.audio is not None:
            self.audio += audio


@dataclass(frozen=True)
class SessionEvent:
    """Something that happened in a session, and when.

    `source` is the id of the client's message that caused it. `poses` are the previous and the new
    pose. A listener that plays media finds the audio in `utterance`.
    """

    at: float
    kind: EventKind
    utterance: AvatarUtterance | None = None
    source: str | None = None
    poses: tuple[Pose, Pose] | None = None


@dataclass(frozen=True)
class PlayedSpan:
    """A piece of an utterance that was played without a gap, from the moment `at` on.

    `first` and `last` are positions in the utterance, in seconds.
    """

    at: float
    utterance: AvatarUtterance
    first: float
    last: float


@dataclass
class PlaybackQueue:
    """The utterances of one session.

    The first chunk after `finish` or `interrupt` begins an utterance, whatever its id: clients send
    one id for each utterance, one for each chunk, or none. An utterance starts when the ones before
    it have ended, and ends when it is complete and all of it was played. In between it waits for
    audio that is late, and is starved after `starvation_seconds` of waiting.
    """

    at: float
    starvation_seconds: float = math.inf
    utterances: list[AvatarUtterance] = field(default_factory=list)
    listening: bool = False
    pose: Pose = "idle"
    on_played: Callable[[PlayedSpan], None] | None = None
    """Receives each piece that was played. None while the session has no viewer."""
    _queue: list[AvatarUtterance] = field(default_factory=list)

    def append(
        self, at: float, source: str | None, audio: bytes
    ) -> tuple[AvatarUtterance, list[SessionEvent]]:
        """Add a chunk to the open utterance, or begin one. Returns it and the events."""
        events = self.advance(at)
        utterance = self._open() or self._begin(at, source)
        utterance.add(audio)
        events.append(SessionEvent(at, "appended", utterance, source))
        return utterance, events + self.advance(at)

    def finish(self, at: float, source: str | None) -> list[SessionEvent]:
        """Complete the open utterance. No-op for playback if none is open."""
        events = self.advance(at)
        utterance = self._open()
        if utterance is not None:
            utterance.complete = True
        events.append(SessionEvent(at, "committed", utterance, source))
        return events + self.advance(at)

    def interrupt(self, at: float, source: str | None) -> list[SessionEvent]:
        """Stop now and drop the queue. Only an utterance that had started is `interrupted`."""
        events = self.advance(at)
        events += [
            SessionEvent(at, "interrupted", utterance, utterance.source)
            for utterance in self.drop(at)
            if utterance.started is not None
        ]
        events.append(SessionEvent(at, "cleared", None, source))
        return events + self._change_pose(at)

    def listen(self, at: float, *, on: bool) -> list[SessionEvent]:
        """Take the listening pose, or leave it."""
        events = self.advance(at)
        self.listening = on
        return events + self._change_pose(at)

    def drop(self, at: float) -> list[AvatarUtterance]:
        """Stop now and drop the queue, without events. Returns the utterances that were cut."""
        dropped, self._queue = self._queue, []
        for utterance in dropped:
            utterance.ended, utterance.interrupted = at, True
        return dropped

    def advance(self, to: float) -> list[SessionEvent]:
        """Play until `to`. Returns the events of that time, in order."""
        events: list[SessionEvent] = []
        while self._queue and (happened := self._step(self._queue[0], to)) is not None:
            events += happened
        self.at = max(self.at, to)
        return events

    def next_due(self) -> float | None:
        """Return the moment of the next event. None while that takes a message first."""
        if not self._queue:
            return None
        head = self._queue[0]
        runs_out = self.at + head.remaining if head.ran_out is None else head.ran_out
        if head.complete:
            return runs_out
        due = runs_out + self.starvation_seconds
        return None if head.starved or math.isinf(due) else due

    def _step(self, head: AvatarUtterance, to: float) -> list[SessionEvent] | None:
        """Return the events of one change of the first utterance. None if none comes until `to`."""
        if head.started is None:
            head.started = self.at
            started = SessionEvent(self.at, "started", head, head.source)
            return [started, *self._change_pose(self.at)]
        if head.remaining > to - self.at + INSTANT:
            self._play(head, head.played + to - self.at)
            return None
        end = self.at + head.remaining
        self._play(head, head.seconds)
        self.at = end
        if not head.complete:
            return self._starve(head, to)
        head.ended = self.at
        self._queue.pop(0)
        ended = SessionEvent(self.at, "ended", head, head.source)
        return [ended, *self._change_pose(self.at)]

    def _play(self, head: AvatarUtterance, until: float) -> None:
        if self.on_played is not None and until > head.played:
            self.on_played(PlayedSpan(self.at, head, head.played, until))
        head.played = until

    def _starve(self, head: AvatarUtterance, to: float) -> list[SessionEvent] | None:
        if head.ran_out is None:
            head.ran_out = self.at
        due = head.ran_out + self.starvation_seconds
        if head.starved or due > to + INSTANT:
            return None
        head.starved = True
        self.at = max(self.at, due)
        return [SessionEvent(due, "starved", head, head.source)]

    def _change_pose(self, at: float) -> list[SessionEvent]:
        pose: Pose = "talking" if self._queue else "listening" if self.listening else "idle"
        if pose == self.pose:
            return []
        before, self.pose = self.pose, pose
        return [SessionEvent(at, "posed", poses=(before, pose))]

    def _open(self) -> AvatarUtterance | None:
        if self._queue and not self._queue[-1].complete:
            return self._queue[-1]
        return None

    def _begin(self, at: float, source: str | None) -> AvatarUtterance:
        number = len(self.utterances) + 1
        utterance = AvatarUtterance(source or f"utterance-{number}", source, number, at)
        self.utterances.append(utterance)
        self._queue.append(utterance)
        return utterance
