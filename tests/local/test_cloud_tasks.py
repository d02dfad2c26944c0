"""Google's own clients against the stand-in, and a target that writes down what reached it."""

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
from infra.local.emulators.grpc_server import serve, set_seconds
from infra.local.identity import LocalIdentity
from tests.support.fakes.vault import Seconds

LOCATION = "projects/demo/locations/us-central1"
QUEUE = f"{LOCATION}/queues/expiry"
TARGET = "https://target.test/sweep"
DAY = 24 * 3600.0


@dataclass
class Target:
    """Answers with the next of `answers` (an exception: not at all), with 200 after the last."""

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
class Stand:
    tasks: CloudTasksEmulator
    client: ct.CloudTasksAsyncClient
    target: Target
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
async def standing(
    delivery: Delivery = once, sign: Callable[[str, str], str] = "{}|{}".format, **retry: Any
) -> AsyncIterator[Stand]:
    clock = Seconds()
    target = Target(clock)
    async with httpx.AsyncClient(transport=httpx.MockTransport(target)) as http:
        tasks = CloudTasksEmulator(http, sign, now=clock, delivery=delivery)
        async with serve(tasks.service()) as address:
            channel = grpc_aio.insecure_channel(address)
            transport = transports.CloudTasksGrpcAsyncIOTransport(channel=channel)
            client = ct.CloudTasksAsyncClient(transport=transport)
            queue = {"name": QUEUE, "retry_config": retry}
            await client.create_queue(request={"parent": LOCATION, "queue": queue})
            yield Stand(tasks, client, target, clock, address)
            await channel.close()


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with standing() as stand:
        yield stand


async def test_calls_its_target_at_its_time(stand: Stand) -> None:
    made = await stand.make(
        "a", at=60, body=b'{"x": 1}', headers={"Content-Type": "application/json", "X-Own": "1"}
    )
    assert made.schedule_time == stand.clock.after(60)
    await stand.pass_time(59)
    assert stand.target.requests == []
    await stand.pass_time(1)
    (request,) = stand.target.requests
    assert (request.method, str(request.url), request.content) == ("POST", TARGET, b'{"x": 1}')
    headers = {name: request.headers[name] for name in request.headers if name != "accept"}
    eta = headers.pop("x-cloudtasks-tasketa")
    assert float(eta) == stand.clock.at
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
    assert await stand.waiting() == []


async def test_a_task_cannot_pass_for_another(stand: Stand) -> None:
    headers = {"User-Agent": "me", "X-CloudTasks-QueueName": "other", "x-google-y": "1"}
    await stand.make("a", headers=headers)
    await stand.tasks.deliver_due()
    sent = stand.target.requests[0].headers
    assert (sent["user-agent"], sent["x-cloudtasks-queuename"]) == ("Google-Cloud-Tasks", "expiry")
    assert "x-google-y" not in sent


async def test_the_sync_client_works_too(stand: Stand) -> None:
    def use() -> list[str]:
        channel = grpc.insecure_channel(stand.address)
        client = ct.CloudTasksClient(transport=transports.CloudTasksGrpcTransport(channel=channel))
        task = ct.Task(http_request=ct.HttpRequest(url=TARGET))
        made = client.create_task(parent=QUEUE, task=task)
        listed = [task.name for task in client.list_tasks(parent=QUEUE)]
        assert listed == [made.name]
        channel.close()
        return listed

    (name,) = await asyncio.to_thread(use)
    assert name.startswith(f"{QUEUE}/tasks/")
    assert await stand.tasks.deliver_due() == 1


async def test_a_name_is_taken_once_and_for_a_day_after(stand: Stand) -> None:
    await stand.make("a", at=60)
    with pytest.raises(google.AlreadyExists, match="already exists"):
        await stand.make("a", at=90)
    await stand.make("b", at=60)
    await stand.client.delete_task(name=f"{QUEUE}/tasks/b")
    await stand.pass_time(60)
    assert len(stand.target.requests) == 1
    for name in ("a", "b"):
        with pytest.raises(google.AlreadyExists, match="existed too recently"):
            await stand.make(name)
    stand.clock.advance(DAY)
    await stand.make("a")
    assert await stand.tasks.deliver_due() == 1


@pytest.mark.parametrize("answer", [500, 503, 429, 404, 401, 301, httpx.ReadTimeout("late")])
async def test_only_a_success_acknowledges(answer: int | Exception) -> None:
    async with standing(min_backoff={"seconds": 1}) as stand:
        stand.target.answers = [answer]
        await stand.make("a")
        await stand.tasks.deliver_due()
        assert await stand.waiting() == ["a"]
        await stand.pass_time(1)
        assert len(stand.target.requests) == 2
        assert await stand.waiting() == []


@pytest.mark.parametrize("answer", [200, 201, 204, 299])
async def test_any_success_does(stand: Stand, answer: int) -> None:
    stand.target.answers = [answer, 500]
    await stand.make("a")
    await stand.tasks.deliver_due()
    await stand.pass_time(10)
    assert (len(stand.target.requests), await stand.waiting()) == (1, [])


def test_waits_as_long_as_the_documentation_says() -> None:
    config = ct.RetryConfig(max_doublings=3)
    set_seconds(config, "min_backoff", 10)
    set_seconds(config, "max_backoff", 300)
    waits = [backoff(failures, config) for failures in range(1, 9)]
    assert waits == [10, 20, 40, 80, 160, 240, 300, 300]


async def test_tries_again_with_backoff_and_says_so() -> None:
    async with standing(
        min_backoff={"seconds": 2}, max_backoff={"seconds": 8}, max_attempts=6
    ) as stand:
        stand.target.answers = [500, 404, httpx.ConnectError("no"), 500, 500, 500, 500]
        await stand.make("a")
        begun = stand.clock.at
        await stand.tasks.deliver_due()
        await stand.pass_time(60)
        assert [at - begun for at in stand.target.times] == [0, 2, 6, 14, 22, 30]
        headers = [request.headers for request in stand.target.requests]
        assert [h["x-cloudtasks-taskretrycount"] for h in headers] == list("012345")
        assert [h["x-cloudtasks-taskexecutioncount"] for h in headers] == list("001111")
        previous = [h.get("x-cloudtasks-taskpreviousresponse") for h in headers]
        assert previous == [None, "500", "404", None, "500", "500"]
        assert await stand.waiting() == []


async def test_gives_up_only_when_both_limits_are_reached() -> None:
    async with standing(
        min_backoff={"seconds": 1},
        max_backoff={"seconds": 1},
        max_attempts=3,
        max_retry_duration={"seconds": 10},
    ) as stand:
        stand.target.answers = [500] * 50
        await stand.make("a")
        await stand.tasks.deliver_due()
        await stand.pass_time(30)
        assert len(stand.target.requests) == 11


async def test_without_limits_it_never_gives_up() -> None:
    async with standing(max_attempts=-1, max_backoff={"seconds": 1}) as stand:
        stand.target.answers = [500] * 500
        await stand.make("a")
        await stand.pass_time(150)
        assert len(stand.target.requests) > 130
        assert await stand.waiting() == ["a"]


async def test_shows_a_task_and_its_attempts(stand: Stand) -> None:
    stand.target.answers = [500]
    await stand.make("a", body=b"{}")
    await stand.tasks.deliver_due()
    name = f"{QUEUE}/tasks/a"
    basic = await stand.client.get_task(name=name)
    assert (basic.view, basic.http_request.body) == (ct.Task.View.BASIC, b"")
    assert (basic.dispatch_count, basic.response_count) == (1, 1)
    assert basic.last_attempt.response_status.message == "HTTP status code 500"
    assert basic.first_attempt.dispatch_time == stand.clock.after(0)
    full = await stand.client.get_task(request={"name": name, "response_view": "FULL"})
    assert full.http_request.body == b"{}"


async def test_a_paused_queue_waits_and_a_forced_run_does_not(stand: Stand) -> None:
    await stand.make("a", at=5)
    await stand.make("b", at=5)
    paused = await stand.client.pause_queue(name=QUEUE)
    assert paused.state == ct.Queue.State.PAUSED
    await stand.client.run_task(name=f"{QUEUE}/tasks/b")
    await stand.pass_time(20)
    assert [r.headers["x-cloudtasks-taskname"] for r in stand.target.requests] == ["b"]
    await stand.client.resume_queue(name=QUEUE)
    await stand.tasks.deliver_due()
    assert [r.headers["x-cloudtasks-taskname"] for r in stand.target.requests] == ["b", "a"]


async def test_purges_and_lists_by_page(stand: Stand) -> None:
    for number in range(5):
        await stand.make(f"t{number}", at=60)
    pages = await stand.client.list_tasks(request={"parent": QUEUE, "page_size": 2})
    assert [task.name[-2:] async for task in pages] == ["t0", "t1", "t2", "t3", "t4"]
    await stand.client.purge_queue(name=QUEUE)
    await stand.pass_time(61)
    assert (stand.target.requests, await stand.waiting()) == ([], [])
    assert (await stand.client.get_queue(name=QUEUE)).retry_config.max_attempts == 100


REFUSED: dict[str, tuple[Callable[[Stand], Any], type[Exception]]] = {
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
    "nobody's token": (lambda s: s.make(oidc_token={"audience": "x"}), google.InvalidArgument),
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
async def test_refuses_as_google_does(
    stand: Stand, call: Callable[[Stand], Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await call(stand)
    assert await stand.tasks.deliver_due() == 0


async def test_its_token_passes_googles_verifier(tmp_path: Path) -> None:
    local = LocalIdentity(tmp_path, "demo")
    account = "tasks@demo.iam.gserviceaccount.com"
    async with standing(sign=local.oidc) as stand:
        for audience in ("https://sweep.test", ""):
            oidc = {"service_account_email": account, "audience": audience}
            await stand.make(oidc_token=oidc)
            await stand.tasks.deliver_due()
    answer = await local.certificates()

    class Certificates:
        status, data = 200, answer.body

    for request, audience in zip(
        stand.target.requests, ("https://sweep.test", TARGET), strict=True
    ):
        token = request.headers["authorization"].removeprefix("Bearer ")
        claims = id_token.verify_oauth2_token(  # type: ignore[no-untyped-call]  # google-auth's
            token, lambda *_, **__: Certificates, audience=audience, clock_skew_in_seconds=10
        )
        assert (claims["email"], claims["email_verified"]) == (account, True)


@pytest.mark.parametrize(
    ("delivery", "arrives"), [(once, [10]), (twice, [10, 10]), (late(30), [40]), (never, [])]
)
async def test_delivers_as_a_test_wants_it(delivery: Delivery, arrives: list[float]) -> None:
    async with standing(delivery=delivery) as stand:
        begun = stand.clock.at
        await stand.make("a", at=10)
        await stand.pass_time(60)
        assert [at - begun for at in stand.target.times] == arrives
        assert await stand.waiting() == ([] if arrives else ["a"])


async def test_the_second_delivery_may_come_after_the_first_was_acknowledged() -> None:
    async with standing(delivery=lambda _: (0.0, 5.0)) as stand:
        begun = stand.clock.at
        await stand.make("a", at=1)
        await stand.pass_time(20)
        assert [at - begun for at in stand.target.times] == [1, 6]


async def test_what_is_deleted_while_it_is_called_stays_deleted() -> None:
    async with standing() as stand:
        stand.target.answers = [500]
        await stand.make("a")
        (due,) = stand.tasks._take_due()
        await stand.client.delete_task(name=f"{QUEUE}/tasks/a")
        await stand.tasks._deliver(due)
        await stand.pass_time(10)
        assert len(stand.target.requests) == 1


async def test_runs_by_itself_until_it_is_cancelled(stand: Stand) -> None:
    arrived = asyncio.Event()

    def note(_: httpx.Request) -> httpx.Response:
        arrived.set()
        return httpx.Response(200)

    async with httpx.AsyncClient(transport=httpx.MockTransport(note)) as http:
        stand.tasks._http = http
        running = asyncio.create_task(stand.tasks.run())
        await stand.make("a")
        await asyncio.wait_for(arrived.wait(), 5)
        arrived.clear()
        await stand.make("b", at=3600)
        stand.clock.advance(3600)
        stand.tasks.wake()
        await asyncio.wait_for(arrived.wait(), 5)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_a_target_that_hangs_is_cut_off_with_its_run(stand: Stand) -> None:
    reached = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with httpx.AsyncClient(transport=httpx.MockTransport(hang)) as http:
        stand.tasks._http = http
        running = asyncio.create_task(stand.tasks.run())
        await stand.make("a")
        await asyncio.wait_for(reached.wait(), 5)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert await stand.waiting() == ["a"]
