"""What an avatar says and hears. Speech plays in the event loop's time, so that a loop with a clock
of its own plays it in no time.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from common.domain import errors
from common.domain.ids import UtteranceId
from common.ports.avatar import AvatarEvent, AvatarEventKind

BYTES_PER_SECOND = 48_000


@dataclass
class Said:
    """Of one utterance: the seconds of audio that came, what became of it, and when (loop time)."""

    seconds: float = 0.0
    finished: bool = False
    started: float | None = None
    ended: float | None = None
    interrupted: bool = False


@dataclass
class FakeMouth:
    """What one session's lines have in common. Says utterances one after the other."""

    said: dict[UtteranceId, Said] = field(default_factory=dict)
    interrupts: list[float] = field(default_factory=list)
    dropped: int = 0
    """Messages that came before `connected`."""
    connected: bool = False
    _lines: "list[FakeLine]" = field(default_factory=list)
    _talk: asyncio.Task[None] | None = None
    _queue: deque[tuple[UtteranceId, float | None]] = field(default_factory=deque)
    _talking: UtteranceId | None = None

    def listen(self, line: "FakeLine", connect_seconds: float) -> None:
        self._lines.append(line)
        if self.connected or not connect_seconds:
            self._connect(line)
        else:
            asyncio.get_running_loop().call_later(connect_seconds, self._connect, line)

    def cancel(self, line: "FakeLine") -> None:
        if line in self._lines:
            self._lines.remove(line)
            line.hear("closed", None)

    def shut(self) -> None:
        self._silence()
        for line in list(self._lines):
            self.cancel(line)

    def add(self, utterance: UtteranceId, seconds: float | None) -> None:
        """`seconds` of audio; None: that was all of it."""
        if not self.connected:
            self.dropped += 1
            return
        said = self.said.setdefault(utterance, Said())
        said.seconds += seconds or 0.0
        said.finished = said.finished or seconds is None
        self._queue.append((utterance, seconds))
        if self._talk is None or self._talk.done():
            self._talk = asyncio.create_task(self._say())

    def interrupt(self) -> None:
        self.interrupts.append(_time())
        if (utterance := self._silence()) is not None:
            self._tell("interrupted", utterance)

    def _connect(self, line: "FakeLine") -> None:
        self.connected = True
        line.hear("connected", None)

    async def _say(self) -> None:
        while self._queue:
            utterance, seconds = self._queue.popleft()
            if utterance != self._talking:
                self._talking = utterance
                self.said[utterance].started = _time()
                self._tell("started", utterance)
            if seconds is not None:
                await asyncio.sleep(seconds)
            else:
                self._talking = None
                self.said[utterance].ended = _time()
                self._tell("ended", utterance)

    def _silence(self) -> UtteranceId | None:
        """Which utterance was cut."""
        if self._talk is not None and not self._talk.done():
            self._talk.cancel()
        cut, self._talking, self._talk = self._talking, None, None
        for utterance in [cut, *(waiting for waiting, _ in self._queue)]:
            if utterance is not None:
                self.said[utterance].interrupted = True
        self._queue.clear()
        return cut

    def _tell(self, kind: AvatarEventKind, utterance: UtteranceId) -> None:
        for line in self._lines:
            if line.hears_all or utterance in line.spoken:
                line.hear(kind, utterance)


class FakeLine:
    def __init__(
        self, mouth: FakeMouth, on_keep_alive: Callable[[], None], *, hears_all: bool
    ) -> None:
        self.mouth = mouth
        self.hears_all = hears_all
        self.spoken: set[UtteranceId] = set()
        self.closed = False
        self._on_keep_alive = on_keep_alive
        self._heard: asyncio.Queue[AvatarEvent] = asyncio.Queue()

    def hear(self, kind: AvatarEventKind, utterance: UtteranceId | None) -> None:
        self.closed = self.closed or kind == "closed"
        self._heard.put_nowait(AvatarEvent(kind, utterance))

    async def speak(self, utterance: UtteranceId, pcm: bytes) -> None:
        if len(pcm) > 700_000:
            raise ValueError("a chunk of speech has at most 700 KB")
        self._open()
        self.spoken.add(utterance)
        self.mouth.add(utterance, len(pcm) / BYTES_PER_SECOND)

    async def finish(self, utterance: UtteranceId) -> None:
        self._open()
        self.mouth.add(utterance, None)

    async def interrupt(self) -> None:
        self._open()
        self.mouth.interrupt()

    async def keep_alive(self) -> None:
        self._open()
        self._on_keep_alive()

    async def events(self) -> AsyncIterator[AvatarEvent]:
        event = None
        while event is None or event.kind != "closed":
            event = await self._heard.get()
            yield event

    async def close(self) -> None:
        self.mouth.cancel(self)

    def _open(self) -> None:
        if self.closed:
            raise errors.Unavailable("avatar", "the line is closed")


def _time() -> float:
    return asyncio.get_running_loop().time()
