"""The Cloud Tasks emulator with Google's client and a target that records its requests."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from google.cloud import tasks_v2 as ct
from google.cloud.tasks_v2.services.cloud_tasks import transports
from grpc import aio as grpc_aio  # type: ignore[import-untyped]  # grpcio ships no types

from infra.local.emulators.cloud_tasks import (
    CloudTasksEmulator,
    Delivery,
    once,
)
from infra.local.emulators.grpc_server import serve
from tests.support.fakes.vault import Seconds

LOCATION = "projects/demo/locations/us-central1"
QUEUE = f"{LOCATION}/queues/expiry"
TARGET = "https://target.test/sweep"
DAY = 24 * 3600.0


@dataclass
class RecordingTarget:
    """Answers the next of `answers` (raises an exception), and 200 after the last."""

    clock: Seconds
    answers: list[int | Exception] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.times.append(self.clock.at)
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer)


@dataclass
class TasksSetup:
    tasks: CloudTasksEmulator
    client: ct.CloudTasksAsyncClient
    target: RecordingTarget
    clock: Seconds
    address: str

    async def make(self, name: str = "", at: float = 0, **http: Any) -> ct.Task:
        task: dict[str, Any] = {"http_request": {"url": TARGET, **http}}
        if name:
            task["name"] = f"{QUEUE}/tasks/{name}"
        if at:
            task["schedule_time"] = self.clock.after(at)
        return await self.client.create_task(request={"parent": QUEUE, "task": task})

    async def waiting(self) -> list[str]:
        listed = await self.client.list_tasks(parent=QUEUE)
        return [task.name.rpartition("/")[2] async for task in listed]

    async def pass_time(self, seconds: float, step: float = 1) -> None:
        for _ in range(int(seconds / step)):
            self.clock.advance(step)
            await self.tasks.deliver_due()


@asynccontextmanager
async def running_emulator(
    delivery: Delivery = once, sign: Callable[[str, str], str] = "{}|{}".format, **retry: Any
) -> AsyncIterator[TasksSetup]:
    clock = Seconds()
    target = RecordingTarget(clock)
    async with httpx.AsyncClient(transport=httpx.MockTransport(target)) as http:
        tasks = CloudTasksEmulator(http, sign, now=clock, delivery=delivery)
        async with serve(tasks.service()) as address:
            channel = grpc_aio.insecure_channel(address)
            transport = transports.CloudTasksGrpcAsyncIOTransport(channel=channel)
            client = ct.CloudTasksAsyncClient(transport=transport)
            queue = {"name": QUEUE, "retry_config": retry}
            await client.create_queue(request={"parent": LOCATION, "queue": queue})
            yield TasksSetup(tasks, client, target, clock, address)
            await channel.close()
