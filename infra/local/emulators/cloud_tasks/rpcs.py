import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
from google.cloud import tasks_v2 as ct
from google.protobuf import empty_pb2
from grpc import StatusCode  # type: ignore[import-untyped]  # grpcio ships no types

from infra.local.emulators.cloud_tasks.delivery import Delivery, once
from infra.local.emulators.cloud_tasks.dispatcher import Courier, Sign
from infra.local.emulators.cloud_tasks.queues import RUNNING, Queues
from infra.local.emulators.cloud_tasks.tasks import check, complete, shown
from infra.local.emulators.grpc_server import Method, Service, page, refuse, set_seconds

PAUSED = ct.Queue.State(ct.Queue.State.PAUSED)
LARGEST_PAGE = 1000


class CloudTasksEmulator(Courier):
    """`now` gives seconds since 1970. Nothing is called unless `run` runs, or `deliver_due` is."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        sign: Sign,
        *,
        now: Callable[[], float] = time.time,
        delivery: Delivery = once,
    ) -> None:
        super().__init__(Queues(now, delivery), http, sign, now)
        self.ensure_queue = self._queues.ensure

    def service(self) -> Service:
        methods = {
            "CreateQueue": Method(self._create_queue, ct.CreateQueueRequest, ct.Queue),
            "GetQueue": Method(self._queue, ct.GetQueueRequest, ct.Queue),
            "PauseQueue": Method(self._pause, ct.PauseQueueRequest, ct.Queue),
            "ResumeQueue": Method(self._resume, ct.ResumeQueueRequest, ct.Queue),
            "PurgeQueue": Method(self._purge, ct.PurgeQueueRequest, ct.Queue),
            "CreateTask": Method(self._create_task, ct.CreateTaskRequest, ct.Task),
            "GetTask": Method(self._get_task, ct.GetTaskRequest, ct.Task),
            "ListTasks": Method(self._list_tasks, ct.ListTasksRequest, ct.ListTasksResponse),
            "DeleteTask": Method(self._delete_task, ct.DeleteTaskRequest, empty_pb2.Empty),
            "RunTask": Method(self._run_task, ct.RunTaskRequest, ct.Task),
        }
        return Service("cloud-tasks", "google.cloud.tasks.v2.CloudTasks", methods)

    # --- queues

    def _create_queue(self, request: ct.CreateQueueRequest) -> ct.Queue:
        queue = ct.Queue(request.queue)
        if not re.fullmatch(re.escape(request.parent) + r"/queues/[A-Za-z0-9-]{1,100}", queue.name):
            refuse(StatusCode.INVALID_ARGUMENT, "Queue.name must be PARENT/queues/QUEUE_ID.")
        if queue.name in self._queues:
            refuse(StatusCode.ALREADY_EXISTS, "Queue already exists")
        self.ensure_queue(queue.name, queue)
        return queue

    def _queue(self, request: Any) -> ct.Queue:  # noqa: ANN401 - any request that names a queue
        return self._queues.named(request.name)

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
        self._queues.named(request.parent)
        task = ct.Task(request.task)
        task.name = task.name or f"{request.parent}/tasks/{uuid.uuid4().int % 10**20}"
        check(task, request.parent, self._now())
        self._queues.check_name(task.name)
        complete(task, self._now())
        self._queues.add(task)
        return shown(task, request.response_view)

    def _get_task(self, request: ct.GetTaskRequest) -> ct.Task:
        return shown(self._queues.find(request.name).task, request.response_view)

    def _list_tasks(self, request: ct.ListTasksRequest) -> ct.ListTasksResponse:
        inside = [(entry.order, entry.task) for entry in self._queues.inside(request.parent)]
        tasks, token = page(inside, request.page_size, request.page_token, LARGEST_PAGE)
        seen = [shown(task, request.response_view) for task in tasks]
        return ct.ListTasksResponse(tasks=seen, next_page_token=token)

    def _delete_task(self, request: ct.DeleteTaskRequest) -> empty_pb2.Empty:
        self._queues.remove(self._queues.find(request.name))
        return empty_pb2.Empty()

    def _run_task(self, request: ct.RunTaskRequest) -> ct.Task:
        entry = self._queues.find(request.name)
        self._queues.plan_now(entry)
        return shown(entry.task, request.response_view)
