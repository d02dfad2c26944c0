"""A running turn keeps its document alive, and learns from it whether it may still act.

Each second the turn looks at its document; each five seconds it writes a checkpoint. Both tell when
another process superseded, stopped or settled the turn. Where the store does not answer, the turn's
own monotonic clock decides: no effect starts without a fresh look, nor close to a `due_at` that was
not renewed.
"""

import asyncio
import math
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from common.conversations.running_turn import RunningTurn
from common.conversations.turn_book import TurnBook
from common.domain import deadlines
from common.domain.documents import Document
from common.domain.errors import Conflict, Upstream
from common.domain.turn import STOP, TurnRecord
from common.transactions.shared_reads import SharedReads

POLL = 0.1
MOMENT = 0.125
"""Looks begin at multiples of this, in seconds: up to this much earlier than after a full second."""


@dataclass
class Liveness:
    """The time of the turn's last look, and until when it may act: event loop time in seconds."""

    looked_at: float
    act_until: float

    @classmethod
    def of(cls, record: TurnRecord, read_at: float, now: datetime) -> Self:
        """Return how long a turn may act: until 10 s before the `due_at` in its document.

        The document was read at `read_at` (event loop time), when the wall clock showed `now`.
        """
        left = (record.due_at - now).total_seconds() if record.due_at else 0.0
        return cls(read_at, read_at + left - deadlines.STOP_BEFORE_DUE)


class Heartbeat:
    """The look and the checkpoint of one turn, as two background tasks inside `async with`."""

    def __init__(
        self, turn: RunningTurn[Any], book: TurnBook, liveness: Liveness, reads: SharedReads
    ) -> None:
        self._turn = turn
        self._reads = reads
        self._book = book
        self._liveness = liveness
        self._interruption = turn.interruption
        self._writing = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._look_often()), asyncio.create_task(self._beat())]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """End both tasks. A checkpoint on its way is awaited, so that the version is known."""
        async with self._writing:
            for task in self._tasks:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def may_act(self) -> bool:
        """Wait until an effect may start. Return False if the turn was asked to stop."""
        while self._interruption.reason is None:
            if self.is_fresh and asyncio.get_running_loop().time() < self._liveness.act_until:
                return True
            await asyncio.sleep(POLL)
        return False

    @property
    def is_fresh(self) -> bool:
        """The last look is recent enough to act on: the process was not frozen since."""
        now = asyncio.get_running_loop().time()
        return now - self._liveness.looked_at < deadlines.LOOK_IS_FRESH

    async def may_ask(self) -> bool:
        """Wait until the document no longer says that the agent was not asked.

        Return False if the turn was asked to stop.
        """
        while self._book.known().asked is False:
            if not await self.may_act():
                return False
            await self.checkpoint(may_ask=True)
            if self._book.known().asked is False:
                await asyncio.sleep(POLL)
        return True

    async def checkpoint(self, *, may_ask: bool = False) -> None:
        """Write the progress and renew `due_at`. A failure is left to the next beat.

        `may_ask`: the agent may be asked from now on.
        """
        async with self._writing:
            if await self._write_checkpoint(may_ask=may_ask):
                return
        await self.look()

    async def _write_checkpoint(self, *, may_ask: bool) -> bool:
        """Return False if the document changed since it was last known."""
        book, sent_at = self._book, asyncio.get_running_loop().time()
        record = book.known()
        if not record.in_use:
            return False
        progress, now = self._turn.progress(), book.transactions.clock.now()
        try:
            await book.write(record.checkpoint(progress, now, book.version, may_ask=may_ask))
        except Conflict:
            return False
        except Upstream:
            return True  # if it held unconfirmed, the next checkpoint meets a conflict and looks
        self._liveness.looked_at = max(self._liveness.looked_at, sent_at)
        self._liveness.act_until = sent_at + deadlines.DUE - deadlines.STOP_BEFORE_DUE
        return True

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(deadlines.CHECKPOINT)
            await self.checkpoint()

    async def _look_often(self) -> None:
        while True:
            now = asyncio.get_running_loop().time()
            # Turns that look at the same moment share one read (transactions/shared_reads.py).
            moment = math.floor((now + deadlines.LOOK) / MOMENT) * MOMENT
            await asyncio.sleep(moment - now)
            await self.look()

    async def look(self) -> None:
        """Read the turn's document once, and take over what it says. A failure is ignored."""
        sent_at = asyncio.get_running_loop().time()
        try:
            document = await self._reads.read(self._book.transactions, self._book.record.path)
        except Upstream:
            return
        self._learn(document, sent_at)

    def _learn(self, document: Document, sent_at: float) -> None:
        found = TurnRecord.read(document)
        if found is None or found.holder != self._book.record.holder or not found.in_use:
            self._interruption.request("settled")
            return
        if not self._writing.locked():
            self._book.learn(document)
        if found.superseded_by is not None:
            stopped = found.superseded_by == STOP
            self._interruption.request("stopped" if stopped else "interrupted")
            return
        self._liveness.looked_at = max(self._liveness.looked_at, sent_at)
