"""Delete what a killed seed has written of a person."""

from common.domain.accounts import belongings
from common.domain.documents import Document, Query
from common.domain.ids import UserId
from common.ports.store import Store
from common.transactions.pages import read_all


async def delete_half(store: Store, user: UserId) -> None:
    """Delete a person's conversations, sessions, turns and usage.

    Children are deleted first, so that a second kill leaves none that no query finds. The person's own
    document stays: it has the mark of the seed.
    """
    for name in belongings.OWNED:
        parents = await _find(store, belongings.documents_of(name, user))
        for parent in parents:
            for query in (belongings.messages_of(parent.id), belongings.events_of(parent.id)):
                await delete(store, await _find(store, query))
        await delete(store, parents)
    for name in ("usage", "slots"):
        await delete(store, await _find(store, belongings.below(user, name)))


async def delete(store: Store, found: list[Document]) -> None:
    """Delete documents, a page in one commit."""
    for first in range(0, len(found), belongings.PAGE):
        await store.commit(belongings.delete_all(found[first : first + belongings.PAGE]))


async def _find(store: Store, query: Query) -> list[Document]:
    return [each async for each in read_all(store, query)]
