from pathlib import Path

import pytest

from clients.python.tests.people import Someone, person, person_in_thread
from tests.end_to_end.conftest import scene, stage

__all__ = ["scene", "stage"]

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.hookimpl(tryfirst=True)  # before `-m` deselects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("client")


@pytest.fixture(params=[person, person_in_thread], ids=["async", "sync"])
def someone(request: pytest.FixtureRequest) -> Someone:
    """Return a function that signs a new user in, with either client."""
    found: Someone = request.param
    return found
