"""Each fault of a gRPC emulator, seen by Google's own client."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcAsyncIOTransport
from grpc import aio as grpc_aio  # type: ignore[import-untyped]  # grpcio ships no types

from infra.local.emulators import grpc_server
from infra.local.emulators.google_cloud import draw_fault
from infra.local.simulators.faults import Mode, ServiceFault, ServiceFaults
from tests.local.faults.service import QUICK

QUEUE = "projects/p/locations/l/queues/q"


@dataclass
class QueueService:
    """A gRPC service whose one effect is counted."""

    faults: ServiceFaults = field(default_factory=lambda: ServiceFaults(pace=QUICK))
    purged: int = 0

    def purge(self, request: tasks_v2.PurgeQueueRequest) -> tasks_v2.Queue:
        self.purged += 1
        return tasks_v2.Queue(name=request.name)

    def switch_on(self, mode: Mode, **fields: Any) -> None:
        self.faults.add(ServiceFault(service="cloud-tasks", mode=mode, **fields))

    @asynccontextmanager
    async def client(self) -> AsyncIterator[tasks_v2.CloudTasksAsyncClient]:
        method = grpc_server.Method(self.purge, tasks_v2.PurgeQueueRequest, tasks_v2.Queue)
        service = grpc_server.RpcService(
            "cloud-tasks", "google.cloud.tasks.v2.CloudTasks", {"PurgeQueue": method}
        )
        async with grpc_server.serve(service, fault=partial(draw_fault, self.faults)) as address:
            channel = grpc_aio.insecure_channel(address)
            yield tasks_v2.CloudTasksAsyncClient(
                transport=CloudTasksGrpcAsyncIOTransport(channel=channel)
            )
            await channel.close()


async def purge(client: tasks_v2.CloudTasksAsyncClient, seconds: float = 5) -> tasks_v2.Queue:
    return await client.purge_queue(name=QUEUE, retry=None, timeout=seconds)


@pytest.fixture
def service() -> QueueService:
    return QueueService()


@pytest.mark.parametrize(
    ("mode", "error", "done"),
    [
        ("refuse", exceptions.ServiceUnavailable, 0),
        ("reset", exceptions.ServiceUnavailable, 0),
        ("429", exceptions.ResourceExhausted, 0),
        ("500", exceptions.InternalServerError, 0),
        ("503", exceptions.ServiceUnavailable, 0),
        ("4xx", exceptions.OutOfRange, 0),
        ("garbage", exceptions.InternalServerError, 0),
        ("truncate", exceptions.ServiceUnavailable, 1),
        ("lost", exceptions.ServiceUnavailable, 1),
    ],
)
async def test_a_call_fails_once_and_is_carried_out_or_not(
    service: QueueService, mode: Mode, error: type[Exception], done: int
) -> None:
    service.switch_on(mode)
    async with service.client() as client:
        with pytest.raises(error):
            await purge(client)
        assert service.purged == done
        assert (await purge(client)).name == QUEUE


async def test_4xx_has_the_chosen_message(service: QueueService) -> None:
    service.switch_on("4xx", message="queue is strange")
    async with service.client() as client:
        with pytest.raises(exceptions.OutOfRange, match="queue is strange"):
            await purge(client)


async def test_nonsense_is_an_answer_without_fields(service: QueueService) -> None:
    service.switch_on("nonsense")
    async with service.client() as client:
        assert (await purge(client)).name == ""
    assert service.purged == 0


@pytest.mark.parametrize(("mode", "done"), [("timeout", 0), ("silent", 1)])
async def test_a_call_is_never_answered(service: QueueService, mode: Mode, done: int) -> None:
    service.switch_on(mode)
    async with service.client() as client:
        with pytest.raises(exceptions.DeadlineExceeded):
            await purge(client, seconds=1)  # a busy machine needs most of it to connect
    assert service.purged == done


@pytest.mark.parametrize("mode", ["slow", "lags"])
async def test_a_call_is_answered_late(service: QueueService, mode: Mode) -> None:
    service.switch_on(mode, delay_seconds=0.3)
    begun = time.monotonic()
    async with service.client() as client:
        await purge(client)
    assert time.monotonic() - begun >= 0.3


@pytest.mark.parametrize(
    "fields",
    [{"mode": "late", "delay_seconds": 1}, {"mode": "frozen", "for_seconds": 1}],
    ids=["late", "frozen"],
)
async def test_a_call_is_carried_out_after_its_caller_has_left(
    service: QueueService, fields: dict[str, Any]
) -> None:
    service.switch_on(**fields)
    async with service.client() as client:
        with pytest.raises(exceptions.DeadlineExceeded):
            await purge(client, seconds=0.1)
        assert service.purged == 0
        async with asyncio.timeout(60):
            while not service.purged:  # noqa: ASYNC110 - the service has no event to wait for
                await asyncio.sleep(0.01)
