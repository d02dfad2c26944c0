import pytest

pytest_plugins = [
    "tests.reliability.fault_injection",
    "tests.support.canaries",
    "tests.support.firestore_emulator",
]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
