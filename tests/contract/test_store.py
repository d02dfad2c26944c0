"""The contract of `Store`: one suite over every store."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from common.adapters.firestore.store import FirestoreStore
from common.adapters.sqlite.store import SqliteStore
from common.domain.documents import (
    Create,
    Delete,
    Document,
    Increment,
    Query,
    Update,
    Version,
    Where,
    Write,
)
from common.domain.errors import Conflict
from common.ports.store import Store

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, UTC)


@pytest.fixture(params=["sqlite-memory", "sqlite-file", "firestore"])
def unused(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "firestore":
        address = request.getfixturevalue("firestore_address")
        project = request.getfixturevalue("firestore_project")
        return FirestoreStore(project, emulator=address, deadline_seconds=20.0)
    return SqliteStore(":memory:" if request.param == "sqlite-memory" else tmp_path / "it.db")


@pytest.fixture
async def store(unused: Store) -> AsyncIterator[Store]:
    yield unused
    await unused.close()


async def fields_of(store: Store, path: str) -> Any:
    (document,) = await store.get([path])
    return document.fields


async def version_of(store: Store, path: str) -> Version:
    (document,) = await store.get([path])
    return document.version


async def fill(store: Store, collection: str, **bodies: dict[str, Any]) -> None:
    await store.commit([Create(f"{collection}/{name}", body) for name, body in bodies.items()])


async def found(store: Store, query: Query) -> list[str]:
    return [document.id for document in await store.query(query)]


class TestGet:
    async def test_returns_documents_in_the_order_of_the_paths(self, store: Store) -> None:
        await fill(store, "users", ada={"n": 1}, bob={"n": 2})

        answers = await store.get(["users/bob", "users/nobody", "users/ada", "users/bob"])

        assert [document.path for document in answers] == [
            "users/bob",
            "users/nobody",
            "users/ada",
            "users/bob",
        ]
        assert [document.fields for document in answers] == [{"n": 2}, None, {"n": 1}, {"n": 2}]
        assert [document.exists for document in answers] == [True, False, True, True]
        assert answers[1].version is None

    async def test_no_paths_give_no_documents(self, store: Store) -> None:
        assert await store.get([]) == []
        assert await store.commit([]) == {}

    async def test_parent_need_not_exist(self, store: Store) -> None:
        await store.commit([Create("users/ada/slots/0", {"n": 1})])

        assert [d.exists for d in await store.get(["users/ada", "users/ada/slots/0"])] == [
            False,
            True,
        ]


class TestValues:
    @pytest.mark.parametrize(
        "value",
        [
            None,
            True,
            False,
            0,
            -1,
            2**63 - 1,
            -(2**63),
            2**53 + 1,
            1.5,
            1e300,
            "",
            "0",
            "Zoë \U0001f600 \u0000 日本 \\ \" '",
            NOON,
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
            [],
            {},
            [None, True, 1, "a", NOON, {"deep": [{"er": [NOON]}]}, []][:-1],
            {"a.b": {"`": [1, {"c d": None}]}, "é": NOON},
        ],
        ids=repr,
    )
    async def test_are_read_as_they_were_written(self, store: Store, value: Any) -> None:
        await store.commit([Create("things/made", {"value": value})])
        await store.commit([Create("things/changed", {"value": "before"})])
        await store.commit([Update("things/changed", {"value": value})])

        for path in ("things/made", "things/changed"):
            there = (await fields_of(store, path))["value"]
            assert there == value
            assert type(there) is type(value)

    async def test_times_are_read_in_utc(self, store: Store) -> None:
        east = timezone(timedelta(hours=5, minutes=30))

        await store.commit([Create("things/t", {"at": NOON.astimezone(east)})])

        assert (await fields_of(store, "things/t"))["at"].isoformat() == (
            "2026-11-23T12:00:00.123456+00:00"
        )

    async def test_empty_document_exists(self, store: Store) -> None:
        await store.commit([Create("things/empty", {})])

        assert await fields_of(store, "things/empty") == {}

    @pytest.mark.parametrize(
        "fields",
        [
            {"text": "a lone \ud800 surrogate"},
            {"deep": [{"text": "\udfff"}]},
            {"map": {"\ud800": 1}},
            {"map": {"": 1}},
            {"map": {"__name__": 1}},
            {"map": {1: "a"}},
            {"big": 2**63},
            {"number": float("nan")},
            {"number": float("inf")},
            {"at": datetime(2026, 1, 1)},  # noqa: DTZ001 - the example
            {"raw": b"bytes"},
            {"set": {1, 2}},
            {"list": [[1]]},
            {"list": [Increment(1)]},
            {"step": Increment(2**64)},
            {"a.b": 1},
            {"__name__": 1},
            {"": 1},
            {"a'b": 1},
        ],
        ids=ascii,
    )
    async def test_invalid_values_are_refused(self, store: Store, fields: dict[str, Any]) -> None:
        await store.commit([Create("things/there", {"n": 1})])

        with pytest.raises(ValueError):  # noqa: PT011 - any message will do
            await store.commit([Create("things/new", fields)])
        with pytest.raises(ValueError):  # noqa: PT011 - any message will do
            await store.commit([Update("things/there", fields)])

        assert await fields_of(store, "things/new") is None
        assert await fields_of(store, "things/there") == {"n": 1}


BAD_DOCUMENTS = [
    "",
    "users",
    "/users/ada",
    "users/ada/",
    "users//ada",
    "users/a/slots",
    "users/a b",
    "users/é",
    "users/..",
    "users/ada\n",
    "users/\ud800",
    "users/__x__",
    f"users/{'a' * 65}",
]


class TestPaths:
    @pytest.mark.parametrize("path", BAD_DOCUMENTS, ids=ascii)
    async def test_path_of_no_document_is_refused(self, store: Store, path: str) -> None:
        writes: list[Write] = [Create(path, {}), Update(path, {"n": 1}), Delete(path)]
        with pytest.raises(ValueError, match="path"):
            await store.get(["users/ada", path])
        for write in writes:
            with pytest.raises(ValueError, match="path"):
                await store.commit([Create("users/ada", {}), write])

        assert await fields_of(store, "users/ada") is None

    @pytest.mark.parametrize("path", ["", "users/ada", "users/ada/", "a b", "users/a/b/c"])
    async def test_path_of_no_collection_is_refused(self, store: Store, path: str) -> None:
        with pytest.raises(ValueError, match="path"):
            await store.query(Query(path))


class TestPreconditions:
    async def breaks(self, store: Store, write: Write) -> None:
        """Check that `write` conflicts alone, and within a commit in every position."""
        there, missing = Update("others/there", {"n": 1}), Create("others/missing", {"n": 1})
        await store.commit([Create("others/there", {"n": 0})])
        before = await store.get([write.path])
        commits: Sequence[list[Write]] = (
            [write],
            [write, there, missing],
            [there, write, missing],
            [there, missing, write],
        )
        for commit in commits:
            with pytest.raises(Conflict):
                await store.commit(commit)

        assert await store.get([write.path]) == before
        assert await fields_of(store, "others/there") == {"n": 0}
        assert await fields_of(store, "others/missing") is None

    async def test_create_of_an_existing_document_conflicts(self, store: Store) -> None:
        await store.commit([Create("users/ada", {"n": 1})])
        await self.breaks(store, Create("users/ada", {"n": 2}))

    async def test_update_of_a_missing_document_conflicts(self, store: Store) -> None:
        await self.breaks(store, Update("users/ada", {"n": 2}))

    async def test_increment_of_a_missing_document_conflicts(self, store: Store) -> None:
        await self.breaks(store, Update("users/ada", {"n": Increment(1)}))

    async def test_guarded_update_conflicts_after_a_change(self, store: Store) -> None:
        versions = await store.commit([Create("users/ada", {"n": 1})])
        await store.commit([Update("users/ada", {"n": 2})])
        await self.breaks(store, Update("users/ada", {"n": 3}, read=versions["users/ada"]))

    async def test_guarded_update_conflicts_after_a_delete(self, store: Store) -> None:
        versions = await store.commit([Create("users/ada", {"n": 1})])
        await store.commit([Delete("users/ada")])
        await self.breaks(store, Update("users/ada", {"n": 3}, read=versions["users/ada"]))

    async def test_guarded_update_conflicts_after_delete_and_recreation(self, store: Store) -> None:
        versions = await store.commit([Create("users/ada", {"n": 1})])
        await store.commit([Delete("users/ada")])
        await store.commit([Create("users/ada", {"n": 1})])
        await self.breaks(store, Update("users/ada", {"n": 3}, read=versions["users/ada"]))

    async def test_guarded_delete_conflicts_after_a_change(self, store: Store) -> None:
        versions = await store.commit([Create("users/ada", {"n": 1})])
        await store.commit([Update("users/ada", {"n": 2})])
        await self.breaks(store, Delete("users/ada", read=versions["users/ada"]))

    async def test_guarded_delete_conflicts_after_a_delete(self, store: Store) -> None:
        versions = await store.commit([Create("users/ada", {"n": 1})])
        await store.commit([Delete("users/ada")])
        await self.breaks(store, Delete("users/ada", read=versions["users/ada"]))

    async def test_delete_that_requires_a_document_conflicts_without_one(
        self, store: Store
    ) -> None:
        await self.breaks(store, Delete("users/ada", must_exist=True))

    async def test_one_conflict_prevents_all_writes(self, store: Store) -> None:
        paths = [f"users/{name}" for name in "abcdef"]
        read = await store.commit([Create(path, {"n": 1}) for path in paths[:5]])

        versions = await store.commit(
            [
                Update("users/a", {"n": 2}),
                Update("users/b", {"n": Increment(2), "m": "new"}, read=read["users/b"]),
                Delete("users/c", read=read["users/c"]),
                Delete("users/d", must_exist=True),
                Delete("users/e"),
                Delete("users/missing"),
                Create("users/f", {"n": Increment(5), "m": "x"}),
            ]
        )

        there = await store.get(paths)
        assert [document.fields for document in there] == [
            {"n": 2},
            {"n": 3, "m": "new"},
            None,
            None,
            None,
            {"n": 5, "m": "x"},
        ]
        assert versions == {d.path: d.version for d in there if d.exists}

    async def test_two_writes_of_one_path_are_a_value_error(self, store: Store) -> None:
        with pytest.raises(ValueError, match="one path"):
            await store.commit([Create("users/ada", {}), Update("users/ada", {"n": 1})])

    async def test_update_without_fields_is_a_value_error(self, store: Store) -> None:
        with pytest.raises(ValueError, match="at least one field"):
            await store.commit([Update("users/ada", {})])


class TestVersions:
    async def test_version_of_a_commit_guards_the_next_one(self, store: Store) -> None:
        versions = await store.commit([Create("users/ada", {"n": 0})])
        for n in range(1, 4):
            versions = await store.commit(
                [Update("users/ada", {"n": n}, read=versions["users/ada"])]
            )

        assert await fields_of(store, "users/ada") == {"n": 3}
        assert await version_of(store, "users/ada") == versions["users/ada"]

    async def test_version_of_a_query_guards_a_write(self, store: Store) -> None:
        await store.commit([Create("users/ada", {"n": 0})])
        (document,) = await store.query(Query("users"))

        await store.commit([Update("users/ada", {"n": 1}, read=document.version)])

        with pytest.raises(Conflict):
            await store.commit([Delete("users/ada", read=document.version)])

    async def test_write_that_changes_nothing_keeps_the_version(self, store: Store) -> None:
        first = await store.commit([Create("users/ada", {"n": 1, "m": {"a": [NOON]}})])

        second = await store.commit([Update("users/ada", {"m": {"a": [NOON]}})])
        third = await store.commit([Update("users/ada", {"n": Increment(0)})])

        assert first == second == third


class TestIncrements:
    async def test_concurrent_increments_add_up(self, store: Store) -> None:
        await store.commit([Create("users/ada", {"n": 100, "other": "kept"})])

        async with asyncio.TaskGroup() as tasks:
            for by in range(50):
                tasks.create_task(
                    store.commit([Update("users/ada", {"n": Increment(by), "m": Increment(-1)})])
                )

        assert await fields_of(store, "users/ada") == {"n": 1325, "m": -50, "other": "kept"}

    @pytest.mark.parametrize(
        ("before", "after"),
        [(1, 6), (1.5, 6.5), ("text", 5), (None, 5), (True, 5), (2**63 - 2, 2**63 - 1)],
        ids=repr,
    )
    async def test_value_that_is_no_number_counts_as_0(
        self, store: Store, before: Any, after: Any
    ) -> None:
        await store.commit([Create("users/ada", {"n": before})])

        await store.commit([Update("users/ada", {"n": Increment(5)})])

        assert await fields_of(store, "users/ada") == {"n": after}


async def won(attempts: Sequence[Any]) -> list[int]:
    """Run the attempts concurrently, and return those without a conflict."""
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert all(isinstance(result, dict | Conflict) for result in results), results
    return [index for index, result in enumerate(results) if isinstance(result, dict)]


class TestRaces:
    async def test_one_of_100_concurrent_creates_wins(self, store: Store) -> None:
        winners = await won([store.commit([Create("slots/0", {"by": n})]) for n in range(100)])

        assert len(winners) == 1
        assert await fields_of(store, "slots/0") == {"by": winners[0]}

    async def test_one_of_100_concurrent_guarded_updates_wins(self, store: Store) -> None:
        read = (await store.commit([Create("budgets/ada", {"by": None})]))["budgets/ada"]

        winners = await won(
            [
                store.commit(
                    [
                        Update("budgets/ada", {"by": n}, read=read),
                        Create(f"receipts/{n}", {"n": n}),
                    ]
                )
                for n in range(100)
            ]
        )

        assert len(winners) == 1
        assert await fields_of(store, "budgets/ada") == {"by": winners[0]}
        assert await found(store, Query("receipts")) == [str(winners[0])]

    async def test_unguarded_updates_all_succeed(self, store: Store) -> None:
        """Shows that tasks race here, so the tests of guards above test something."""
        await store.commit([Create("budgets/ada", {"left": 1})])

        async def spend(n: int) -> dict[str, Version]:
            (budget,) = await store.get(["budgets/ada"])
            if budget.get("left") < 1:
                raise Conflict("spent")
            return await store.commit(
                [Update("budgets/ada", {"left": 0}), Create(f"receipts/{n}", {"n": n})]
            )

        assert len(await won([spend(n) for n in range(10)])) > 1


class TestQueries:
    async def test_collection_is_returned_in_the_order_of_ids(self, store: Store) -> None:
        await fill(store, "things", b={"n": 1}, a={"n": 2}, C={}, _d={"n": None})

        assert await found(store, Query("things")) == ["C", "_d", "a", "b"]
        assert await found(store, Query("things", limit=2)) == ["C", "_d"]

    async def test_query_returns_whole_documents(self, store: Store) -> None:
        await fill(store, "things", a={"n": 1, "at": NOON, "m": {"x": [1]}})

        (document,) = await store.query(Query("things", [Where("n", "==", 1)]))

        assert document == (await store.get(["things/a"]))[0]
        assert document.fields == {"n": 1, "at": NOON, "m": {"x": [1]}}

    async def test_empty_collection_has_no_results(self, store: Store) -> None:
        assert await found(store, Query("things", [Where("n", ">", 1)], order_by="n")) == []

    async def test_query_sees_one_parent_only(self, store: Store) -> None:
        await fill(store, "users", ada={"n": 1})
        await fill(store, "users/ada/slots", a={"n": 1}, b={"n": 1})
        await fill(store, "users/bob/slots", c={"n": 1})
        await fill(store, "slots", d={"n": 1})

        assert await found(store, Query("users/ada/slots", [Where("n", "==", 1)])) == ["a", "b"]
        assert await found(store, Query("users/bob/slots")) == ["c"]
        assert await found(store, Query("slots", order_by="n")) == ["d"]
        assert await found(store, Query("users")) == ["ada"]

    @pytest.mark.parametrize(
        ("op", "value", "ids"),
        [
            ("==", 2, ["b"]),
            ("==", 2.0, ["b"]),
            ("<", 2, ["a"]),
            ("<=", 2, ["a", "b"]),
            (">", 2, ["c"]),
            (">=", 2, ["b", "c"]),
            ("==", "2", ["text"]),
            (">", "", ["text"]),
            ("==", True, ["yes"]),
            ("==", 1, ["a"]),
            (">=", False, ["no", "yes"]),
            ("==", None, ["none"]),
            ("==", NOON, ["time"]),
            ("<=", NOON + timedelta(microseconds=1), ["time"]),
            ("<", NOON, []),
            ("==", "NOON", []),
            ("==", [1], ["list"]),
            ("==", {"b": 1, "a": NOON}, ["map"]),
        ],
        ids=repr,
    )
    async def test_comparison_stays_within_the_kind_of_the_value(
        self, store: Store, op: Any, value: Any, ids: list[str]
    ) -> None:
        kinds = {"text": "2", "yes": True, "no": False, "none": None, "time": NOON}
        kinds |= {"list": [1], "map": {"a": NOON, "b": 1}}
        values = {"a": 1, "b": 2, "c": 2.5} | kinds
        await fill(store, "things", lacks={"m": 2}, **{k: {"n": v} for k, v in values.items()})

        where = [Where("n", op, value)]

        assert await found(store, Query("things", where, order_by="n")) == ids
        if op == "==":
            assert await found(store, Query("things", where)) == ids

    async def test_kinds_are_ordered_as_in_firestore(self, store: Store) -> None:
        values = [None, False, True, -1.5, 2, NOON, "", "a", "b", "é", [1], {"a": 1}]
        names = [f"{99 - at}" for at, _ in enumerate(values)]
        bodies = [{"n": value} for value in values]
        await fill(store, "things", **dict(zip(names, bodies, strict=True)), lacks={})

        query = Query("things", order_by="n")
        assert await found(store, query) == names
        backwards = Query("things", order_by="n", descending=True, limit=5)
        assert await found(store, backwards) == names[:-6:-1]

    async def test_equalities_and_a_range_can_be_combined(self, store: Store) -> None:
        def session(state: str, minutes: int, owner: str = "ada") -> dict[str, Any]:
            return {"state": state, "due_at": NOON + timedelta(minutes=minutes), "owner": owner}

        await fill(
            store,
            "sessions",
            late=session("live", -1),
            later=session("live", -5),
            now=session("live", 0),
            future=session("live", 1),
            ended=session("ended", -9),
            bobs=session("live", -2, "bob"),
            endless={"state": "live", "owner": "ada"},
        )
        live, due = Where("state", "==", "live"), Where("due_at", "<=", NOON)
        mine = Where("owner", "==", "ada")

        assert await found(store, Query("sessions", [live, due], order_by="due_at")) == [
            "later",
            "bobs",
            "late",
            "now",
        ]
        assert await found(
            store, Query("sessions", [mine, live, due], "due_at", descending=True, limit=2)
        ) == ["now", "late"]
        after = Where("due_at", ">", NOON - timedelta(minutes=5))
        assert await found(store, Query("sessions", [due, after, mine], order_by="due_at")) == [
            "late",
            "now",
        ]
        assert await found(store, Query("sessions", [mine, live])) == [
            "endless",
            "future",
            "late",
            "later",
            "now",
        ]

    async def test_contains_finds_lists_with_the_value(self, store: Store) -> None:
        await fill(
            store,
            "things",
            a={"words": ["x", "y"], "n": 1, "who": "ada"},
            b={"words": ["y"], "n": 3, "who": "ada"},
            c={"words": ["y", 7], "n": 2, "who": "bob"},
            d={"words": "y", "n": 4, "who": "ada"},
            e={"words": [], "n": 5, "who": "ada"},
            f={"words": ["yy", {"y": "y"}], "n": 6, "who": "ada"},
            g={"n": 7, "who": "ada"},
        )
        has_y = Where("words", "contains", "y")

        assert await found(store, Query("things", [has_y])) == ["a", "b", "c"]
        assert await found(store, Query("things", [Where("words", "contains", 7)])) == ["c"]
        mine = Query("things", [Where("who", "==", "ada"), has_y], "n", descending=True, limit=1)
        assert await found(store, mine) == ["b"]
        (last,) = await store.query(mine)
        assert await found(store, Query(**{**vars(mine), "after": last})) == ["a"]
        ranged = Query("things", [has_y, Where("n", ">", 1)], order_by="n")
        assert await found(store, ranged) == ["c", "b"]

    async def test_query_sees_changes_and_deletions(self, store: Store) -> None:
        query = Query("things", [Where("n", ">=", 2)], order_by="n")
        await fill(store, "things", a={"n": 1}, b={"n": 2}, c={"n": 3})
        assert await found(store, query) == ["b", "c"]

        await store.commit(
            [Update("things/a", {"n": 9}), Update("things/b", {"n": None}), Delete("things/c")]
        )

        assert await found(store, query) == ["a"]

    @pytest.mark.parametrize(
        "query",
        [
            Query("things", [Where("n", "<", 1)]),
            Query("things", [Where("n", "<", 1)], order_by="m"),
            Query("things", [Where("n", "<", None)], order_by="n"),
            Query("things", [Where("n'", "==", 1)]),
            Query("things", [Where("n", "==", "\ud800")]),
            Query("things", [Where("n", "contains", None)]),
            Query("things", [Where("n", "contains", ["a"])]),
            Query("things", [Where("n", "contains", "a"), Where("m", "contains", "a")]),
            Query("things", order_by="a.b"),
            Query("things", limit=0),
            Query("things", descending=True),
            Query("things", after=Document("others/a", {})),
            Query("things", after=Document("things/a", None)),
            Query("things", order_by="n", after=Document("things/a", {"m": 1})),
        ],
        ids=ascii,
    )
    async def test_malformed_query_is_refused(self, store: Store, query: Query) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - any message will do
            await store.query(query)


class TestPages:
    async def pages(self, store: Store, query: Query) -> list[list[str]]:
        pages: list[list[str]] = []
        last = None
        while page := await store.query(Query(**{**vars(query), "after": last})):
            pages.append([document.id for document in page])
            last = page[-1]
        return pages

    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("where", [[], [Where("s", "==", 1)], [Where("n", ">=", 1)]], ids=len)
    async def test_pages_over_ties_return_each_document_once(
        self, store: Store, descending: bool, where: list[Where]
    ) -> None:
        ranks = [1, 1, 1, 1, 2, 2, 3.5, 3.5, 3.5, 4]
        await fill(store, "things", **{f"d{n}": {"n": r, "s": 1} for n, r in enumerate(ranks)})
        await fill(store, "things", lacks={"s": 1})
        query = Query("things", where, order_by="n", descending=descending, limit=3)

        pages = await self.pages(store, query)

        ids = [f"d{n}" for n in range(10)]
        assert list(chain(*pages)) == (ids[::-1] if descending else ids)
        assert [len(page) for page in pages] == [3, 3, 3, 1]

    async def test_pages_by_id(self, store: Store) -> None:
        ids = [f"m{n:02}" for n in range(7)]
        await fill(store, "users/ada/messages", **{name: {"role": "user"} for name in ids})

        for where in [], [Where("role", "==", "user")]:
            pages = await self.pages(store, Query("users/ada/messages", where, limit=3))
            assert pages == [ids[:3], ids[3:6], ids[6:]]

    @pytest.mark.parametrize("descending", [False, True])
    async def test_pages_across_kinds(self, store: Store, descending: bool) -> None:
        values = [None, None, True, 1, 1, NOON, NOON, "a", "a", [1], [1], {"a": 1}]
        ids = [f"d{at:02}" for at, _ in enumerate(values)]
        await fill(store, "things", **{i: {"n": v} for i, v in zip(ids, values, strict=True)})
        query = Query("things", order_by="n", descending=descending, limit=2)

        pages = await self.pages(store, query)

        assert list(chain(*pages)) == (ids[::-1] if descending else ids)


async def test_closed_store_opens_again(store: Store) -> None:
    await store.get(["users/ada"])
    await store.close()

    assert await store.get(["users/ada"]) == [Document("users/ada", None)]
