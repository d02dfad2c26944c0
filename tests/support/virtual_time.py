"""An event loop whose clock jumps to whatever is due next: an hour of sleeping takes no time, and
everything happens in the order in which it would have happened.
"""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
STUCK_SECONDS = 5.0


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._elapsed = 0.0
        self.in_threads = 0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self._elapsed

    def run_in_executor(
        self,
        executor: Executor | None,
        func: Callable[..., Any],
        *args: object,
    ) -> "asyncio.Future[Any]":
        """What runs in a thread takes no time: the clock stands still until it is done."""
        work = super().run_in_executor(executor, func, *args)
        self.in_threads += 1
        work.add_done_callback(self._back)
        return work

    def _back(self, _: "asyncio.Future[Any]") -> None:
        self.in_threads -= 1

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
        ready = super().select(STUCK_SECONDS if timeout > 0 and self._loop.in_threads else 0)
        if not ready:
            self._loop.jump(timeout)
        return ready


class LoopClock:
    """The time of the running loop, from `EPOCH` on."""

    def __init__(self, epoch: datetime = EPOCH) -> None:
        self.epoch = epoch

    def now(self) -> datetime:
        return self.epoch + timedelta(seconds=asyncio.get_running_loop().time())
