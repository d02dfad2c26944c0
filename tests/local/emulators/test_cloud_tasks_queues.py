from collections.abc import Callable
from typing import Any

import pytest
from google.api_core import exceptions as google
from google.cloud import tasks_v2 as ct

from infra.local.emulators.cloud_tasks import (
    Delivery,
    late,
    never,
    once,
    twice,
)
from tests.local.emulators.tasks_setup import (
    DAY,
    LOCATION,
    QUEUE,
    TARGET,
    TasksSetup,
    running_emulator,
)


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
