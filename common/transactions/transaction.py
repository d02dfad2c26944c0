from collections.abc import Awaitable, Callable
from typing import TypeVar

from common.domain.documents import Document
from common.domain.errors import Ambiguous, Conflict
from common.ports.clock import Pause
from common.ports.store import Store

TRIES = 8

T = TypeVar("T")


async def read(store: Store, *paths: str) -> dict[str, Document]:
    """One round trip, by path."""
    documents = await store.get(paths)
    return {document.path: document for document in documents}


async def until_held(attempt: Callable[[int], Awaitable[T]], pause: Pause, tries: int = TRIES) -> T:
    """Reads, decides and commits again while somebody else was faster.

    `attempt` is given its number. From the second one on it must know its own work when it finds
    it: a commit that nobody confirmed may have held.
    """
    for number in range(tries - 1):
        try:
            return await attempt(number)
        except Conflict:
            await pause(number)
        except Ambiguous as error:
            if error.service != "store":
                raise
            await pause(number)
    return await attempt(tries - 1)
