"""Every store that the contract suite runs over."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from common.adapters.firestore.store import FirestoreStore
from common.adapters.sqlite.store import SqliteStore
from common.ports.store import Store


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
