"""The provider's messages, normalised to `AvatarEvent`s.

The provider says that an utterance began and ended in `agent.speak_started` and
`agent.speak_ended`, in `agent.state_updated` to `talking` and back, or in both. It names our
utterance in `source_event_id`, in `event_id`, or not at all. All of these become one event.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from common.domain.ids import UtteranceId
from common.ports.avatar import AvatarEvent

SLACK_SECONDS = 0.5
"""When the avatar falls silent, an utterance that should end within this time has ended.

Later ones are still on their way to the provider.
"""


@dataclass
class SentUtterance:
    """An utterance that was sent over this connection and has not ended.

    `began` is the loop time of its start. `announced`: the event `started` was given. `inferred`:
    the start was computed. `doubtful`: the start may be another utterance's, from before our
    interruption.
    """

    utterance: UtteranceId
    seconds: float = 0.0
    complete: bool = False
    began: float | None = None
    announced: bool = False
    inferred: bool = False
    doubtful: bool = False

    @property
    def ends(self) -> float:
        """Return the loop time of its end. Infinite while it is unknown."""
        if self.began is None or not self.complete:
            return float("inf")
        return self.began + self.seconds


Named = SentUtterance | Literal["unnamed", "foreign"]


class EventNormaliser:
    """Turns messages into events. Pure: every call says at which loop time it happens.

    A provider that sends only `agent.state_updated` does not say where one utterance ends and the
    next begins: then these moments are computed from the length of the audio, see `advance`. As
    soon as it sends `agent.speak_started`, nothing is computed, and `talking` is ignored.
    """

    def __init__(self) -> None:
        self._queue: list[SentUtterance] = []
        self._sent: set[UtteranceId] = set()
        self._connected = False
        self._names_utterances = False
        """The provider sends `agent.speak_started`."""
        self._interrupting = False
        """We asked for silence, and the provider has not acknowledged it."""
        self._cut: UtteranceId | None = None
        """The utterance that played when we asked. The next end is its interruption."""

    def add_audio(self, utterance: UtteranceId, seconds: float) -> None:
        """Note that audio of an utterance is sent."""
        if not self._queue or self._queue[-1].utterance != utterance:
            self._queue.append(SentUtterance(utterance))
            self._sent.add(utterance)
        self._queue[-1].seconds += seconds

    def complete(self, utterance: UtteranceId) -> None:
        """Note that all audio of an utterance was sent."""
        for sent in self._queue:
            sent.complete = sent.complete or sent.utterance == utterance

    def expect_interruption(self) -> None:
        """Note that we ask for silence: what was sent so far is dropped."""
        if (playing := self._playing()) is not None:
            self._cut = playing.utterance
        self._interrupting = True
        self._queue.clear()

    def hear(self, message: str | bytes, now: float) -> list[AvatarEvent]:
        """Return the events until now, and those of one message."""
        return [*self.advance(now), *self._hear(_parse(message), now)]

    def next_due(self) -> float | None:
        """Return the loop time at which `advance` has an event. None if a message comes first."""
        playing = self._playing()
        if self._names_utterances or playing is None or playing is self._queue[-1]:
            return None
        return playing.ends if playing.complete else None

    def advance(self, now: float) -> list[AvatarEvent]:
        """Return the computed events until now: the end of an utterance, and the next one's start."""
        events = []
        while (due := self.next_due()) is not None and due <= now:
            events.append(AvatarEvent("ended", self._queue.pop(0).utterance))
            self._queue[0].inferred = True
            events += self._start(self._queue[0], due)
        return events

    def _hear(self, message: dict[str, Any], now: float) -> Iterator[AvatarEvent]:
        named = self._find_utterance(message)
        match message.get("type"), message.get("new_state") or message.get("state"):
            case "session.state_updated", "connected" if not self._connected:
                yield from self._connect()
            case "agent.speak_started", _ if named != "foreign":
                self._names_utterances = True
                yield from self._begin(named, now)
            case "agent.speak_ended", _ if named != "foreign":
                yield from self._end(named)
            case "agent.speak_interrupted", _ if named != "foreign":
                yield from self._interrupt()
            case "agent.state_updated", "talking" if not self._names_utterances:
                yield from self._begin("unnamed", now)
            case "agent.state_updated", "idle" | "listening":
                yield from self._fall_silent(now)
            case "agent.audio_buffer_cleared", _:
                yield from self._clear()
            case "error", _:
                yield AvatarEvent("error", detail="the avatar reports an error")

    def _connect(self) -> Iterator[AvatarEvent]:
        """Forget what was sent before: the provider dropped it."""
        self._connected, self._interrupting = True, False
        self._queue.clear()
        yield AvatarEvent("connected")

    def _begin(self, named: Named, now: float) -> Iterator[AvatarEvent]:
        yield from self._report_cut()
        if isinstance(named, SentUtterance):
            self._interrupting = False
            yield from self._start(named, now)
        elif self._queue and self._playing() is None:
            self._queue[0].doubtful = self._interrupting
            yield from self._start(self._queue[0], now)

    def _start(self, sent: SentUtterance, at: float) -> Iterator[AvatarEvent]:
        if sent.began is None:
            sent.began = at
            if not sent.announced:
                sent.announced = True
                yield AvatarEvent("started", sent.utterance)

    def _end(self, named: Named) -> Iterator[AvatarEvent]:
        if self._cut is not None:
            yield from self._report_cut()
            return
        sent = named if isinstance(named, SentUtterance) else self._playing()
        if sent is not None and sent.began is not None:
            self._queue.remove(sent)
            yield AvatarEvent("ended", sent.utterance)

    def _fall_silent(self, now: float) -> Iterator[AvatarEvent]:
        """End what plays, and where only states come, what must have been played by now."""
        yield from self._report_cut()
        playing = self._playing()
        if playing is None or not playing.complete or (playing.doubtful and self._interrupting):
            return
        if playing.inferred and playing.ends > now + SLACK_SECONDS:
            return
        ends = playing.ends
        yield from self._end(playing)
        while not self._names_utterances and self._queue and self._queue[0].complete:
            ends += self._queue[0].seconds
            if ends > now + SLACK_SECONDS:
                return
            yield from self._start(self._queue[0], now)
            yield from self._end(self._queue[0])

    def _interrupt(self) -> Iterator[AvatarEvent]:
        playing = self._playing()
        if self._cut is not None:
            yield from self._report_cut()
        elif playing is not None and not self._interrupting:
            self._queue.clear()
            yield AvatarEvent("interrupted", playing.utterance)

    def _clear(self) -> Iterator[AvatarEvent]:
        """Take it as the answer to our interruption, or as the effect of another connection's."""
        yield from self._interrupt()
        self._interrupting = False
        if (playing := self._playing()) is not None and playing.doubtful:
            playing.began, playing.doubtful = None, False

    def _report_cut(self) -> Iterator[AvatarEvent]:
        if (cut := self._cut) is not None:
            self._cut = None
            yield AvatarEvent("interrupted", cut)

    def _playing(self) -> SentUtterance | None:
        return next((sent for sent in self._queue if sent.began is not None), None)

    def _find_utterance(self, message: dict[str, Any]) -> Named:
        """Return the utterance that a message names.

        An unknown `event_id` may be the provider's own. An unknown `source_event_id` is another
        connection's. A known id that is not in the queue is of an utterance that is over.
        """
        source = message.get("source_event_id")
        own = source if source is not None else message.get("event_id")
        if own is not None and own == self._cut:
            return "unnamed"
        for sent in self._queue:
            if sent.utterance in {source, message.get("event_id")}:
                return sent
        known = isinstance(own, str) and own in self._sent
        return "foreign" if source is not None or known else "unnamed"


def _parse(text: str | bytes) -> dict[str, Any]:
    """Return a message. Empty for anything else: unknown messages may come at any time."""
    try:
        message = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        message = None
    return message if isinstance(message, dict) else {}
