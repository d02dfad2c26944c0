"""The RPCs of `CloudTasks`."""

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
from google.cloud import tasks_v2 as ct
from google.protobuf import empty_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from grpc import StatusCode  # type: ignore[import-untyped]  # grpcio ships no types

from infra.local.emulators.cloud_tasks.delivery import Delivery, once
from infra.local.emulators.cloud_tasks.dispatcher import Dispatcher, SignOidc
from infra.local.emulators.cloud_tasks.queues import RUNNING, Queues
from infra.local.emulators.cloud_tasks.tasks import check, fill_defaults, render
from infra.local.emulators.filters import parse_filter
from infra.local.emulators.grpc_server import Method, RpcService, paginate, refuse, set_seconds

PAUSED = ct.Queue.State(ct.Queue.State.PAUSED)
LARGEST_PAGE = 1000
LARGEST_QUEUE_PAGE = 9800
OUTPUT_ONLY = {"name", "state", "purge_time"}
"""Fields of a queue that UpdateQueue does not change."""


class CloudTasksEmulator(Dispatcher):
    """Cloud Tasks of every project. `now` returns epoch seconds.

    Targets are called by `run`, or by `deliver_due`.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        sign: SignOidc,
        *,
        now: Callable[[], float] = time.time,
        delivery: Delivery = once,
    ) -> None:
        super().__init__(Queues(now, delivery), http, sign, now)
        self.ensure_queue = self._queues.ensure

    def service(self) -> RpcService:
        """Return the gRPC service."""
        methods = {
            "ListQueues": Method(self._list_queues, ct.ListQueuesRequest, ct.ListQueuesResponse),
            "CreateQueue": Method(self._create_queue, ct.CreateQueueRequest, ct.Queue),
            "GetQueue": Method(self._queue, ct.GetQueueRequest, ct.Queue),
            "UpdateQueue": Method(self._update_queue, ct.UpdateQueueRequest, ct.Queue),
            "DeleteQueue": Method(self._delete_queue, ct.DeleteQueueRequest, empty_pb2.Empty),
            "PauseQueue": Method(self._pause, ct.PauseQueueRequest, ct.Queue),
            "ResumeQueue": Method(self._resume, ct.ResumeQueueRequest, ct.Queue),
            "PurgeQueue": Method(self._purge, ct.PurgeQueueRequest, ct.Queue),
            "CreateTask": Method(self._create_task, ct.CreateTaskRequest, ct.Task),
            "GetTask": Method(self._get_task, ct.GetTaskRequest, ct.Task),
            "ListTasks": Method(self._list_tasks, ct.ListTasksRequest, ct.ListTasksResponse),
            "DeleteTask": Method(self._delete_task, ct.DeleteTaskRequest, empty_pb2.Empty),
            "RunTask": Method(self._run_task, ct.RunTaskRequest, ct.Task),
        }
        return RpcService("cloud-tasks", "google.cloud.tasks.v2.CloudTasks", methods)

    # --- queues

    def _list_queues(self, request: ct.ListQueuesRequest) -> ct.ListQueuesResponse:
        fits = parse_filter(request.filter, ct.Queue)
        prefix = f"{request.parent}/queues/"
        found = sorted((q for q in self._queues if q.name.startswith(prefix)), key=lambda q: q.name)
        numbered = [(number, queue) for number, queue in enumerate(found, 1) if fits(queue)]
        size, token = request.page_size, request.page_token
        queues, following = paginate(numbered, size, token, LARGEST_QUEUE_PAGE)
        return ct.ListQueuesResponse(queues=queues, next_page_token=following)

    def _create_queue(self, request: ct.CreateQueueRequest) -> ct.Queue:
        queue = ct.Queue(request.queue)
        _check_queue_name(queue.name, request.parent)
        if queue.name in self._queues:
            refuse(StatusCode.ALREADY_EXISTS, "Queue already exists")
        self._queues.put(queue.name, queue)
        return queue

    def _queue(self, request: Any) -> ct.Queue:  # noqa: ANN401 - any request that names a queue
        return self._queues.get(request.name)

    def _update_queue(self, request: ct.UpdateQueueRequest) -> ct.Queue:
        """Update the fields that the mask names, or all. Create the queue if there is none."""
        name = request.queue.name
        _check_queue_name(name, name.rpartition("/queues/")[0])
        paths = list(request.update_mask.paths)
        if name in self._queues and paths:
            queue = _merge(self._queues.get(name), request.queue, paths)
        else:
            queue = ct.Queue(request.queue)
        self._queues.put(name, queue)
        return queue

    def _delete_queue(self, request: ct.DeleteQueueRequest) -> empty_pb2.Empty:
        self._queues.delete(request.name)
        return empty_pb2.Empty()

    def _pause(self, request: ct.PauseQueueRequest) -> ct.Queue:
        queue = self._queue(request)
        queue.state = PAUSED
        return queue

    def _resume(self, request: ct.ResumeQueueRequest) -> ct.Queue:
        queue = self._queue(request)
        queue.state = RUNNING
        self.wake()
        return queue

    def _purge(self, request: ct.PurgeQueueRequest) -> ct.Queue:
        queue = self._queue(request)
        for entry in self._queues.inside(queue.name):
            self._queues.remove(entry)
        set_seconds(queue, "purge_time", self._now())
        return queue

    # --- tasks

    def _create_task(self, request: ct.CreateTaskRequest) -> ct.Task:
        self._queues.get(request.parent)
        task = ct.Task(request.task)
        task.name = task.name or f"{request.parent}/tasks/{uuid.uuid4().int % 10**20}"
        check(task, request.parent, self._now())
        self._queues.check_name(task.name)
        fill_defaults(task, self._now())
        self._queues.add(task)
        return render(task, request.response_view)

    def _get_task(self, request: ct.GetTaskRequest) -> ct.Task:
        return render(self._queues.find(request.name).task, request.response_view)

    def _list_tasks(self, request: ct.ListTasksRequest) -> ct.ListTasksResponse:
        inside = [(entry.order, entry.task) for entry in self._queues.inside(request.parent)]
        tasks, token = paginate(inside, request.page_size, request.page_token, LARGEST_PAGE)
        rendered = [render(task, request.response_view) for task in tasks]
        return ct.ListTasksResponse(tasks=rendered, next_page_token=token)

    def _delete_task(self, request: ct.DeleteTaskRequest) -> empty_pb2.Empty:
        self._queues.remove(self._queues.find(request.name))
        return empty_pb2.Empty()

    def _run_task(self, request: ct.RunTaskRequest) -> ct.Task:
        entry = self._queues.find(request.name)
        self._queues.plan_now(entry)
        return render(entry.task, request.response_view)


def _check_queue_name(name: str, parent: str) -> None:
    if not re.fullmatch(re.escape(parent) + r"/queues/[A-Za-z0-9-]{1,100}", name):
        refuse(StatusCode.INVALID_ARGUMENT, "Queue.name must be PARENT/queues/QUEUE_ID.")


def _merge(before: ct.Queue, given: ct.Queue, paths: list[str]) -> ct.Queue:
    """Return a copy of `before` with the fields of `given` that `paths` name."""
    for path in paths:
        if (
            path.partition(".")[0] in OUTPUT_ONLY
            or path.partition(".")[0] not in ct.Queue.meta.fields
        ):
            refuse(StatusCode.INVALID_ARGUMENT, f"Field [{path}] cannot be updated.")
    merged = ct.Queue(before)
    FieldMask(paths=paths).MergeMessage(
        ct.Queue.pb(given), ct.Queue.pb(merged), replace_message_field=True
    )
    return merged
