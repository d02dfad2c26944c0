from collections.abc import AsyncIterator, Iterator

import pytest

from tests.end_to_end.scene import Scene, staged
from tests.support.canaries import Canaries


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with staged(tmp_path_factory.mktemp("stack")) as scene:
        yield scene


@pytest.fixture
def scene(stage: Scene) -> Iterator[Scene]:
    """Yield the module's stack, and clear its faults after the test."""
    yield stage
    stage.reset()


@pytest.fixture
def canaries() -> Canaries:
    """Return the secrets of one test."""
    return Canaries()
