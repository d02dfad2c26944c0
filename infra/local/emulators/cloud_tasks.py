"""Google Cloud Tasks, as far as its own clients and its targets can tell: it really calls them.

Names, retries, headers and deadlines are the real ones; rate limits are not there. What is queued
lives as long as the process.
"""

import asyncio
import re
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
from google.cloud import tasks_v2 as ct
from google.protobuf import empty_pb2
from grpc import StatusCode  # type: ignore[import-untyped]  # grpcio ships no types

from infra.local.emulators.grpc_server import Method, Service, page, refuse, seconds, set_seconds

State, View = ct.Queue.State, ct.Task.View
NAME_TAKEN = 24 * 3600.0
"""Seconds for which a name stays taken after its task ran or was deleted."""
FURTHEST = 30 * 24 * 3600.0
LARGEST_PAGE = 1000
TOO_RECENTLY = "The task cannot be created because a task with this name existed too recently."
WITH_BODY = {ct.HttpMethod.POST, ct.HttpMethod.PUT, ct.HttpMethod.PATCH}
RUNNING, PAUSED = State(State.RUNNING), State(State.PAUSED)
BASIC, FULL = View(View.BASIC), View(View.FULL)
POST = ct.HttpMethod(ct.HttpMethod.POST)
RESERVED = re.compile(r"(?i)(host|content-length|user-agent|x-(google|appengine|cloudtasks)-.*)$")
"""Headers that a task cannot set."""

Sign = Callable[[str, str], str]
"""An OIDC token for a service account's e-mail and an audience."""
Delivery = Callable[[ct.Task], Sequence[float]]
"""The seconds after a task's time at which it is delivered. All but the first are duplicates: they
arrive, and nobody looks at their answers."""


def once(_task: ct.Task) -> Sequence[float]:
    return (0.0,)


def twice(_task: ct.Task) -> Sequence[float]:
    return (0.0, 0.0)


def never(_task: ct.Task) -> Sequence[float]:
    return ()


def late(by: float) -> Delivery:
    return lambda _task: (by,)


@dataclass(eq=False)
class _Entry:
    """A task; `executions` counts answers below 500, `answered` is the last one (0: none yet)."""

    order: int
    task: ct.Task
    executions: int = 0
    answered: int = 0
    first_dispatch: float = 0.0


@dataclass(eq=False)
class _Due:
    """A delivery to come. `forced`: also while the queue is paused."""

    at: float
    entry: _Entry
    duplicate: bool = False
    forced: bool = False


class CloudTasks:
    """`now` gives seconds since 1970. Nothing is called unless `run` runs, or `deliver_due` is."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        sign: Sign,
        *,
        now: Callable[[], float] = time.time,
        delivery: Delivery = once,
    ) -> None:
        self._http = http
        self._sign = sign
        self._now = now
        self._delivery = delivery
        self._queues: dict[str, ct.Queue] = {}
        self._entries: dict[str, _Entry] = {}
        self._gone: dict[str, float] = {}
        self._agenda: list[_Due] = []
        self._created = 0
        self._changed = asyncio.Event()

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

    async def run(self) -> None:
        """Delivers what is due, when it is due, until cancelled, which cuts calls in flight."""
        async with asyncio.TaskGroup() as flights:
            while True:
                self._changed.clear()
                for due in self._take_due():
                    flights.create_task(self._deliver(due))
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._idle()):
                        await self._changed.wait()

    async def deliver_due(self) -> int:
        """Delivers all that is due now and waits for the answers; how many calls that were.

        For tests that hold the clock: instead of `run`, after each step of the clock.
        """
        calls = 0
        while dues := self._take_due():
            async with asyncio.TaskGroup() as flights:
                for due in dues:
                    flights.create_task(self._deliver(due))
            calls += len(dues)
        return calls

    def ensure_queue(self, name: str, like: ct.Queue | None = None) -> None:
        """What Terraform does elsewhere: a queue that runs. One that is there is left as it is."""
        queue = like or ct.Queue(name=name)
        queue.state = RUNNING
        _fill_in(queue.retry_config)
        self._queues.setdefault(name, queue)

    def wake(self) -> None:
        """Has `run` look at the clock again, after a test moved it."""
        self._changed.set()

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
        queue = self._queues.get(request.name)
        return queue or refuse(StatusCode.NOT_FOUND, "Queue does not exist.")

    def _pause(self, request: ct.PauseQueueRequest) -> ct.Queue:
        queue = self._queue(request)
        queue.state = PAUSED
        return queue

    def _resume(self, request: ct.ResumeQueueRequest) -> ct.Queue:
        queue = self._queue(request)
        queue.state = RUNNING
        self._changed.set()
        return queue

    def _purge(self, request: ct.PurgeQueueRequest) -> ct.Queue:
        queue = self._queue(request)
        for entry in list(self._inside(queue.name)):
            self._remove(entry)
        set_seconds(queue, "purge_time", self._now())
        return queue

    # --- tasks

    def _create_task(self, request: ct.CreateTaskRequest) -> ct.Task:
        if request.parent not in self._queues:
            refuse(StatusCode.NOT_FOUND, "Queue does not exist.")
        task = ct.Task(request.task)
        task.name = task.name or f"{request.parent}/tasks/{uuid.uuid4().int % 10**20}"
        _check(task, request.parent, self._now())
        self._check_name(task.name)
        _complete(task, self._now())
        self._created += 1
        entry = self._entries[task.name] = _Entry(self._created, task)
        self._plan(entry)
        return _shown(task, request.response_view)

    def _check_name(self, name: str) -> None:
        horizon = self._now() - NAME_TAKEN
        self._gone = {gone: at for gone, at in self._gone.items() if at > horizon}
        if name in self._entries:
            refuse(StatusCode.ALREADY_EXISTS, "Requested entity already exists")
        if name in self._gone:
            refuse(StatusCode.ALREADY_EXISTS, TOO_RECENTLY)

    def _find(self, name: str) -> _Entry:
        entry = self._entries.get(name)
        return entry or refuse(StatusCode.NOT_FOUND, "The task does not exist.")

    def _inside(self, queue: str) -> Iterator[_Entry]:
        return (entry for name, entry in self._entries.items() if _queue_of(name) == queue)

    def _get_task(self, request: ct.GetTaskRequest) -> ct.Task:
        return _shown(self._find(request.name).task, request.response_view)

    def _list_tasks(self, request: ct.ListTasksRequest) -> ct.ListTasksResponse:
        if request.parent not in self._queues:
            refuse(StatusCode.NOT_FOUND, "Queue does not exist.")
        inside = [(entry.order, entry.task) for entry in self._inside(request.parent)]
        tasks, token = page(inside, request.page_size, request.page_token, LARGEST_PAGE)
        shown = [_shown(task, request.response_view) for task in tasks]
        return ct.ListTasksResponse(tasks=shown, next_page_token=token)

    def _delete_task(self, request: ct.DeleteTaskRequest) -> empty_pb2.Empty:
        self._remove(self._find(request.name))
        return empty_pb2.Empty()

    def _run_task(self, request: ct.RunTaskRequest) -> ct.Task:
        entry = self._find(request.name)
        set_seconds(entry.task, "schedule_time", self._now())
        self._agenda = [due for due in self._agenda if due.entry is not entry]
        self._agenda.append(_Due(self._now(), entry, forced=True))
        self._changed.set()
        return _shown(entry.task, request.response_view)

    # --- delivery

    def _plan(self, entry: _Entry) -> None:
        at = seconds(entry.task, "schedule_time") or 0.0
        for number, delay in enumerate(self._delivery(entry.task)):
            self._agenda.append(_Due(at + delay, entry, duplicate=number > 0))
        self._changed.set()

    def _remove(self, entry: _Entry, *, ran: bool = False) -> None:
        """One that `ran` may still be delivered again; one that was deleted is not."""
        del self._entries[entry.task.name]
        self._gone[entry.task.name] = self._now()
        self._agenda = [d for d in self._agenda if d.entry is not entry or (ran and d.duplicate)]

    def _deliverable(self) -> Iterator[_Due]:
        for due in self._agenda:
            queue = self._queues[_queue_of(due.entry.task.name)]
            if due.forced or queue.state == RUNNING:
                yield due

    def _idle(self) -> float | None:
        """Seconds until something is due; None: until something changes."""
        soonest = min((due.at for due in self._deliverable()), default=None)
        return None if soonest is None else max(0.0, soonest - self._now())

    def _take_due(self) -> list[_Due]:
        now = self._now()
        taken = sorted(
            (due for due in self._deliverable() if due.at <= now), key=lambda due: due.at
        )
        self._agenda = [due for due in self._agenda if due not in taken]
        return taken

    async def _deliver(self, due: _Due) -> None:
        entry, task, dispatched = due.entry, due.entry.task, self._now()
        headers = self._headers(entry)
        if due.duplicate:
            await self._call(task, headers)
            return
        entry.first_dispatch = entry.first_dispatch or dispatched
        task.dispatch_count += 1
        entry.answered = await self._call(task, headers)
        task.response_count += entry.answered > 0
        entry.executions += 0 < entry.answered < httpx.codes.INTERNAL_SERVER_ERROR
        _note(entry, dispatched, self._now())
        if self._entries.get(task.name) is entry:
            self._settle(entry)

    def _settle(self, entry: _Entry) -> None:
        config = self._queues[_queue_of(entry.task.name)].retry_config
        if httpx.codes.is_success(entry.answered) or _exhausted(entry, config, self._now()):
            self._remove(entry, ran=True)
            return
        wait = backoff(entry.task.dispatch_count, config)
        set_seconds(entry.task, "schedule_time", self._now() + wait)
        self._plan(entry)

    async def _call(self, task: ct.Task, headers: dict[str, str]) -> int:
        """The status that the target answered; 0 if it did not in time."""
        request = task.http_request
        method = ct.HttpMethod(request.http_method).name
        try:
            async with asyncio.timeout(seconds(task, "dispatch_deadline")):
                answer = await self._http.request(
                    method,
                    request.url,
                    content=request.body or None,
                    headers=headers,
                    timeout=None,  # the task's own deadline is around all of it
                    follow_redirects=True,
                )
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError):
            return 0
        return answer.status_code

    def _headers(self, entry: _Entry) -> dict[str, str]:
        task, request = entry.task, entry.task.http_request
        headers = {k: v for k, v in request.headers.items() if not RESERVED.match(k)}
        if "oidc_token" in request:
            oidc = request.oidc_token
            token = self._sign(oidc.service_account_email, oidc.audience or request.url)
            headers["Authorization"] = f"Bearer {token}"
        if entry.answered:
            headers["X-CloudTasks-TaskPreviousResponse"] = str(entry.answered)
        return headers | {
            "User-Agent": "Google-Cloud-Tasks",
            "X-CloudTasks-QueueName": _queue_of(task.name).rpartition("/")[2],
            "X-CloudTasks-TaskName": task.name.rpartition("/")[2],
            "X-CloudTasks-TaskRetryCount": str(task.dispatch_count),
            "X-CloudTasks-TaskExecutionCount": str(entry.executions),
            "X-CloudTasks-TaskETA": f"{seconds(task, 'schedule_time') or 0:.6f}",
        }


def backoff(failures: int, config: ct.RetryConfig) -> float:
    """Seconds before the next attempt: doubles `max_doublings` times, then grows by the last
    doubling, up to `max_backoff`."""
    least = seconds(config, "min_backoff") or 0.0
    doublings = min(failures - 1, config.max_doublings)
    linear = failures - 1 - doublings
    most = seconds(config, "max_backoff") or 0.0
    return float(min(most, least * 2**doublings * (linear + 1)))


def _exhausted(entry: _Entry, config: ct.RetryConfig, now: float) -> bool:
    """Each limit that is set has been reached."""
    reached = []
    if config.max_attempts > 0:
        reached.append(entry.task.dispatch_count >= config.max_attempts)
    if longest := seconds(config, "max_retry_duration"):
        reached.append(now - entry.first_dispatch >= longest)
    return bool(reached) and all(reached)


def _queue_of(task: str) -> str:
    return task.rpartition("/tasks/")[0]


def _fill_in(config: ct.RetryConfig) -> None:
    """What Cloud Tasks chooses where a queue says nothing."""
    config.max_attempts = config.max_attempts or 100
    config.max_doublings = config.max_doublings or 16
    for name, default in (("min_backoff", 0.1), ("max_backoff", 3600.0)):
        if seconds(config, name) is None:
            set_seconds(config, name, default)


def _check(task: ct.Task, queue: str, now: float) -> None:
    request = task.http_request
    deadline = seconds(task, "dispatch_deadline")
    method = request.http_method or POST
    rules = (
        (
            re.fullmatch(re.escape(queue) + r"/tasks/[A-Za-z0-9_-]{1,500}", task.name),
            "Task.name must be PARENT/tasks/TASK_ID, TASK_ID of letters, digits, - and _.",
        ),
        ("http_request" in task, "This stand-in takes only tasks with an http_request."),
        (
            re.match(r"https?://[^/]", request.url),
            "HttpRequest.url must start with 'http://' or 'https://'",
        ),
        (not request.body or method in WITH_BODY, "HTTP method must be POST, PUT or PATCH"),
        (
            "oidc_token" not in request or request.oidc_token.service_account_email,
            "HttpRequest.oidc_token.service_account_email must be set",
        ),
        (
            (seconds(task, "schedule_time") or 0) <= now + FURTHEST,
            "The schedule_time must be within 30 days",
        ),
        (
            deadline is None or 15 <= deadline <= 1800,  # noqa: PLR2004 - Cloud Tasks' own bounds
            "Task.dispatchDeadline must be between [15s, 30m]",
        ),
    )
    for holds, message in rules:
        if not holds:
            refuse(StatusCode.INVALID_ARGUMENT, message)


def _complete(task: ct.Task, now: float) -> None:
    set_seconds(task, "create_time", now)
    if (seconds(task, "schedule_time") or 0.0) < now:
        set_seconds(task, "schedule_time", now)
    if seconds(task, "dispatch_deadline") is None:
        set_seconds(task, "dispatch_deadline", 600)
    if not task.http_request.http_method:
        task.http_request.http_method = POST
    task.dispatch_count = task.response_count = 0


def _note(entry: _Entry, dispatched: float, now: float) -> None:
    """What `GetTask` shows of the last attempt, and of the first one."""
    last = ct.Attempt(schedule_time=entry.task.schedule_time)
    set_seconds(last, "dispatch_time", dispatched)
    if entry.answered:
        set_seconds(last, "response_time", now)
        last.response_status.code = 0 if httpx.codes.is_success(entry.answered) else 2
        last.response_status.message = f"HTTP status code {entry.answered}"
    entry.task.last_attempt = last
    first = ct.Attempt()
    set_seconds(first, "dispatch_time", entry.first_dispatch)
    entry.task.first_attempt = first


def _shown(task: ct.Task, view: int) -> ct.Task:
    """A copy; without the body, unless the FULL view was asked for."""
    shown = ct.Task(task)
    shown.view = FULL if view == FULL else BASIC
    if view != FULL:
        shown.http_request.body = b""
    return shown
