"""The commits that held in a walk, in their order, as the store applied them."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from common.domain.documents import Delete, Document, Fields, Query, Version, Write
from common.ports.store import Store


@dataclass(frozen=True)
class HeldCommit:
    """`at` is the loop's time at which the commit held, in seconds."""

    at: float
    writes: Sequence[Write]


class ObservedStore:
    """A store that remembers each commit that held. `watch` sees it at that moment."""

    def __init__(self, inner: Store) -> None:
        self.held: list[HeldCommit] = []
        self.watch: Callable[[Sequence[Write]], None] = lambda _: None
        self._inner = inner

    async def get(self, paths: Sequence[str]) -> list[Document]:
        return await self._inner.get(paths)

    async def query(self, query: Query) -> list[Document]:
        return await self._inner.query(query)

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        versions = await self._inner.commit(writes)
        self.held.append(HeldCommit(asyncio.get_running_loop().time(), writes))
        self.watch(writes)
        return versions

    async def close(self) -> None:
        await self._inner.close()

    def written(self, prefix: str) -> Iterator[tuple[float, str, Fields]]:
        """Return time, path and fields of each write below `prefix`, in their order."""
        for commit in self.held:
            for write in commit.writes:
                if write.path.startswith(prefix) and not isinstance(write, Delete):
                    yield commit.at, write.path, write.fields


def fields_of(write: Write) -> dict[str, Any]:
    return {} if isinstance(write, Delete) else dict(write.fields)
