"""A page of messages reads as many documents at message 10 as at message 100,000, on both stores.

Counted are the documents that the stores return for reads and queries. For Firestore these are the
results of its RunQuery and BatchGetDocuments calls, which are what Google bills. For SQLite the
instructions of its virtual machine are counted, too: a scan that returns nothing is seen there.

SQLite has every message from 2 to 100,000. Firestore's emulator takes minutes to write so many, so
there only the messages up to 499 and the last 501 exist. That changes no count of billed documents: the
one query of a page is a range of an index with a limit, and has no offset. The test asserts this shape.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from common.adapters.firestore.store import FirestoreStore
from common.adapters.sqlite.store import SqliteStore
from common.domain.documents import Create, Document, Query
from common.ports.store import Store
from common.schemas.conversations import ListMessagesRequest
from tests.support.harness import ADA, new_harness

LAST = 100_000
AT_ONCE = 500
LIMIT = 5


class CountingSqlite(SqliteStore):
    """Counts the documents that queries and reads return, and SQLite's instructions."""

    documents = 0
    instructions = 0

    async def get(self, paths: Sequence[str]) -> list[Document]:
        found = await super().get(paths)
        self.documents += len(found)
        return found

    async def query(self, query: Query) -> list[Document]:
        assert self._opened is not None
        self._opened.set_progress_handler(self._count, 1)
        found = await super().query(query)
        self._opened.set_progress_handler(None, 1)
        self.documents += len(found)
        return found

    def _count(self) -> int:
        self.instructions += 1
        return 0


class CountingFirestore(FirestoreStore):
    """Counts the documents in the answers of Firestore, before anything is left out of them."""

    documents = 0
    instructions = 0

    async def _get(self, *given: Any) -> Any:
        found = await super()._get(*given)
        self.documents += len(list(found))
        return found

    async def _query(self, client: Any, query: Query) -> Any:
        assert query.after is not None
        assert (query.order_by, query.limit) == ("number", LIMIT + 1)
        found = await super()._query(client, query)
        self.documents += len(list(found))
        return found


@pytest.fixture(params=["sqlite", "firestore"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    made: Store
    if request.param == "firestore":
        address = request.getfixturevalue("firestore_address")
        project = request.getfixturevalue("firestore_project")
        made = CountingFirestore(project, emulator=address, deadline_seconds=60.0)
    else:
        made = CountingSqlite(":memory:")
    yield made
    await made.close()


def numbers(store: Store) -> list[int]:
    """Return the numbers of the messages.

    Firestore's emulator takes minutes for 100,000 documents: there only the first and the last ones
    exist.
    """
    if isinstance(store, CountingSqlite):
        return list(range(2, LAST + 1))
    return [*range(2, AT_ONCE), *range(LAST - AT_ONCE, LAST + 1)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_page_reads_as_much_at_message_10_as_at_message_100_000(store: Any) -> None:
    harness = new_harness(store)
    conversation = (await harness.whole_chat("Hello.")).conversation_id
    path, now, written = (
        f"conversations/{conversation}/messages",
        harness.clock.now(),
        numbers(store),
    )
    for first in range(0, len(written), AT_ONCE):
        await store.commit(
            [
                Create(f"{path}/{n:010d}-0", {"number": n, "role": "user", "text": "x", "at": now})
                for n in written[first : first + AT_ONCE]
            ]
        )
    costs: dict[tuple[int, str], int] = {}
    work: dict[str, list[int]] = {"before": [], "after": []}
    first_query = {"conversation_id": conversation, "after": "0000000010-0", "limit": LIMIT}
    await harness.app.history.messages(ADA, ListMessagesRequest.model_validate(first_query))
    for number in (10, LAST - 10):
        for side in ("before", "after"):
            store.documents = store.instructions = 0
            fields = {"conversation_id": conversation, side: f"{number:010d}-0", "limit": LIMIT}
            page = await harness.app.history.messages(
                ADA, ListMessagesRequest.model_validate(fields)
            )
            assert len(page.messages) == LIMIT
            costs[number, side] = store.documents
            work[side].append(store.instructions)
    conversation_and_page = 1 + LIMIT + 1  # one message more says that there are more
    assert set(costs.values()) == {conversation_and_page}, costs
    assert all(at_10 == at_100_000 for at_10, at_100_000 in work.values()), work
