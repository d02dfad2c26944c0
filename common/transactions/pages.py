"""Everything that a query finds, one page in memory at a time."""

from collections.abc import AsyncIterator
from dataclasses import replace

from common.domain.documents import Document, Query
from common.ports.store import Store


async def read_all(store: Store, query: Query) -> AsyncIterator[Document]:
    """Yield all documents of a query. Its `limit` is the size of a page."""
    while True:
        page = await store.query(query)
        for document in page:
            yield document
        if len(page) < query.limit:
            return
        query = replace(query, after=page[-1])
