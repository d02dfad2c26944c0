import pytest

pytest_plugins = ["tests.support.firestore_emulator", "tests.support.canaries"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
