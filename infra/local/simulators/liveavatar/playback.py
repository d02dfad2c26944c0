"""The avatar's mouth: utterances that play one after the other, in the audio's own time.

Pure: every call says at which moment (monotonic seconds) it happens, and moments never go back.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

SAMPLE_RATE = 24_000
BYTES_PER_SECOND = SAMPLE_RATE * 2
"""PCM, signed 16 bit, little endian, mono."""

INSTANT = 1e-6
"""Two moments that are this close are the same."""

Pose = Literal["idle", "listening", "talking"]


@dataclass(frozen=True)
class Event:
    """What the provider tells its clients, and when it became true."""

    at: float
    type: str
    fields: dict[str, Any] = field(default_factory=dict)

    def message(self) -> dict[str, Any]:
        return {"type": self.type, **self.fields}


@dataclass
class Utterance:
    """`audio` is None once the journal had to forget it; `size` (bytes) stays."""

    event_id: str
    first_chunk: float
    size: int = 0
    chunks: int = 0
    complete: bool = False
    played: float = 0.0
    started: float | None = None
    ended: float | None = None
    interrupted: bool = False
    audio: bytearray | None = field(default_factory=bytearray, repr=False)

    @property
    def seconds(self) -> float:
        return self.size / BYTES_PER_SECOND

    @property
    def remaining(self) -> float:
        return self.seconds - self.played

    def add(self, audio: bytes) -> None:
        self.size += len(audio)
        self.chunks += 1
        if self.audio is not None:
            self.audio += audio


@dataclass
class Playback:
    """An utterance begins when its first chunk is there and everything before it has ended; it
    ends when it is complete and all of it was heard. In between it waits for audio that is late.

    Sources disagree on event ids. Here chunks of one id are one utterance; a chunk without one goes
    on with the last utterance that is open, and a new id completes the one before it.
    """

    at: float
    utterances: list[Utterance] = field(default_factory=list)
    pose: Pose = "idle"
    listening: bool = False
    _queue: list[Utterance] = field(default_factory=list)

    def append(
        self, at: float, event_id: str | None, audio: bytes
    ) -> tuple[Utterance, list[Event]]:
        events = self.advance(at)
        utterance = self._open(event_id) or self._begin(at, event_id)
        utterance.add(audio)
        events.append(_about("agent.audio_buffer_appended", at, utterance.event_id))
        return utterance, events + self.advance(at)

    def finish(self, at: float, event_id: str | None) -> list[Event]:
        """No more audio comes for this utterance; without an id: for the one that is open."""
        events = self.advance(at)
        utterance = self._open(event_id)
        if utterance is not None:
            utterance.complete = True
            event_id = utterance.event_id
        events.append(_about("agent.audio_buffer_committed", at, event_id))
        return events + self.advance(at)

    def interrupt(self, at: float) -> list[Event]:
        """Silence, now; what waited is dropped. An utterance that had begun is `interrupted`."""
        events = self.advance(at)
        for utterance in self.silence(at):
            if utterance.started is not None:
                events.append(_about("agent.speak_interrupted", at, utterance.event_id))
        events.append(_about("agent.audio_buffer_cleared", at, None))
        return events + self._posed(at)

    def listen(self, at: float, *, on: bool) -> list[Event]:
        events = self.advance(at)
        self.listening = on
        return events + self._posed(at)

    def silence(self, at: float) -> list[Utterance]:
        """Drops everything without a word about it."""
        dropped, self._queue = self._queue, []
        for utterance in dropped:
            utterance.ended, utterance.interrupted = at, True
        return dropped

    def advance(self, to: float) -> list[Event]:
        events: list[Event] = []
        while self._queue and (heard := self._step(self._queue[0], to)) is not None:
            events += heard
        self.at = max(self.at, to)
        return events

    def next_due(self) -> float | None:
        """When something happens by itself; None while that takes a message first."""
        if self._queue and self._queue[0].complete:
            return self.at + self._queue[0].remaining
        return None

    def _step(self, head: Utterance, to: float) -> list[Event] | None:
        """One change of the utterance at the head; None where none comes until `to`."""
        if head.started is None:
            head.started = self.at
            return [_about("agent.speak_started", self.at, head.event_id), *self._posed(self.at)]
        if head.remaining > to - self.at + INSTANT:
            head.played += to - self.at
            return None
        self.at += head.remaining
        head.played = head.seconds
        if not head.complete:
            return None
        head.ended = self.at
        self._queue.pop(0)
        return [_about("agent.speak_ended", self.at, head.event_id), *self._posed(self.at)]

    def _posed(self, at: float) -> list[Event]:
        pose: Pose = "talking" if self._queue else "listening" if self.listening else "idle"
        if pose == self.pose:
            return []
        self.pose = pose
        # Older and newer clients read one or the other.
        return [Event(at, "agent.state_updated", {"state": pose, "new_state": pose})]

    def _open(self, event_id: str | None) -> Utterance | None:
        for utterance in reversed(self._queue):
            if utterance.event_id == event_id or (event_id is None and not utterance.complete):
                return utterance
        return None

    def _begin(self, at: float, event_id: str | None) -> Utterance:
        if self._queue:
            self._queue[-1].complete = True
        utterance = Utterance(event_id or f"utterance-{len(self.utterances) + 1}", at)
        self.utterances.append(utterance)
        self._queue.append(utterance)
        return utterance


def _about(kind: str, at: float, event_id: str | None) -> Event:
    return Event(at, kind, {} if event_id is None else {"event_id": event_id})
