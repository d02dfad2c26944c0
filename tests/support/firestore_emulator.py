"""Fixtures on the real Firestore emulator: one process per run, one project per test.

`store` runs a test twice: over SQLite, and over Firestore.
"""

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from common.adapters.firestore.store import FirestoreStore
    from common.ports.store import Store


@pytest.fixture(scope="session")
def firestore_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from infra.local import firestore

    try:
        root = os.environ.get("CLOUDSDK_ROOT_DIR")
        jar = firestore.jar(Path(root) if root else None)
    except firestore.NotInstalledError as missing:
        if os.environ.get("CI"):
            pytest.fail(f"a suite that was not run must not look green: {missing}")
        pytest.skip(f"no Firestore emulator: {missing}")
    with firestore.emulator(jar, tmp_path_factory.mktemp("firestore") / "emulator.log") as address:
        yield address


@pytest.fixture
def firestore_project(firestore_address: str) -> Iterator[str]:
    import httpx

    from infra.local.plain_http import NO_CERTIFICATES

    project = f"demo-{uuid.uuid4().hex[:12]}"
    yield project
    documents = f"emulator/v1/projects/{project}/databases/(default)/documents"
    with httpx.Client(verify=NO_CERTIFICATES, trust_env=False, timeout=10.0) as http:
        http.delete(f"http://{firestore_address}/{documents}").raise_for_status()


@pytest.fixture
async def firestore_store(
    firestore_address: str, firestore_project: str
) -> AsyncIterator["FirestoreStore"]:
    store = _firestore(firestore_address, firestore_project)
    yield store
    await store.close()


@pytest.fixture(params=["sqlite", "firestore"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator["Store"]:
    """Yield an empty store of the kind that the parameter names."""
    from common.adapters.sqlite.store import SqliteStore

    empty: Store
    if request.param == "firestore":
        address = request.getfixturevalue("firestore_address")
        empty = _firestore(address, request.getfixturevalue("firestore_project"))
    else:
        empty = SqliteStore(tmp_path / "oprina.sqlite3")
    yield empty
    await empty.close()


def _firestore(address: str, project: str) -> "FirestoreStore":
    from common.adapters.firestore.store import FirestoreStore

    return FirestoreStore(project, emulator=address, deadline_seconds=20.0)
