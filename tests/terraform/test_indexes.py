"""The emulator answers any query without an index; Firestore does not."""

import ast
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from common.domain.documents import Document, Query, Version, Where, Write
from common.ports.store import Store
from common.schemas.requests import SweepRequest
from tests.support.harness import new_harness
from tests.terraform.plan import Plan
from tests.terraform.provider.schema import ROOT
from tests.terraform.workspace import Workspace

INDEXES = ROOT / "infra/firestore/indexes.json"
ASCENDING, DESCENDING = "ASCENDING", "DESCENDING"

Index = tuple[str, tuple[tuple[str, str], ...]]
"""A collection, and its fields with their directions."""


class Asked:
    """A store that remembers what it was asked for."""

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


def needed(query: Query) -> Index | None:
    """The composite index that Firestore wants: for an order beside equalities. One field alone,
    and any number of equalities, are served by the indexes that each field has by itself."""
    equal = sorted({where.field for where in query.where if where.op == "=="})
    if query.order_by is None or not set(equal) - {query.order_by}:
        return None
    order = (query.order_by, DESCENDING if query.descending else ASCENDING)
    collection = query.collection.rpartition("/")[2]
    return collection, (*((name, ASCENDING) for name in equal), order)


def fields(query: Query) -> set[tuple[str, str]]:
    """The fields that it is asked by, whose own indexes must not be turned off."""
    asked = {where.field for where in query.where} | ({query.order_by} if query.order_by else set())
    return {(query.collection.rpartition("/")[2], name) for name in asked}


def read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(INDEXES.read_text())
    return found


def there() -> set[Index]:
    return {
        (
            index["collectionGroup"],
            tuple((field["fieldPath"], field["order"]) for field in index["fields"]),
        )
        for index in read()["indexes"]
    }


async def asked_by_the_code() -> list[Query]:
    store = new_harness().store
    asked = Asked(store)
    await new_harness(asked).app.sweeps.sweep(SweepRequest())
    return asked.queries


async def test_each_query_of_the_code_has_its_index_and_no_index_is_without_a_query() -> None:
    queries = await asked_by_the_code()
    assert {index for query in queries if (index := needed(query))} == there()


async def test_no_query_asks_by_a_field_whose_index_is_turned_off() -> None:
    off = {
        (field["collectionGroup"], field["fieldPath"])
        for field in read()["fieldOverrides"]
        if not field["indexes"]
    }
    queries = await asked_by_the_code()
    assert queries
    assert not set().union(*map(fields, queries)) & off


def test_there_is_no_query_in_the_code_that_is_not_run_here() -> None:
    """A new one has to be run by `asked_by_the_code`, too."""
    assert query_sites(ROOT / "common") == {"sessions/sweep.py": 1}


def query_sites(folder: Path) -> dict[str, int]:
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
def test_an_order_beside_an_equality_needs_an_index(query: Query, index: Index | None) -> None:
    assert needed(query) == index


def test_terraform_makes_what_the_file_says(changing: Workspace, plans: dict[str, Plan]) -> None:
    name = "infra/firestore/indexes.json"
    by = [
        {"fieldPath": "uid", "order": ASCENDING},
        {"fieldPath": "updated_at", "order": DESCENDING},
    ]
    index = {"collectionGroup": "conversations", "queryScope": "COLLECTION", "fields": by}
    with changing.changed(name):
        (changing.folder / name).write_text(json.dumps({**read(), "indexes": [index]}))
        (made,) = Plan(changing.planned("small")).resources("google_firestore_index")
    assert made.key == "conversations/uid:ASCENDING/updated_at:DESCENDING"
    assert [field["field_path"] for field in made.values["fields"]] == ["uid", "updated_at"]
    assert len(plans["small"].resources("google_firestore_index")) == len(there())
