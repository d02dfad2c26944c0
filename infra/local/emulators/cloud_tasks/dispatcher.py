"""Calls the targets of what is due, and tries again until one is content or the queue gives up."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress

import httpx
from google.cloud import tasks_v2 as ct

from infra.local.emulators.cloud_tasks.queues import Due, Entry, Queues, queue_of
from infra.local.emulators.grpc_server import seconds, set_seconds

Sign = Callable[[str, str], str]
"""An OIDC token for a service account's e-mail and an audience."""
RESERVED = re.compile(r"(?i)(host|content-length|user-agent|x-(google|appengine|cloudtasks)-.*)$")
"""Headers that a task cannot set."""


class Courier:
    def __init__(
        self, queues: Queues, http: httpx.AsyncClient, sign: Sign, now: Callable[[], float]
    ) -> None:
        self._queues = queues
        self._http = http
        self._sign = sign
        self._now = now
        self._take_due = queues.take_due
        self.wake = queues.changed.set
        """Has `run` look at the clock again, after a test moved it."""

    async def run(self) -> None:
        """Delivers what is due, when it is due, until cancelled, which cuts calls in flight."""
        async with asyncio.TaskGroup() as flights:
            while True:
                self._queues.changed.clear()
                for due in self._take_due():
                    flights.create_task(self._deliver(due))
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._queues.idle()):
                        await self._queues.changed.wait()

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

    async def _deliver(self, due: Due) -> None:
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
        if self._queues.holds(entry):
            self._settle(entry)

    def _settle(self, entry: Entry) -> None:
        config = self._queues.named(queue_of(entry.task.name)).retry_config
        if httpx.codes.is_success(entry.answered) or _exhausted(entry, config, self._now()):
            self._queues.remove(entry, ran=True)
            return
        wait = backoff(entry.task.dispatch_count, config)
        set_seconds(entry.task, "schedule_time", self._now() + wait)
        self._queues.plan(entry)

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

    def _headers(self, entry: Entry) -> dict[str, str]:
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
            "X-CloudTasks-QueueName": queue_of(task.name).rpartition("/")[2],
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


def _exhausted(entry: Entry, config: ct.RetryConfig, now: float) -> bool:
    """Each limit that is set has been reached."""
    reached = []
    if config.max_attempts > 0:
        reached.append(entry.task.dispatch_count >= config.max_attempts)
    if longest := seconds(config, "max_retry_duration"):
        reached.append(now - entry.first_dispatch >= longest)
    return bool(reached) and all(reached)


def _note(entry: Entry, dispatched: float, now: float) -> None:
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
