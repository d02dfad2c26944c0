"""An account with ten units and a job to do: the documents of the naive and the careful ways."""

import pytest

from common.domain.documents import Create
from tests.reliability.fault_injection import Simulation

ACCOUNT, RECEIPT, JOB = "accounts/a", "receipts/r", "jobs/j"

both_ways = pytest.mark.parametrize("careful", [False, True], ids=["naive", "careful"])


async def open_account(simulation: Simulation) -> None:
    job = {"until": simulation.harness.clock.now(), "done": False, "at_work": 0}
    await simulation.harness.store.inner.commit([Create(ACCOUNT, {"left": 10}), Create(JOB, job)])


async def left(simulation: Simulation) -> int:
    return int((await simulation.harness.document(ACCOUNT))["left"])
