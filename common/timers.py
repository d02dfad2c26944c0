import asyncio
from collections.abc import Callable


class IdleTimer:
    """Calls `then` when nothing was heard for so many seconds; heard again, it begins anew.

    One timer serves many words: where it goes off too early it is set again.
    """

    def __init__(self, seconds: float, then: Callable[[], None]) -> None:
        self._seconds = seconds
        self._then = then
        self._loop = asyncio.get_running_loop()
        self._at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def heard(self) -> None:
        self._at = self._loop.time() + self._seconds
        if self._timer is None:
            self._timer = self._loop.call_at(self._at, self._went_off)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _went_off(self) -> None:
        if self._loop.time() < self._at:
            self._timer = self._loop.call_at(self._at, self._went_off)
        else:
            self._timer = None
            self._then()
