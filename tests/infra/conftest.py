from collections.abc import AsyncIterator

import pytest

from infra.local.identity import LocalIdentity
from tests.api.client import FunctionClient
from tests.support.harness import new_harness


@pytest.fixture
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FunctionClient]:
    harness = new_harness()
    yield FunctionClient(
        harness, LocalIdentity(tmp_path_factory.mktemp("identity"), "oprina-local")
    )
    await harness.store.close()
