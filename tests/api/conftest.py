from collections.abc import AsyncIterator

import pytest

from infra.local.identity import LocalIdentity
from tests.api.wire import ORIGIN, Wire
from tests.support.harness import new_harness
from tests.support.virtual_time import VirtualTimeLoop

PROJECT = "oprina-local"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> LocalIdentity:
    return LocalIdentity(tmp_path_factory.mktemp("identity"), PROJECT)


@pytest.fixture
async def wire(local: LocalIdentity) -> AsyncIterator[Wire]:
    harness = new_harness(allowed_origins=(ORIGIN,))
    yield Wire(harness, local)
    await harness.store.close()
