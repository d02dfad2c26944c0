from common.adapters.sqlite.store import SqliteStore
from common.domain.documents import Create, Document, Query
from common.schemas.conversations import ListMessagesRequest
from tests.support.harness import ADA, new_harness


class ReadCountingStore(SqliteStore):
    """Counts the documents that queries and reads return."""

    documents = 0

    async def query(self, query: Query) -> list[Document]:
        found = await super().query(query)
        self.documents += len(found)
        return found


async def test_a_page_reads_as_much_at_message_10_as_at_message_100_000() -> None:
    store = ReadCountingStore(":memory:")
    harness = new_harness(store)
    conversation = (await harness.whole_chat("Hello.")).conversation_id
    for first in range(2, 100_002, 500):
        path = f"conversations/{conversation}/messages"
        now = harness.clock.now()
        await store.commit(
            [
                Create(f"{path}/{n:010d}-0", {"number": n, "role": "user", "text": "x", "at": now})
                for n in range(first, first + 500)
            ]
        )
    costs = set()
    for number in (10, 99_990):
        for side in ("before", "after"):
            store.documents = 0
            fields = {"conversation_id": conversation, side: f"{number:010d}-0", "limit": 5}
            page = await harness.app.history.messages(
                ADA, ListMessagesRequest.model_validate(fields)
            )
            assert len(page.messages) == 5
            costs.add(store.documents)
    assert costs == {6}
