import asyncio
from collections.abc import Callable


class IdleTimer:
    """Calls `then` once `seconds` have passed since the last `restart`.

    A restart only notes the new time: the running timer is set again when it goes off too early. So
    a restart for each token of a reply costs next to nothing.
    """

    def __init__(self, seconds: float, then: Callable[[], None]) -> None:
        self._seconds = seconds
        self._then = then
        self._loop = asyncio.get_running_loop()
        self._at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def restart(self) -> None:
        self._at = self._loop.time() + self._seconds
        if self._timer is None:
            self._timer = self._loop.call_at(self._at, self._go_off)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _go_off(self) -> None:
        if self._loop.time() < self._at:
            self._timer = self._loop.call_at(self._at, self._go_off)
        else:
            self._timer = None
            self._then()
