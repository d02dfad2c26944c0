from collections.abc import AsyncIterator

import pytest

from infra.local.emulators.grpc_server import serve
from infra.local.emulators.secret_manager import SecretManagerEmulator
from tests.local.emulators.secret_manager_client import Client, client_of
from tests.local.emulators.tasks_setup import TasksSetup, running_emulator
from tests.support.fakes.vault import Seconds


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
async def address(clock: Seconds) -> AsyncIterator[str]:
    async with serve(SecretManagerEmulator(now=clock).service()) as address:
        yield address


@pytest.fixture
async def client(address: str) -> AsyncIterator[Client]:
    async with client_of(address) as client:
        yield client


@pytest.fixture
async def setup() -> AsyncIterator[TasksSetup]:
    async with running_emulator() as setup:
        yield setup
