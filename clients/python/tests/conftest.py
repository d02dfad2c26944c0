from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from clients.python.tests.people import Someone, person, person_in_thread
from tests.end_to_end.scene import Scene, staged

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.hookimpl(tryfirst=True)  # before `-m` deselects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("client")


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with staged(tmp_path_factory.mktemp("stack")) as scene:
        yield scene


@pytest.fixture
def scene(stage: Scene) -> Iterator[Scene]:
    """Yield the module's stack, and clear its faults after the test."""
    yield stage
    stage.reset()


@pytest.fixture(params=[person, person_in_thread], ids=["async", "sync"])
def someone(request: pytest.FixtureRequest) -> Someone:
    """Return a function that signs a new user in, with either client."""
    found: Someone = request.param
    return found
