from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the time in UTC."""


Pause = Callable[[int], Awaitable[None]]
"""Waits a little, at random, longer with each attempt (0, 1, 2 ...)."""
