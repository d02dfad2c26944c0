import pytest

pytest_plugins = ["tests.firestore_emulator", "tests.canaries"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
