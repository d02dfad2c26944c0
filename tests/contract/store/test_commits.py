"""The contract of `Store`: preconditions, versions, increments and races."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from common.domain.documents import (
    Create,
    Delete,
    Increment,
    Query,
    Update,
    Version,
    Write,
)
from common.domain.errors import Conflict
from common.ports.store import Store
from tests.contract.store.documents import NOON, fields_of, found, version_of


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
