from collections.abc import Sequence
from typing import Protocol

from common.domain.documents import Document, Query, Version, Write


class Store(Protocol):
    """Documents, with their words in `common.domain.documents`.

    Each call is one round trip and ends within the store's deadline. Whatever no store could do (a
    path or a value that is none, two writes on one path) is the caller's bug: ValueError, before
    anything is sent. `Unavailable("store")`: it certainly did not happen. `Failed("store")`: it was
    refused, and trying again will not change that (a missing index, a missing permission).
    """

    async def get(self, paths: Sequence[str]) -> list[Document]:
        """In the order asked; where nothing stands, a document whose fields are None."""
        ...

    async def query(self, query: Query) -> list[Document]: ...

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        """Commit every write, or none. Return the new version of each path that was not deleted.

        Raises `Conflict` if a precondition did not hold: nothing was written. Raises
        `Ambiguous("store")` if the writes were sent and no answer came: they may be committed.
        """
        ...

    async def close(self) -> None:
        """Close files and connections. The next call opens them again."""
        ...
