"""Results that cost a run of Terraform, made by one worker of the tests and read by the others."""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


class SharedResults:
    """JSON objects by name, in a folder of all workers of a run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the result of this name. `make` is called if no worker has it yet."""
        file = self._folder / f"{name}.json"
        with (self._folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not file.exists():
                file.write_text(json.dumps(make()))
        found: dict[str, Any] = json.loads(file.read_text())
        return found


def make_shared_results(factory: pytest.TempPathFactory) -> SharedResults:
    """Return the results of this run of the tests: a worker's own folder is below the run's."""
    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "terraform"
    folder.mkdir(exist_ok=True)
    return SharedResults(folder)
