"""Firestore refuses a query without its composite index. The emulator does not, so these tests do."""

import ast
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from common.conversations.reply.history import digest
from common.domain.accounts.profile import GRACE
from common.domain.ceiling import SWITCH_PATH, allow_spending, stop_spending
from common.domain.documents import Document, Query, Version, Where, Write
from common.domain.ids import ConversationId
from common.ports.store import Store
from common.schemas.conversations import (
    DeleteConversationRequest,
    ListConversationsRequest,
    ListMessagesRequest,
)
from common.schemas.requests import SweepRequest
from tests.support.harness import ADA, advance, new_harness
from tests.terraform.plan import Plan
from tests.terraform.provider.schema import ROOT
from tests.terraform.workspace import Workspace

INDEXES = ROOT / "infra/firestore/indexes.json"
ASCENDING, DESCENDING, CONTAINS = "ASCENDING", "DESCENDING", "CONTAINS"

Index = tuple[str, tuple[tuple[str, str], ...]]
"""A collection group, and (field, direction) pairs."""


class QueryRecordingStore:
    """A store that records its queries."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self.queries: list[Query] = []

    async def get(self, paths: Sequence[str]) -> list[Document]:
        return await self._inner.get(paths)

    async def query(self, query: Query) -> list[Document]:
        self.queries.append(query)
        return await self._inner.query(query)

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        return await self._inner.commit(writes)

    async def close(self) -> None:
        await self._inner.close()


def composite_index(query: Query) -> Index | None:
    """Return the composite index that a query needs: for an order together with equalities.

    Single-field indexes serve queries on one field, and queries with equalities only.
    """
    equal = sorted({where.field for where in query.where if where.op == "=="})
    if query.order_by is None or not set(equal) - {query.order_by}:
        return None
    order = (query.order_by, DESCENDING if query.descending else ASCENDING)
    collection = query.collection.rpartition("/")[2]
    lists = [(where.field, CONTAINS) for where in query.where if where.op == "contains"]
    return collection, (*((name, ASCENDING) for name in equal), *lists, order)


def queried_fields(query: Query) -> set[tuple[str, str]]:
    """Return the (collection, field) pairs whose single-field indexes a query needs."""
    names = {where.field for where in query.where if where.op != "contains"}
    names |= {query.order_by} if query.order_by else set()
    return {(query.collection.rpartition("/")[2], name) for name in names}


def read_indexes() -> dict[str, Any]:
    indexes: dict[str, Any] = json.loads(INDEXES.read_text())
    return indexes


def declared_indexes() -> set[Index]:
    return {
        (
            index["collectionGroup"],
            tuple(
                (field["fieldPath"], field.get("order") or field["arrayConfig"])
                for field in index["fields"]
            ),
        )
        for index in read_indexes()["indexes"]
    }


async def run_queries_of_the_code() -> list[Query]:
    store = QueryRecordingStore(new_harness().store)
    harness = new_harness(store, conversation_days=30)
    history = harness.app.history
    await harness.app.sweeps.sweep(SweepRequest())
    [switch] = await store.get([SWITCH_PATH])
    await store.commit([stop_spending(switch, "test", datetime.now(UTC))])
    await harness.app.sweeps.sweep(SweepRequest())
    [switch] = await store.get([SWITCH_PATH])
    await store.commit([allow_spending(switch, datetime.now(UTC))])
    await digest(store, ConversationId("c1"), before=2)
    made = await harness.whole_chat()
    for q in (None, "hello"):
        await history.page(ADA, ListConversationsRequest(q=q))
    for place in ({}, {"before": made.message_id}, {"after": made.message_id}):
        request = {"conversation_id": made.conversation_id, **place}
        await history.messages(ADA, ListMessagesRequest.model_validate(request))
    async for _ in await harness.app.exports.begin(ADA):
        pass
    await harness.app.accounts.request_deletion(ADA)
    await history.delete(ADA, DeleteConversationRequest(conversation_id=made.conversation_id))
    advance(harness.clock, GRACE.total_seconds() + 1)
    await harness.app.sweeps.sweep(SweepRequest())
    return store.queries


async def test_declared_indexes_are_those_that_queries_need() -> None:
    queries = await run_queries_of_the_code()
    needed = {index for query in queries if (index := composite_index(query))}
    assert needed == declared_indexes()


async def test_no_query_uses_a_field_without_index() -> None:
    off = {
        (field["collectionGroup"], field["fieldPath"])
        for field in read_indexes()["fieldOverrides"]
        if not field["indexes"]
    }
    queries = await run_queries_of_the_code()
    assert queries
    assert not set().union(*map(queried_fields, queries)) & off


def test_every_query_of_the_code_is_run_here() -> None:
    """`run_queries_of_the_code` must run each new query, too.

    The queries of the migrations need no index of their own: they sort by the document's id.
    """
    assert query_sites(ROOT / "common") == {
        "connections/disconnect.py": 1,
        "domain/accounts/belongings.py": 4,
        "domain/conversation.py": 2,
        "domain/conversations/deleted_conversation.py": 1,
        "domain/documents.py": 1,
        "domain/conversations/messages.py": 1,
        "domain/migrations/before_turns.py": 1,
        "domain/migrations/titles.py": 1,
        "sessions/stop_all.py": 1,
        "sessions/sweep.py": 1,
    }


def query_sites(folder: Path) -> dict[str, int]:
    """Return the number of `Query(...)` calls by file."""
    found: dict[str, int] = {}
    for path in sorted(folder.rglob("*.py")):
        calls = [
            node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
        ]
        if number := sum(ast.unparse(call.func).split(".")[-1] == "Query" for call in calls):
            found[path.relative_to(folder).as_posix()] = number
    return found


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (Query("turns", (Where("due_at", "<=", 1),), "due_at"), None),
        (Query("turns", (Where("uid", "==", "a"), Where("month", "==", "b"))), None),
        (Query("turns", (Where("uid", "==", "a"),), "uid"), None),
        (
            Query("conversations", (Where("uid", "==", "a"),), "updated_at", descending=True),
            ("conversations", (("uid", ASCENDING), ("updated_at", DESCENDING))),
        ),
        (
            Query("users/ada/slots", (Where("b", "==", 1), Where("a", "==", 1)), "c"),
            ("slots", (("a", ASCENDING), ("b", ASCENDING), ("c", ASCENDING))),
        ),
    ],
)
def test_order_with_equality_needs_a_composite_index(query: Query, index: Index | None) -> None:
    assert composite_index(query) == index


def test_terraform_makes_the_declared_index(
    scratch: Workspace, plans: Callable[[str], Plan]
) -> None:
    name = "infra/firestore/indexes.json"
    fields = [
        {"fieldPath": "uid", "order": ASCENDING},
        {"fieldPath": "updated_at", "order": DESCENDING},
    ]
    index = {"collectionGroup": "conversations", "queryScope": "COLLECTION", "fields": fields}
    with scratch.restored(name):
        (scratch.folder / name).write_text(json.dumps({**read_indexes(), "indexes": [index]}))
        (planned,) = Plan(scratch.plan_json("small")).resources("google_firestore_index")
    assert planned.key == "conversations/uid:ASCENDING/updated_at:DESCENDING"
    assert [field["field_path"] for field in planned.values["fields"]] == ["uid", "updated_at"]
    assert len(plans("small").resources("google_firestore_index")) == len(declared_indexes())
