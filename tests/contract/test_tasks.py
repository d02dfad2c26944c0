"""The contract of `TaskQueue`, and the requests of the real one."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import httpx
import pytest

from common.adapters.google.cloud_tasks import CloudTasksQueue
from common.domain import errors
from common.domain.ids import AvatarSessionId
from common.ports.task_queue import TaskQueue
from infra.local.emulators import cloud_tasks
from infra.local.emulators.grpc_server import serve
from tests.support.fakes.tasks import MemoryTasks
from tests.support.fakes.vault import Seconds

ADA = AvatarSessionId("0b4f8d3a-5c1e-4a55-9d3e-6a9d6f0f1a01")
BOB = AvatarSessionId("7f1c22aa-0d7e-4d0c-8e64-7b1c2f3d4e02")
SWEEP = "http://sweep.test/sweep_expired"
ACCOUNT = "tasks@demo.iam.gserviceaccount.com"


@dataclass
class SweepEndpoint:
    """The requests that reached `sweep_expired`, and the fault of the emulator."""

    requests: list[httpx.Request] = field(default_factory=list)
    mode: str | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200)

    def fault(self, _service: str, _method: str) -> str | None:
        return self.mode

    def sessions(self) -> list[str]:
        return [json.loads(request.content)["avatar_session_id"] for request in self.requests]


@dataclass
class Bench:
    tasks: TaskQueue
    clock: Seconds
    due: Callable[[], Awaitable[list[str]]]
    """The sessions that were delivered so far."""


@dataclass
class Real:
    tasks: CloudTasksQueue
    bench: Bench
    sweep: SweepEndpoint


@pytest.fixture
async def real() -> AsyncIterator[Real]:
    clock, sweep = Seconds(), SweepEndpoint()
    async with httpx.AsyncClient(transport=httpx.MockTransport(sweep)) as http:
        stand_in = cloud_tasks.CloudTasksEmulator(http, "{}|{}".format, now=clock)
        async with serve(stand_in.service(), fault=sweep.fault) as address:
            tasks = CloudTasksQueue(
                project="demo",
                location="us-central1",
                queue="expiry",
                url=SWEEP,
                account=ACCOUNT,
                address=address,
            )
            stand_in.ensure_queue("projects/demo/locations/us-central1/queues/expiry")

            async def due() -> list[str]:
                await stand_in.deliver_due()
                return sweep.sessions()

            yield Real(tasks, Bench(tasks, clock, due), sweep)
            await tasks.close()


@pytest.fixture
def memory() -> Bench:
    clock, tasks = Seconds(), MemoryTasks()
    delivered: list[str] = []

    async def due() -> list[str]:
        delivered.extend(tasks.due_to_leave(clock.after(0)))
        delivered.extend(tasks.due(clock.after(0)))
        return delivered

    return Bench(tasks, clock, due)


@pytest.fixture(params=["memory", "real"])
def bench(request: pytest.FixtureRequest, memory: Bench, real: Real) -> Bench:
    return memory if request.param == "memory" else real.bench


async def test_task_is_delivered_at_its_time(bench: Bench) -> None:
    await bench.tasks.expire(ADA, bench.clock.after(600))
    bench.clock.advance(599)
    assert await bench.due() == []
    bench.clock.advance(1)
    assert await bench.due() == [ADA]


async def test_second_task_of_a_session_changes_nothing(bench: Bench) -> None:
    await bench.tasks.expire(ADA, bench.clock.after(600))
    await bench.tasks.expire(ADA, bench.clock.after(60))
    bench.clock.advance(60)
    assert await bench.due() == []
    bench.clock.advance(540)
    await bench.due()
    await bench.tasks.expire(ADA, bench.clock.after(0))
    assert await bench.due() == [ADA]


async def test_a_page_may_leave_several_times(bench: Bench) -> None:
    await bench.tasks.expire(ADA, bench.clock.after(600))
    for seconds in (20, 20, 40):
        await bench.tasks.leave(ADA, bench.clock.after(seconds))
    bench.clock.advance(20)
    assert await bench.due() == [ADA]
    bench.clock.advance(20)
    assert await bench.due() == [ADA, ADA]
    bench.clock.advance(560)
    assert await bench.due() == [ADA, ADA, ADA]


async def test_each_session_has_its_own_task(bench: Bench) -> None:
    await bench.tasks.expire(BOB, bench.clock.after(20))
    await bench.tasks.expire(ADA, bench.clock.after(10))
    bench.clock.advance(10)
    assert await bench.due() == [ADA]
    bench.clock.advance(10)
    assert await bench.due() == [ADA, BOB]


async def test_past_time_is_delivered_at_once(bench: Bench) -> None:
    await bench.tasks.expire(ADA, bench.clock.after(-60))
    assert await bench.due() == [ADA]


async def test_delivered_request_has_body_and_token(real: Real) -> None:
    await real.tasks.expire(ADA, real.bench.clock.after(0))
    await real.bench.due()
    (request,) = real.sweep.requests
    assert (request.method, str(request.url)) == ("POST", SWEEP)
    assert json.loads(request.content) == {"avatar_session_id": ADA}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == f"Bearer {ACCOUNT}|{SWEEP}"
    name = request.headers["x-cloudtasks-taskname"]
    assert len(name) == 64
    assert ADA not in name


async def test_request_of_a_page_that_leaves_says_so(real: Real) -> None:
    await real.tasks.leave(ADA, real.bench.clock.after(0))
    await real.bench.due()
    (request,) = real.sweep.requests
    assert json.loads(request.content) == {"avatar_session_id": ADA, "leaving": True}


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("refuse", errors.Ambiguous),
        ("truncate", errors.Ambiguous),
        ("500", errors.Ambiguous),
        ("429", errors.Busy),
    ],
)
async def test_failed_call_raises_an_upstream_error(
    real: Real, mode: str, error: type[errors.Upstream]
) -> None:
    real.sweep.mode = mode
    with pytest.raises(error):
        await real.tasks.expire(ADA, real.bench.clock.after(0))
    real.sweep.mode = None
    await real.tasks.expire(ADA, real.bench.clock.after(0))
    assert await real.bench.due() == [ADA]


async def test_missing_queue_is_not_found(real: Real) -> None:
    real.tasks._queue += "-other"
    with pytest.raises(errors.UpstreamNotFound):
        await real.tasks.expire(ADA, real.bench.clock.after(0))
    with pytest.raises(errors.UpstreamNotFound):
        await real.tasks.check()


async def test_paused_queue_fails_the_check(real: Real) -> None:
    await real.tasks.check()
    await (await real.tasks._connect()).pause_queue(name=real.tasks._queue)
    with pytest.raises(errors.Failed):
        await real.tasks.check()
