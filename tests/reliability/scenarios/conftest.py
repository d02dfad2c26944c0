"""The simulation over each real store: SQLite, and Firestore's emulator."""

from collections.abc import AsyncIterator

import pytest

from common.adapters.firestore.store import FirestoreStore
from common.adapters.sqlite.store import SqliteStore
from common.ports.store import Store
from tests.support.harness import new_harness
from tests.support.simulation.simulation import Simulation
from tests.support.threaded_store import ThreadedStore


@pytest.fixture(params=["sqlite", "firestore"])
async def simulation(request: pytest.FixtureRequest) -> AsyncIterator[Simulation]:
    """A simulation without latency, over the store that the parameter names."""
    harness = new_harness(_store(request))
    made = Simulation(harness)
    try:
        yield made
    finally:
        await made.close()
        await harness.store.close()


def _store(request: pytest.FixtureRequest) -> Store:
    if request.param == "sqlite":
        return SqliteStore(":memory:")
    address = request.getfixturevalue("firestore_address")
    project = request.getfixturevalue("firestore_project")
    return ThreadedStore(lambda: FirestoreStore(project, emulator=address, deadline_seconds=20.0))
