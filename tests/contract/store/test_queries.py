"""The contract of `Store`: queries and their pages."""

from datetime import timedelta
from itertools import chain
from typing import Any

import pytest

from common.domain.documents import (
    Delete,
    Document,
    Query,
    Update,
    Where,
)
from common.ports.store import Store
from tests.contract.store.documents import NOON, fill, found


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
