"""The deep health check with real adapters, whose services fail."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from infra.local.simulators.faults import Mode, ServiceFault
from infra.local.stack import Stack
from tests.local.stacks import standing

DOWN = {
    "agent-engine": "agent",
    "cloud-tasks": "tasks",
    "google-speech": "voice",
    "liveavatar": "avatar",
    "secret-manager": "vault",
}


@pytest.fixture(scope="module")
async def there(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Stack, httpx.AsyncClient]]:
    async with standing(tmp_path_factory.mktemp("stack")) as (local, caller):
        await caller.get("/health?deep=true")  # reads the provider's key, which is then cached
        yield local, caller


async def told(there: tuple[Stack, httpx.AsyncClient]) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of a check that is not cached."""
    local, caller = there
    local.app.health_check._checking = None
    answer = await caller.get("/health?deep=true", headers={"authorization": ""})
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json()


async def test_healthy_stack_reports_ok(there: tuple[Stack, httpx.AsyncClient]) -> None:
    assert await told(there) == (200, {"status": "ok", "down": []})


@pytest.mark.parametrize("mode", ["refuse", "500"])
@pytest.mark.parametrize("service", DOWN)
async def test_services_that_are_down_are_named_and_nothing_else(
    there: tuple[Stack, httpx.AsyncClient], service: str, mode: Mode
) -> None:
    faults = there[0].simulators.faults
    faults.add(ServiceFault(service=service, mode=mode, times=0))
    try:
        assert await told(there) == (503, {"status": "degraded", "down": [DOWN[service]]})
    finally:
        faults.clear()
    assert (await told(there))[0] == 200


async def test_deep_check_costs_and_changes_nothing(there: tuple[Stack, httpx.AsyncClient]) -> None:
    simulators = there[0].simulators
    before = (
        simulators.liveavatar.credits_left(),
        simulators.agent.turns,
        simulators.speech.requests,
    )
    sessions = len(simulators.liveavatar.sessions)
    await told(there)
    assert (
        simulators.liveavatar.credits_left(),
        simulators.agent.turns,
        simulators.speech.requests,
    ) == before
    assert len(simulators.liveavatar.sessions) == sessions
