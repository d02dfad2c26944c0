"""Plugins of all tests, and their markers by folder."""

import os
from pathlib import Path

import pytest

pytest_plugins = [
    "tests.support.canaries",
    "tests.support.firestore_emulator",
]

TESTS = Path(__file__).parent
SLOW = (
    "end_to_end",
    "infra/test_new_function.py",
    "infra/test_package_starts.py",
    "infra/test_smoke.py",
    "local/test_demo.py",
    "local/test_readme.py",
    "local/test_stack.py",
    "reliability",
    "terraform/test_mistakes.py",
    "terraform/test_terraform.py",
)
"""Files and folders that take more than 10 seconds each on one core."""


WAITING = 2
"""Processes beyond the cores: tests of the local stack wait for sound, timers and other processes."""


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_auto_num_workers() -> int:
    """Return the number of processes of `-n auto`."""
    return (os.cpu_count() or 1) + WAITING


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.hookimpl(tryfirst=True)  # before `-m` deselects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the name of its folder, and with `slow` where it is in `SLOW`."""
    slow = [TESTS / each for each in SLOW]
    for item in (each for each in items if each.path.is_relative_to(TESTS)):
        item.add_marker(item.path.relative_to(TESTS).parts[0])
        if any(item.path.is_relative_to(each) for each in slow):
            item.add_marker("slow")
