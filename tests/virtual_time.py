"""An event loop whose clock jumps to whatever is due next: an hour of sleeping takes no time, and
everything happens in the order in which it would have happened.
"""

import asyncio
import selectors
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
STUCK_SECONDS = 5.0


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._elapsed = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self._elapsed

    def jump(self, seconds: float) -> None:
        self._elapsed += seconds


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            ready = super().select(STUCK_SECONDS)
            if not ready:
                msg = "nothing will ever happen any more: everybody waits for somebody"
                raise RuntimeError(msg)
            return ready
        ready = super().select(0)
        if not ready:
            self._loop.jump(timeout)
        return ready


class LoopClock:
    """The time of the running loop, from `EPOCH` on."""

    def __init__(self, epoch: datetime = EPOCH) -> None:
        self.epoch = epoch

    def now(self) -> datetime:
        return self.epoch + timedelta(seconds=asyncio.get_running_loop().time())
