"""The contract of `Store`: documents, their values and their paths."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from common.domain.documents import (
    Create,
    Delete,
    Document,
    Increment,
    Query,
    Update,
    Write,
)
from common.ports.store import Store
from tests.contract.store.documents import NOON, fields_of, fill


class TestGet:
    async def test_returns_documents_in_the_order_of_the_paths(self, store: Store) -> None:
        await fill(store, "users", ada={"n": 1}, bob={"n": 2})

        answers = await store.get(["users/bob", "users/missing", "users/ada", "users/bob"])

        assert [document.path for document in answers] == [
            "users/bob",
            "users/missing",
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


async def test_closed_store_opens_again(store: Store) -> None:
    await store.get(["users/ada"])
    await store.close()

    assert await store.get(["users/ada"]) == [Document("users/ada", None)]
