from collections.abc import AsyncIterator, Iterator

import pytest

from infra.local.identity import LocalIdentity
from tests.api.client import ORIGIN, FunctionClient
from tests.support.harness import new_harness
from tests.support.log_output import Output, output
from tests.support.virtual_time import VirtualTimeLoop

PROJECT = "oprina-local"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> LocalIdentity:
    return LocalIdentity(tmp_path_factory.mktemp("identity"), PROJECT)


@pytest.fixture
async def api(local: LocalIdentity) -> AsyncIterator[FunctionClient]:
    harness = new_harness(allowed_origins=(ORIGIN,))
    yield FunctionClient(harness, local)
    await harness.store.close()


@pytest.fixture
def out() -> Iterator[Output]:
    with output() as out:
        yield out
