# Generated from ../asynchronous by infra/docs/client_modules.py.
"""The ID token of the person, renewed when the API refuses it."""

import threading
from collections.abc import Callable

TokenSource = str | Callable[[], str]
"""A token, or a function that returns a current one. It is called once for many requests, and again
after a 401."""


class Tokens:
    """The token in use. Requests that are refused at the same time share one renewal."""

    def __init__(self, source: TokenSource | None) -> None:
        self._source = source
        self._current = source if isinstance(source, str) else None
        self._lock = threading.Lock()

    def current(self) -> str | None:
        """Return the token, or None if the client has no source of tokens."""
        if self._current is None and self._source is not None:
            return self.renew(None)
        return self._current

    def renew(self, refused: str | None) -> str | None:
        """Return a token that is not `refused`, or None if there is none."""
        with self._lock:
            if self._current == refused and callable(self._source):
                self._current = self._source()
        return None if self._current == refused else self._current
