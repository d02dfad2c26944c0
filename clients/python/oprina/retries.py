"""How long to wait before a request is sent again."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .errors import FRONT_END, ApiError, ConnectionLostError, ProblemError

SHORTEST_SECONDS = 0.1
BACKOFF_SECONDS = (0.25, 0.5, 1.0, 2.0, 4.0)
TRANSIENT = (429, 502, 503, 504)
"""Statuses of a front end after which a request can be sent again, if it is safe to repeat."""


@dataclass
class Retries:
    """The waits of one request. `patience` is the number of seconds that it may wait in all.

    `repeatable`: the request has the same effect if it is sent twice. `random` returns a number from 0
    to 1, so that many clients do not come back at the same time.
    """

    patience: float
    repeatable: bool
    random: Callable[[], float]
    _waited: float = field(default=0.0, init=False)
    _attempts: int = field(default=0, init=False)

    def seconds_before_next(self, error: ApiError) -> float | None:
        """Return the seconds to wait before the next attempt, or None if the error is final."""
        asked = self._seconds(error)
        seconds = None if asked is None else max(asked, SHORTEST_SECONDS)
        if seconds is None or self._waited + seconds > self.patience:
            return None
        self._waited += seconds
        self._attempts += 1
        return seconds

    def reset(self) -> None:
        """Begin to count again: the request has made progress."""
        self._waited, self._attempts = 0.0, 0

    def _seconds(self, error: ApiError) -> float | None:
        if isinstance(error, ProblemError) and error.code != FRONT_END:
            may = self.repeatable or not error.code.endswith("_ambiguous")
            return error.retry_after if may else None
        is_loss = isinstance(error, ConnectionLostError)
        is_front_end = isinstance(error, ProblemError) and error.status in TRANSIENT
        if not self.repeatable or not (is_loss or is_front_end):
            return None
        longest = BACKOFF_SECONDS[min(self._attempts, len(BACKOFF_SECONDS) - 1)]
        asked = error.retry_after if isinstance(error, ProblemError) else None
        return asked if asked is not None else longest * (0.5 + self.random() / 2)
