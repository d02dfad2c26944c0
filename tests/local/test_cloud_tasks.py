"""The Cloud Tasks emulator, used by Google's own clients, with a target that records its requests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
import httpx
import pytest
from google.api_core import exceptions as google
from google.cloud import tasks_v2 as ct
from google.cloud.tasks_v2.services.cloud_tasks import transports
from google.oauth2 import id_token
from grpc import aio as grpc_aio

from infra.local.emulators.cloud_tasks import (
    CloudTasksEmulator,
    Delivery,
    backoff,
    late,
    never,
    once,
    twice,
)
from infra.local.emulators.cloud_tasks.dispatcher import access_token
from infra.local.emulators.grpc_server import serve, set_seconds
from infra.local.identity import LocalIdentity
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


@pytest.fixture
async def setup() -> AsyncIterator[TasksSetup]:
    async with running_emulator() as setup:
        yield setup


async def test_target_is_called_at_the_scheduled_time(setup: TasksSetup) -> None:
    made = await setup.make(
        "a", at=60, body=b'{"x": 1}', headers={"Content-Type": "application/json", "X-Own": "1"}
    )
    assert made.schedule_time == setup.clock.after(60)
    await setup.pass_time(59)
    assert setup.target.requests == []
    await setup.pass_time(1)
    (request,) = setup.target.requests
    assert (request.method, str(request.url), request.content) == ("POST", TARGET, b'{"x": 1}')
    headers = {name: request.headers[name] for name in request.headers if name != "accept"}
    eta = headers.pop("x-cloudtasks-tasketa")
    assert float(eta) == setup.clock.at
    assert headers | {"host": "", "accept-encoding": "", "connection": ""} == {
        "accept-encoding": "",
        "connection": "",
        "content-length": "8",
        "content-type": "application/json",
        "host": "",
        "user-agent": "Google-Cloud-Tasks",
        "x-cloudtasks-queuename": "expiry",
        "x-cloudtasks-taskexecutioncount": "0",
        "x-cloudtasks-taskname": "a",
        "x-cloudtasks-taskretrycount": "0",
        "x-own": "1",
    }
    assert await setup.waiting() == []


async def test_task_cannot_set_reserved_headers(setup: TasksSetup) -> None:
    headers = {"User-Agent": "me", "X-CloudTasks-QueueName": "other", "x-google-y": "1"}
    await setup.make("a", headers=headers)
    await setup.tasks.deliver_due()
    sent = setup.target.requests[0].headers
    assert (sent["user-agent"], sent["x-cloudtasks-queuename"]) == ("Google-Cloud-Tasks", "expiry")
    assert "x-google-y" not in sent


async def test_sync_client_creates_and_lists(setup: TasksSetup) -> None:
    def use() -> list[str]:
        channel = grpc.insecure_channel(setup.address)
        client = ct.CloudTasksClient(transport=transports.CloudTasksGrpcTransport(channel=channel))
        task = ct.Task(http_request=ct.HttpRequest(url=TARGET))
        made = client.create_task(parent=QUEUE, task=task)
        listed = [task.name for task in client.list_tasks(parent=QUEUE)]
        assert listed == [made.name]
        channel.close()
        return listed

    (name,) = await asyncio.to_thread(use)
    assert name.startswith(f"{QUEUE}/tasks/")
    assert await setup.tasks.deliver_due() == 1


async def test_name_stays_taken_for_a_day(setup: TasksSetup) -> None:
    await setup.make("a", at=60)
    with pytest.raises(google.AlreadyExists, match="already exists"):
        await setup.make("a", at=90)
    await setup.make("b", at=60)
    await setup.client.delete_task(name=f"{QUEUE}/tasks/b")
    await setup.pass_time(60)
    assert len(setup.target.requests) == 1
    for name in ("a", "b"):
        with pytest.raises(google.AlreadyExists, match="existed too recently"):
            await setup.make(name)
    setup.clock.advance(DAY)
    await setup.make("a")
    assert await setup.tasks.deliver_due() == 1


@pytest.mark.parametrize("answer", [500, 503, 429, 404, 401, 301, httpx.ReadTimeout("late")])
async def test_failed_answer_is_retried(answer: int | Exception) -> None:
    async with running_emulator(min_backoff={"seconds": 1}) as setup:
        setup.target.answers = [answer]
        await setup.make("a")
        await setup.tasks.deliver_due()
        assert await setup.waiting() == ["a"]
        await setup.pass_time(1)
        assert len(setup.target.requests) == 2
        assert await setup.waiting() == []


@pytest.mark.parametrize("answer", [200, 201, 204, 299])
async def test_any_2xx_acknowledges(setup: TasksSetup, answer: int) -> None:
    setup.target.answers = [answer, 500]
    await setup.make("a")
    await setup.tasks.deliver_due()
    await setup.pass_time(10)
    assert (len(setup.target.requests), await setup.waiting()) == (1, [])


def test_backoff_follows_the_documentation() -> None:
    config = ct.RetryConfig(max_doublings=3)
    set_seconds(config, "min_backoff", 10)
    set_seconds(config, "max_backoff", 300)
    waits = [backoff(failures, config) for failures in range(1, 9)]
    assert waits == [10, 20, 40, 80, 160, 240, 300, 300]


async def test_retries_have_backoff_and_headers() -> None:
    async with running_emulator(
        min_backoff={"seconds": 2}, max_backoff={"seconds": 8}, max_attempts=6
    ) as setup:
        setup.target.answers = [500, 404, httpx.ConnectError("no"), 500, 500, 500, 500]
        await setup.make("a")
        begun = setup.clock.at
        await setup.tasks.deliver_due()
        await setup.pass_time(60)
        assert [at - begun for at in setup.target.times] == [0, 2, 6, 14, 22, 30]
        headers = [request.headers for request in setup.target.requests]
        assert [h["x-cloudtasks-taskretrycount"] for h in headers] == list("012345")
        assert [h["x-cloudtasks-taskexecutioncount"] for h in headers] == list("001111")
        previous = [h.get("x-cloudtasks-taskpreviousresponse") for h in headers]
        assert previous == [None, "500", "404", None, "500", "500"]
        assert await setup.waiting() == []


async def test_task_is_dropped_when_both_limits_are_reached() -> None:
    async with running_emulator(
        min_backoff={"seconds": 1},
        max_backoff={"seconds": 1},
        max_attempts=3,
        max_retry_duration={"seconds": 10},
    ) as setup:
        setup.target.answers = [500] * 50
        await setup.make("a")
        await setup.tasks.deliver_due()
        await setup.pass_time(30)
        assert len(setup.target.requests) == 11


async def test_task_without_limits_is_retried_forever() -> None:
    async with running_emulator(max_attempts=-1, max_backoff={"seconds": 1}) as setup:
        setup.target.answers = [500] * 500
        await setup.make("a")
        await setup.pass_time(150)
        assert len(setup.target.requests) > 130
        assert await setup.waiting() == ["a"]


async def test_get_task_shows_its_attempts(setup: TasksSetup) -> None:
    setup.target.answers = [500]
    await setup.make("a", body=b"{}")
    await setup.tasks.deliver_due()
    name = f"{QUEUE}/tasks/a"
    basic = await setup.client.get_task(name=name)
    assert (basic.view, basic.http_request.body) == (ct.Task.View.BASIC, b"")
    assert (basic.dispatch_count, basic.response_count) == (1, 1)
    assert basic.last_attempt.response_status.message == "HTTP status code 500"
    assert basic.first_attempt.dispatch_time == setup.clock.after(0)
    full = await setup.client.get_task(request={"name": name, "response_view": "FULL"})
    assert full.http_request.body == b"{}"


async def test_paused_queue_delivers_forced_runs_only(setup: TasksSetup) -> None:
    await setup.make("a", at=5)
    await setup.make("b", at=5)
    paused = await setup.client.pause_queue(name=QUEUE)
    assert paused.state == ct.Queue.State.PAUSED
    await setup.client.run_task(name=f"{QUEUE}/tasks/b")
    await setup.pass_time(20)
    assert [r.headers["x-cloudtasks-taskname"] for r in setup.target.requests] == ["b"]
    await setup.client.resume_queue(name=QUEUE)
    await setup.tasks.deliver_due()
    assert [r.headers["x-cloudtasks-taskname"] for r in setup.target.requests] == ["b", "a"]


async def test_queue_is_listed_by_page_and_purged(setup: TasksSetup) -> None:
    for number in range(5):
        await setup.make(f"t{number}", at=60)
    pages = await setup.client.list_tasks(request={"parent": QUEUE, "page_size": 2})
    assert [task.name[-2:] async for task in pages] == ["t0", "t1", "t2", "t3", "t4"]
    await setup.client.purge_queue(name=QUEUE)
    await setup.pass_time(61)
    assert (setup.target.requests, await setup.waiting()) == ([], [])
    assert (await setup.client.get_queue(name=QUEUE)).retry_config.max_attempts == 100


REFUSED: dict[str, tuple[Callable[[TasksSetup], Any], type[Exception]]] = {
    "no such queue": (
        lambda s: s.client.create_task(
            parent=f"{LOCATION}/queues/none", task=ct.Task(http_request={"url": TARGET})
        ),
        google.NotFound,
    ),
    "no such task": (lambda s: s.client.get_task(name=f"{QUEUE}/tasks/x"), google.NotFound),
    "none to delete": (lambda s: s.client.delete_task(name=f"{QUEUE}/tasks/x"), google.NotFound),
    "none to run": (lambda s: s.client.run_task(name=f"{QUEUE}/tasks/x"), google.NotFound),
    "none to pause": (lambda s: s.client.pause_queue(name=f"{QUEUE}x"), google.NotFound),
    "a queue twice": (
        lambda s: s.client.create_queue(parent=LOCATION, queue=ct.Queue(name=QUEUE)),
        google.AlreadyExists,
    ),
    "a queue elsewhere": (
        lambda s: s.client.create_queue(parent=LOCATION, queue=ct.Queue(name="queues/q")),
        google.InvalidArgument,
    ),
    "a name with a dot": (lambda s: s.make("a.b"), google.InvalidArgument),
    "no scheme": (lambda s: s.make(url="target.test/x"), google.InvalidArgument),
    "too far ahead": (lambda s: s.make(at=31 * DAY), google.InvalidArgument),
    "a body with GET": (lambda s: s.make(http_method="GET", body=b"x"), google.InvalidArgument),
    "token without an account": (
        lambda s: s.make(oidc_token={"audience": "x"}),
        google.InvalidArgument,
    ),
    "OAuth token without an account": (
        lambda s: s.make(oauth_token={"scope": "x"}),
        google.InvalidArgument,
    ),
    "more than 1 MB": (lambda s: s.make(body=b"x" * 1_048_576), google.InvalidArgument),
    "too long a URL": (lambda s: s.make(url=f"{TARGET}/{'x' * 2_100}"), google.InvalidArgument),
    "none to delete as a queue": (
        lambda s: s.client.delete_queue(name=f"{QUEUE}x"),
        google.NotFound,
    ),
    "an update of the state": (
        lambda s: s.client.update_queue(
            request={
                "queue": {"name": QUEUE, "state": "PAUSED"},
                "update_mask": {"paths": ["state"]},
            }
        ),
        google.InvalidArgument,
    ),
    "a filter of nonsense": (
        lambda s: s.client.list_queues(request={"parent": LOCATION, "filter": "state PAUSED"}),
        google.InvalidArgument,
    ),
    "too long a deadline": (
        lambda s: s.client.create_task(
            request={
                "parent": QUEUE,
                "task": {"http_request": {"url": TARGET}, "dispatch_deadline": {"seconds": 1801}},
            }
        ),
        google.InvalidArgument,
    ),
}


@pytest.mark.parametrize(("call", "error"), REFUSED.values(), ids=REFUSED.keys())
async def test_refusals_are_googles(
    setup: TasksSetup, call: Callable[[TasksSetup], Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await call(setup)
    assert await setup.tasks.deliver_due() == 0


async def test_oidc_token_passes_googles_verifier(tmp_path: Path) -> None:
    local = LocalIdentity(tmp_path, "demo")
    account = "tasks@demo.iam.gserviceaccount.com"
    async with running_emulator(sign=local.oidc) as setup:
        for audience in ("https://sweep.test", ""):
            oidc = {"service_account_email": account, "audience": audience}
            await setup.make(oidc_token=oidc)
            await setup.tasks.deliver_due()
    answer = await local.certificates()

    class Certificates:
        status, data = 200, answer.body

    for request, audience in zip(
        setup.target.requests, ("https://sweep.test", TARGET), strict=True
    ):
        token = request.headers["authorization"].removeprefix("Bearer ")
        claims = id_token.verify_oauth2_token(  # type: ignore[no-untyped-call]  # google-auth's
            token, lambda *_, **__: Certificates, audience=audience, clock_skew_in_seconds=10
        )
        assert (claims["email"], claims["email_verified"]) == (account, True)


@pytest.mark.parametrize(
    ("delivery", "arrives"), [(once, [10]), (twice, [10, 10]), (late(30), [40]), (never, [])]
)
async def test_delivery_plan_decides_arrivals(delivery: Delivery, arrives: list[float]) -> None:
    async with running_emulator(delivery=delivery) as setup:
        begun = setup.clock.at
        await setup.make("a", at=10)
        await setup.pass_time(60)
        assert [at - begun for at in setup.target.times] == arrives
        assert await setup.waiting() == ([] if arrives else ["a"])


async def test_duplicate_arrives_after_the_acknowledgement() -> None:
    async with running_emulator(delivery=lambda _: (0.0, 5.0)) as setup:
        begun = setup.clock.at
        await setup.make("a", at=1)
        await setup.pass_time(20)
        assert [at - begun for at in setup.target.times] == [1, 6]


async def test_task_deleted_during_its_call_stays_deleted() -> None:
    async with running_emulator() as setup:
        setup.target.answers = [500]
        await setup.make("a")
        (due,) = setup.tasks._queues.take_due()
        await setup.client.delete_task(name=f"{QUEUE}/tasks/a")
        await setup.tasks._deliver(due)
        await setup.pass_time(10)
        assert len(setup.target.requests) == 1


async def test_run_delivers_until_it_is_cancelled(setup: TasksSetup) -> None:
    arrived = asyncio.Event()

    def note(_: httpx.Request) -> httpx.Response:
        arrived.set()
        return httpx.Response(200)

    async with httpx.AsyncClient(transport=httpx.MockTransport(note)) as http:
        setup.tasks._http = http
        running = asyncio.create_task(setup.tasks.run())
        await setup.make("a")
        await asyncio.wait_for(arrived.wait(), 5)
        arrived.clear()
        await setup.make("b", at=3600)
        setup.clock.advance(3600)
        setup.tasks.wake()
        await asyncio.wait_for(arrived.wait(), 5)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_cancelling_run_ends_a_hanging_call(setup: TasksSetup) -> None:
    reached = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with httpx.AsyncClient(transport=httpx.MockTransport(hang)) as http:
        setup.tasks._http = http
        running = asyncio.create_task(setup.tasks.run())
        await setup.make("a")
        await asyncio.wait_for(reached.wait(), 5)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert await setup.waiting() == ["a"]


@pytest.mark.parametrize("scope", ["", "https://www.googleapis.com/auth/pubsub"])
async def test_oauth_task_carries_an_access_token(setup: TasksSetup, scope: str) -> None:
    account = "tasks@demo.iam.gserviceaccount.com"
    await setup.make(oauth_token={"service_account_email": account, "scope": scope})
    await setup.tasks.deliver_due()
    scheme, _, token = setup.target.requests[0].headers["authorization"].partition(" ")
    wanted = scope or "https://www.googleapis.com/auth/cloud-platform"
    assert (scheme, token) == ("Bearer", access_token(account, wanted))
    assert token.startswith("ya29.")


async def test_task_of_1_mb_is_delivered(setup: TasksSetup) -> None:
    await setup.make("large", body=b"x" * 1_048_000)
    await setup.tasks.deliver_due()
    assert len(setup.target.requests[0].content) == 1_048_000


async def test_queues_are_listed_updated_and_deleted(setup: TasksSetup) -> None:
    client = setup.client
    for name in ("a", "b", "c"):
        await client.create_queue(parent=LOCATION, queue=ct.Queue(name=f"{LOCATION}/queues/{name}"))
    await client.pause_queue(name=f"{LOCATION}/queues/b")
    pages = await client.list_queues(request={"parent": LOCATION, "page_size": 2})
    assert [queue.name[-1] async for queue in pages] == ["a", "b", "c", "y"]
    paused = await client.list_queues(request={"parent": LOCATION, "filter": "state: PAUSED"})
    assert [queue.name[-1] async for queue in paused] == ["b"]
    updated = await client.update_queue(
        request={
            "queue": {
                "name": f"{LOCATION}/queues/b",
                "retry_config": {"max_attempts": 7, "max_doublings": 3},
                "rate_limits": {"max_concurrent_dispatches": 5},
            },
            "update_mask": {"paths": ["retry_config.max_attempts"]},
        }
    )
    assert (updated.retry_config.max_attempts, updated.retry_config.max_doublings) == (7, 16)
    assert (updated.state, "rate_limits" in updated) == (ct.Queue.State.PAUSED, False)
    await client.delete_queue(name=f"{LOCATION}/queues/b")
    with pytest.raises(google.NotFound):
        await client.get_queue(name=f"{LOCATION}/queues/b")


async def test_update_creates_a_missing_queue(setup: TasksSetup) -> None:
    name = f"{LOCATION}/queues/new"
    created = await setup.client.update_queue(request={"queue": {"name": name}})
    assert (created.name, created.state) == (name, ct.Queue.State.RUNNING)


async def test_deleted_queue_delivers_nothing(setup: TasksSetup) -> None:
    await setup.make("a", at=5)
    await setup.client.delete_queue(name=QUEUE)
    await setup.pass_time(10)
    assert setup.target.requests == []
    with pytest.raises(google.NotFound):
        await setup.make("b")
