from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from common.domain.documents import Document, Query, Version, Write
from common.ports.store import Store


class CountingStore:
    """Counts round trips by kind. `before` is awaited before each; it may sleep or raise."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.trips: Counter[str] = Counter()
        self.before: Callable[[str], Awaitable[None]] | None = None

    async def get(self, paths: Sequence[str]) -> list[Document]:
        await self._count("read")
        return await self.inner.get(paths)

    async def query(self, query: Query) -> list[Document]:
        await self._count("query")
        return await self.inner.query(query)

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        await self._count("commit")
        return await self.inner.commit(writes)

    async def close(self) -> None:
        await self.inner.close()

    async def _count(self, kind: str) -> None:
        self.trips[kind] += 1
        if self.before is not None:
            await self.before(kind)
