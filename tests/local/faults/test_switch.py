"""Switching faults on and off: counts, durations, paths, and the HTTP calls that do it."""

from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from starlette.applications import Starlette

from infra.local.simulators.all import Simulators
from infra.local.simulators.faults import SERVICES, ServiceFault, ServiceFaults
from tests.local.faults.service import MOUNT, QUICK, CountingService, switch_on
from tests.local.serving import client_of


class SettableClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def faults() -> ServiceFaults:
    return ServiceFaults(pace=QUICK)


@pytest.fixture
def service() -> CountingService:
    return CountingService()


async def statuses(client: httpx.AsyncClient, count: int) -> list[int]:
    return [(await client.get("/v1/thing")).status_code for _ in range(count)]


async def test_times_count_down_and_null_stays(
    faults: ServiceFaults, service: CountingService
) -> None:
    async with client_of(service.app(faults), MOUNT) as client:
        switch_on(faults, "500", "/v1/thing", times=2)
        assert await statuses(client, 3) == [500, 500, 200]
        switch_on(faults, "500", times=None)
        switch_on(faults, "500", times=0)
        assert await statuses(client, 3) == [500] * 3
    assert len(faults.active()) == 2


async def test_a_fault_of_ten_seconds_hits_every_call_of_that_time(
    service: CountingService,
) -> None:
    clock = SettableClock()
    faults = ServiceFaults(clock=clock)
    async with client_of(service.app(faults), MOUNT) as client:
        switch_on(faults, "503", for_seconds=10)
        assert await statuses(client, 3) == [503] * 3
        clock.now = 9.9
        assert await statuses(client, 1) == [503]
        clock.now = 10.0
        assert await statuses(client, 1) == [200]
    assert faults.active() == []


async def test_a_fault_may_have_a_count_and_a_duration(service: CountingService) -> None:
    clock = SettableClock()
    faults = ServiceFaults(clock=clock)
    async with client_of(service.app(faults), MOUNT) as client:
        switch_on(faults, "503", times=1, for_seconds=10)
        assert await statuses(client, 2) == [503, 200]
        switch_on(faults, "503", times=1, for_seconds=10)
        clock.now = 11.0
        assert await statuses(client, 1) == [200]


async def test_a_fault_hits_its_own_path_only(
    faults: ServiceFaults, service: CountingService
) -> None:
    async with client_of(service.app(faults), MOUNT) as client:
        switch_on(faults, "500", ":streamQuery")
        assert (await client.get("/v1/thing")).status_code == 200
        assert (await client.post("/v1/engine:streamQuery")).status_code == 500


async def test_the_journal_never_fails(faults: ServiceFaults, service: CountingService) -> None:
    async with client_of(service.app(faults), MOUNT) as client:
        switch_on(faults, "500", times=None)
        switch_on(faults, "frozen", for_seconds=600)
        assert (await client.get("/journal")).status_code == 200
    assert service.journal == 1


def test_the_oldest_matching_fault_wins(faults: ServiceFaults) -> None:
    faults.add(ServiceFault(service="secret-manager", path="AccessSecretVersion", mode="timeout"))
    faults.add(ServiceFault(service="secret-manager", mode="late", delay_seconds=3))
    assert faults.match("cloud-tasks", "CreateTask") is None
    found = [faults.match("secret-manager", "AccessSecretVersion") for _ in range(3)]
    assert [fault and (fault.mode, faults.pace.delay(fault)) for fault in found] == [
        ("timeout", QUICK.late_seconds),
        ("late", 3),
        None,
    ]


def test_frozen_holds_calls_up_and_hides_no_other_fault() -> None:
    clock = SettableClock()
    faults = ServiceFaults(clock=clock)
    switch_on(faults, "frozen", "/v1", for_seconds=20)
    switch_on(faults, "500", "/v1")
    clock.now = 5.0
    assert faults.frozen_seconds("liveavatar", "/v1/thing") == 15
    assert faults.frozen_seconds("liveavatar", "/ws/1") == 0
    assert faults.frozen_seconds("agent-engine", "/v1/thing") == 0
    found = [faults.match("liveavatar", "/v1/thing") for _ in range(2)]
    assert [fault and fault.mode for fault in found] == ["500", None]
    clock.now = 20.0
    assert faults.frozen_seconds("liveavatar", "/v1/thing") == 0


async def test_faults_are_switched_on_listed_and_cleared_over_http(
    faults: ServiceFaults, service: CountingService
) -> None:
    wanted = {"service": "liveavatar", "path": "/v1/thing", "mode": "429", "times": 3}
    async with client_of(service.app(faults)) as client:
        made = await client.post("/simulators/faults", json=wanted)
        assert (made.status_code, made.json()) == (201, wanted)
        assert (await client.get(f"{MOUNT}/v1/thing")).status_code == 429
        assert (await client.get("/simulators/faults")).json() == {
            "faults": [{**wanted, "times": 2}]
        }
        assert (await client.delete("/simulators/faults")).status_code == 204
        assert (await client.get(f"{MOUNT}/v1/thing")).status_code == 200


async def test_an_answer_shows_the_options_that_were_chosen(service: CountingService) -> None:
    faults = ServiceFaults(clock=SettableClock())
    wanted = {"service": "cloud-tasks", "mode": "late", "delay_seconds": 0.4, "for_seconds": 10}
    async with client_of(service.app(faults)) as client:
        made = await client.post("/simulators/faults", json=wanted)
        listed = (await client.get("/simulators/faults")).json()["faults"]
    assert made.json() == {**wanted, "path": "", "times": None}
    assert listed == [made.json()]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'"\xff"',
        b'{"service": "liveavatar"}',
        b'{"service": "liveavatar", "mode": "explode"}',
        b'{"service": "unknown", "mode": "500"}',
        b'{"service": "liveavatar", "mode": "500", "times": -1}',
        b'{"service": "liveavatar", "mode": "500", "times": "2"}',
        b'{"service": "liveavatar", "mode": "500", "path": null}',
        b'{"service": "liveavatar", "mode": "500", "also": 1}',
        b'{"service": "liveavatar", "mode": "frozen"}',
        b'{"service": "liveavatar", "mode": "500", "for_seconds": 0}',
        b'{"service": "liveavatar", "mode": "late", "delay_seconds": -1}',
        b'{"service": "liveavatar", "mode": "4xx", "status": 503}',
    ],
)
async def test_nonsense_is_refused(
    faults: ServiceFaults, service: CountingService, body: bytes
) -> None:
    async with client_of(service.app(faults)) as client:
        answer = await client.post("/simulators/faults", content=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["problem"]
    assert faults.active() == []


def test_a_frozen_fault_needs_a_duration() -> None:
    with pytest.raises(ValidationError, match="for_seconds"):
        ServiceFault(service="liveavatar", mode="frozen")


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("liveavatar", "/simulators/liveavatar/v1/voices"),
        ("agent-engine", "/simulators/agent-engine/v1/projects/p/locations/l/reasoningEngines/1"),
        ("google-speech", "/simulators/google-speech/v1/voices"),
    ],
)
async def test_every_simulated_service_fails_as_switched_on(service: str, path: str) -> None:
    simulators = Simulators(faults=ServiceFaults(pace=QUICK))
    faults: dict[str, Any] = {"service": service, "mode": "503"}
    async with client_of(Starlette(routes=simulators.routes())) as client:
        assert (await client.get(path)).status_code != 503
        assert (await client.post("/simulators/faults", json=faults)).status_code == 201
        assert (await client.get(path)).status_code == 503
    assert service in SERVICES
