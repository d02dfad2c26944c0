"""A store with real sockets, for tests on a virtual clock."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from common.domain.documents import Document, Query, Version, Write
from common.ports.store import Store

T = TypeVar("T")


class ThreadedStore:
    """Runs a store in the event loop of a thread. The virtual clock stands still during each call.

    `make` is called in that thread, so that the store's connections belong to its loop.
    """

    def __init__(self, make: Callable[[], Store]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._store = asyncio.run_coroutine_threadsafe(_call(make), self._loop).result()

    async def get(self, paths: Sequence[str]) -> list[Document]:
        return await self._run(self._store.get(paths))

    async def query(self, query: Query) -> list[Document]:
        return await self._run(self._store.query(query))

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        return await self._run(self._store.commit(writes))

    async def close(self) -> None:
        """Close the store. Its loop goes on in its daemon thread, because gRPC may still call it."""
        await self._run(self._store.close())

    async def _run(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        return await asyncio.get_running_loop().run_in_executor(None, future.result)


async def _call(make: Callable[[], Store]) -> Store:
    return make()
