import asyncio

import httpx
import pytest
from google.cloud import tasks_v2 as ct

from infra.local.emulators.cloud_tasks import (
    backoff,
)
from infra.local.emulators.grpc_server import set_seconds
from tests.local.emulators.tasks_setup import (
    QUEUE,
    TasksSetup,
    running_emulator,
)


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
        await asyncio.wait_for(arrived.wait(), 60)
        arrived.clear()
        await setup.make("b", at=3600)
        setup.clock.advance(3600)
        setup.tasks.wake()
        await asyncio.wait_for(arrived.wait(), 60)
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
        await asyncio.wait_for(reached.wait(), 60)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert await setup.waiting() == ["a"]
