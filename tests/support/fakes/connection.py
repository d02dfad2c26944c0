"""Connections to a fake avatar, and the player that they share.

Speech plays in the event loop's time, so that a loop with a virtual clock plays it in no time.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from common.domain import errors
from common.domain.ids import UtteranceId
from common.ports.avatar import AvatarEvent, AvatarEventKind

BYTES_PER_SECOND = 48_000
MAX_CHUNK_BYTES = 700_000


@dataclass
class PlayedUtterance:
    """`seconds` of audio arrived. `started` and `ended` are times of the loop's clock."""

    seconds: float = 0.0
    finished: bool = False
    started: float | None = None
    ended: float | None = None
    interrupted: bool = False


@dataclass
class FakePlayer:
    """Plays the utterances of one session one after the other, from all of its connections."""

    played: dict[UtteranceId, PlayedUtterance] = field(default_factory=dict)
    interrupts: list[float] = field(default_factory=list)
    dropped: int = 0
    """Messages that arrived before `connected`."""
    connected: bool = False
    reports_interrupts_to_all: bool = True
    """False: only the connection that interrupts is told."""
    _connections: "list[FakeConnection]" = field(default_factory=list)
    _playing: asyncio.Task[None] | None = None
    _queue: deque[tuple[UtteranceId, float | None]] = field(default_factory=deque)
    _current: UtteranceId | None = None

    def attach(self, connection: "FakeConnection", connect_seconds: float) -> None:
        self._connections.append(connection)
        if self.connected or not connect_seconds:
            self._connect(connection)
        else:
            asyncio.get_running_loop().call_later(connect_seconds, self._connect, connection)

    def detach(self, connection: "FakeConnection") -> None:
        """Close one connection. The avatar plays on."""
        if connection in self._connections:
            self._connections.remove(connection)
            connection.deliver("closed", None)

    def close(self) -> None:
        self._stop()
        for connection in list(self._connections):
            self.detach(connection)

    def fall_silent(self) -> None:
        """Play nothing from here on, without an event and without a close."""
        self._stop()
        self.connected = False

    def add(self, utterance: UtteranceId, seconds: float | None) -> None:
        """Queue `seconds` of audio. None: the utterance is complete."""
        if not self.connected:
            self.dropped += 1
            return
        played = self.played.setdefault(utterance, PlayedUtterance())
        played.seconds += seconds or 0.0
        played.finished = played.finished or seconds is None
        self._queue.append((utterance, seconds))
        if self._playing is None or self._playing.done():
            self._playing = asyncio.create_task(self._play())

    def interrupt(self, by: "FakeConnection | None" = None) -> None:
        """Stop the current utterance and drop the queue."""
        self.interrupts.append(_time())
        if (utterance := self._stop()) is None:
            return
        only = None if self.reports_interrupts_to_all else by
        self._notify("interrupted", utterance, only)

    def _connect(self, connection: "FakeConnection") -> None:
        self.connected = True
        connection.deliver("connected", None)

    async def _play(self) -> None:
        while self._queue:
            utterance, seconds = self._queue.popleft()
            if utterance != self._current:
                self._current = utterance
                self.played[utterance].started = _time()
                self._notify("started", utterance)
            if seconds is not None:
                await asyncio.sleep(seconds)
            else:
                self._current = None
                self.played[utterance].ended = _time()
                self._notify("ended", utterance)

    def _stop(self) -> UtteranceId | None:
        """Stop playing and return the utterance that was cut."""
        if self._playing is not None and not self._playing.done():
            self._playing.cancel()
        cut, self._current, self._playing = self._current, None, None
        for utterance in [cut, *(waiting for waiting, _ in self._queue)]:
            if utterance is not None:
                self.played[utterance].interrupted = True
        self._queue.clear()
        return cut

    def _notify(
        self, kind: AvatarEventKind, utterance: UtteranceId, only: "FakeConnection | None" = None
    ) -> None:
        for connection in [only] if only else self._connections:
            if connection.receives_all or utterance in connection.spoken:
                connection.deliver(kind, utterance)


class FakeConnection:
    """`receives_all`: whether it receives events of utterances that another connection sent."""

    def __init__(
        self, player: FakePlayer, on_keep_alive: Callable[[], None], *, receives_all: bool
    ) -> None:
        self.player = player
        self.receives_all = receives_all
        self.spoken: set[UtteranceId] = set()
        self.closed = False
        self._on_keep_alive = on_keep_alive
        self._events: asyncio.Queue[AvatarEvent] = asyncio.Queue()

    def deliver(self, kind: AvatarEventKind, utterance: UtteranceId | None) -> None:
        self.closed = self.closed or kind == "closed"
        self._events.put_nowait(AvatarEvent(kind, utterance))

    async def speak(self, utterance: UtteranceId, pcm: bytes) -> None:
        if len(pcm) > MAX_CHUNK_BYTES:
            raise ValueError("a chunk of speech has at most 700 KB")
        self._check_open()
        self.spoken.add(utterance)
        self.player.add(utterance, len(pcm) / BYTES_PER_SECOND)

    async def finish(self, utterance: UtteranceId) -> None:
        self._check_open()
        self.player.add(utterance, None)

    async def interrupt(self) -> None:
        self._check_open()
        self.player.interrupt(self)

    async def keep_alive(self) -> None:
        self._check_open()
        self._on_keep_alive()

    async def events(self) -> AsyncIterator[AvatarEvent]:
        event = None
        while event is None or event.kind != "closed":
            event = await self._events.get()
            yield event

    async def close(self) -> None:
        self.player.detach(self)

    def _check_open(self) -> None:
        if self.closed:
            raise errors.Unavailable("avatar", "the connection is closed")


def _time() -> float:
    return asyncio.get_running_loop().time()
