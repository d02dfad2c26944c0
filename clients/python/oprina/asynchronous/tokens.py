"""The ID token of the person, renewed when the API refuses it."""

import asyncio
from collections.abc import Awaitable, Callable

AsyncTokenSource = str | Callable[[], Awaitable[str]]
"""A token, or a function that returns a current one. It is called once for many requests, and again
after a 401."""


class AsyncTokens:
    """The token in use. Requests that are refused at the same time share one renewal."""

    def __init__(self, source: AsyncTokenSource | None) -> None:
        self._source = source
        self._current = source if isinstance(source, str) else None
        self._lock = asyncio.Lock()

    async def current(self) -> str | None:
        """Return the token, or None if the client has no source of tokens."""
        if self._current is None and self._source is not None:
            return await self.renew(None)
        return self._current

    async def renew(self, refused: str | None) -> str | None:
        """Return a token that is not `refused`, or None if there is none."""
        async with self._lock:
            if self._current == refused and callable(self._source):
                self._current = await self._source()
        return None if self._current == refused else self._current
