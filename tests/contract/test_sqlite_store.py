"""SqliteStore beyond the contract: the cost of queries, and files that processes share."""

import itertools
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from common.adapters.sqlite.query import select
from common.adapters.sqlite.store import SqliteStore
from common.domain.documents import Create, Delete, Document, Increment, Query, Update, Where
from common.domain.errors import Conflict, Unavailable

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DUE = Where("due_at", "<=", NOW)
LIVE = Where("state", "==", "live")
LAST = Document("sessions/s3", {"state": "live", "due_at": NOW - timedelta(days=1)})


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "made" / "for it" / "oprina.db", busy_seconds=0.0)
    yield store
    await store.close()


@pytest.fixture
async def other(store: SqliteStore) -> AsyncIterator[SqliteStore]:
    """Yield a second store on the same file, like that of another process."""
    other = SqliteStore(store._path, busy_seconds=0.0)
    yield other
    await other.close()


@pytest.fixture
async def raw(store: SqliteStore) -> AsyncIterator[sqlite3.Connection]:
    await store.get([])  # creates the file
    connection = sqlite3.connect(store._path, isolation_level=None)
    yield connection
    connection.close()


async def plan(store: SqliteStore, raw: sqlite3.Connection, query: Query) -> str:
    await store.query(query)  # creates the index
    statement, parameters = select(query)
    steps = raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
    return "; ".join(step[3] for step in steps)


async def steps(store: SqliteStore, query: Query) -> int:
    """Return the number of instructions that SQLite's virtual machine runs for the query."""
    await store.query(query)
    assert store._opened is not None
    counted = itertools.count()
    store._opened.set_progress_handler(lambda: next(counted) * 0, 1)
    await store.query(query)
    store._opened.set_progress_handler(None, 1)
    return next(counted)


@pytest.mark.parametrize(
    ("query", "searched"),
    [
        (Query("sessions"), "collection=?"),
        (Query("sessions", after=LAST), "collection=? AND id>?"),
        (Query("sessions", [LIVE]), "collection=? AND <expr>=?"),
        (Query("sessions", [LIVE], after=LAST), "collection=? AND <expr>=? AND id>?"),
        (Query("sessions", order_by="due_at"), "collection=?"),
        (
            Query("sessions", [DUE], order_by="due_at"),
            "collection=? AND <expr>=? AND <expr><?",
        ),
        (
            Query("sessions", [DUE, LIVE], order_by="due_at"),
            "collection=? AND <expr>=? AND <expr>=? AND <expr><?",
        ),
        (
            Query("sessions", [DUE, LIVE], order_by="due_at", after=LAST),
            "collection=? AND <expr>=? AND <expr>=? AND <expr>>? AND <expr><?",
        ),
        (
            Query("sessions", [DUE, LIVE], order_by="due_at", descending=True),
            "collection=? AND <expr>=? AND <expr>=? AND <expr><?",
        ),
    ],
)
async def test_query_uses_its_index_and_does_not_sort(
    store: SqliteStore, raw: sqlite3.Connection, query: Query, searched: str
) -> None:
    there = await plan(store, raw, query)

    assert there.startswith("SEARCH documents USING INDEX")
    assert there.endswith(f"({searched})")
    assert "B-TREE" not in there


async def test_query_cost_depends_on_its_results_only(store: SqliteStore) -> None:
    query = Query("sessions", [LIVE, DUE], order_by="due_at")
    bodies = [{"state": "live", "due_at": NOW + timedelta(hours=n)} for n in range(-2, 1000)]
    await store.commit([Create(f"sessions/s{n}", body) for n, body in enumerate(bodies[:13])])
    few = await steps(store, query)

    await store.commit([Create(f"sessions/t{n}", body) for n, body in enumerate(bodies[13:])])
    await store.commit([Create(f"others/o{n}", body) for n, body in enumerate(bodies)])

    assert len(await store.query(query)) == 3
    assert await steps(store, query) <= few + 10


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("where", [[], [LIVE]])
async def test_a_page_costs_the_same_at_the_end_of_a_list(
    store: SqliteStore, descending: bool, where: list[Where]
) -> None:
    values = [None] * 300 + [NOW + timedelta(hours=n) for n in range(300)] + ["text"] * 300
    bodies = [{"state": "live", "due_at": value} for value in values]
    for first in range(0, len(bodies), 100):
        writes = enumerate(bodies[first : first + 100], first)
        await store.commit([Create(f"sessions/s{n:03d}", body) for n, body in writes])
    query = Query("sessions", where, order_by="due_at", descending=descending, limit=5)
    costs = []
    for place in (10, 450, 890):
        after = Document(f"sessions/s{place:03d}", bodies[place])
        costs.append(await steps(store, replace(query, after=after)))
    assert max(costs) < 2 * min(costs), costs


async def test_file_keeps_documents_and_versions(store: SqliteStore) -> None:
    path = "users/ada"
    versions = await store.commit([Create(path, {"n": 1, "at": NOW}), Create("users/bob", {})])
    await store.commit([Delete("users/bob")])
    await store.close()

    assert await store.get([path]) == [Document(path, {"n": 1, "at": NOW}, versions[path])]
    await store.commit([Create("users/bob", {})])
    with pytest.raises(Conflict):
        await store.commit([Delete("users/bob", read=versions["users/bob"])])


async def test_the_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "private.db"
    store = SqliteStore(path)
    await store.commit([Create("users/ada", {"name": "Ada"})])
    modes = permissions(tmp_path)
    await store.close()
    assert modes
    assert set(modes.values()) == {0o600}, modes


def permissions(folder: Path) -> dict[str, int]:
    return {each.name: each.stat().st_mode & 0o777 for each in folder.iterdir()}


async def test_two_stores_share_a_file(store: SqliteStore, other: SqliteStore) -> None:
    query = Query("users", [Where("n", ">=", 1)], order_by="n")
    assert await other.query(query) == []

    versions = await store.commit([Create("users/ada", {"n": 1})])
    await other.commit([Update("users/ada", {"n": Increment(1)})])

    assert await store.query(query) == await other.query(query)
    with pytest.raises(Conflict):
        await store.commit([Update("users/ada", {"n": 9}, read=versions["users/ada"])])
    assert (await store.get(["users/ada"]))[0].fields == {"n": 2}


async def test_locked_file_refuses_commits_and_allows_reads(
    store: SqliteStore, raw: sqlite3.Connection
) -> None:
    await store.commit([Create("users/ada", {"n": 1})])
    raw.execute("BEGIN IMMEDIATE")

    with pytest.raises(Unavailable, match="store: SQLITE_BUSY"):
        await store.commit([Update("users/ada", {"n": 2})])
    assert (await store.get(["users/ada"]))[0].fields == {"n": 1}
    with pytest.raises(Unavailable):  # creates another index
        await store.query(Query("users", order_by="n"))

    raw.execute("COMMIT")
    await store.commit([Update("users/ada", {"n": 2})])
    assert [document.get("n") for document in await store.query(Query("users", order_by="n"))] == [
        2
    ]


async def test_commit_on_a_full_disk_is_not_written(store: SqliteStore) -> None:
    await store.commit([Create("users/ada", {"n": 1})])
    assert store._opened is not None
    (pages,) = store._opened.execute("PRAGMA page_count").fetchone()
    store._opened.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(Unavailable, match="SQLITE_FULL"):
        await store.commit(
            [Update("users/ada", {"n": 2}), Create("users/bob", {"long": "x" * 1_000_000})]
        )

    there = await store.get(["users/ada", "users/bob"])
    assert [document.fields for document in there] == [{"n": 1}, None]


async def test_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="SQLITE_CANTOPEN"):
        await SqliteStore(tmp_path).get(["users/ada"])


async def test_commits_do_not_wait_for_the_disk(store: SqliteStore) -> None:
    await store.get([])
    assert store._opened is not None
    assert store._opened.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._opened.execute("PRAGMA synchronous").fetchone() == (1,)
