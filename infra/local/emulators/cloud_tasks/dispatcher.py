"""Calls the targets of due tasks, and retries until one succeeds or the queue gives up."""

import asyncio
import base64
import re
from collections.abc import Callable
from contextlib import suppress

import httpx
from google.cloud import tasks_v2 as ct

from infra.local.emulators.cloud_tasks.queues import DueDelivery, QueuedTask, Queues, queue_of
from infra.local.emulators.grpc_server import get_seconds, set_seconds

SignOidc = Callable[[str, str], str]
"""Returns an OIDC token for a service account's e-mail and an audience."""
DEFAULT_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
RESERVED = re.compile(r"(?i)(host|content-length|user-agent|x-(google|appengine|cloudtasks)-.*)$")
"""Headers that a task cannot set."""


class Dispatcher:
    """Delivers the tasks of `queues` over `http`.

    `wake` makes `run` look at the clock again, after a test moved it.
    """

    def __init__(
        self, queues: Queues, http: httpx.AsyncClient, sign: SignOidc, now: Callable[[], float]
    ) -> None:
        self._queues = queues
        self._http = http
        self._sign = sign
        self._now = now
        self.wake = queues.changed.set

    async def run(self) -> None:
        """Deliver what is due, when it is due. Cancelling ends the calls under way."""
        async with asyncio.TaskGroup() as calls:
            while True:
                self._queues.changed.clear()
                for due in self._queues.take_due():
                    calls.create_task(self._deliver(due))
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._queues.idle()):
                        await self._queues.changed.wait()

    async def deliver_due(self) -> int:
        """Deliver all that is due now, wait for the answers, and return the number of calls.

        A test that holds the clock calls this after each step of the clock, instead of `run`.
        """
        count = 0
        while dues := self._queues.take_due():
            async with asyncio.TaskGroup() as calls:
                for due in dues:
                    calls.create_task(self._deliver(due))
            count += len(dues)
        return count

    async def _deliver(self, due: DueDelivery) -> None:
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
        _record_attempt(entry, dispatched, self._now())
        if self._queues.holds(entry):
            self._settle(entry)

    def _settle(self, entry: QueuedTask) -> None:
        """Remove a task that succeeded or has no attempt left; plan the next attempt otherwise."""
        config = self._queues.get(queue_of(entry.task.name)).retry_config
        if httpx.codes.is_success(entry.answered) or _is_exhausted(entry, config, self._now()):
            self._queues.remove(entry, ran=True)
            return
        wait = backoff(entry.task.dispatch_count, config)
        set_seconds(entry.task, "schedule_time", self._now() + wait)
        self._queues.plan(entry)

    async def _call(self, task: ct.Task, headers: dict[str, str]) -> int:
        """Return the status that the target answered; 0 if it did not answer in time."""
        request = task.http_request
        method = ct.HttpMethod(request.http_method).name
        try:
            async with asyncio.timeout(get_seconds(task, "dispatch_deadline")):
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

    def _headers(self, entry: QueuedTask) -> dict[str, str]:
        task, request = entry.task, entry.task.http_request
        headers = {k: v for k, v in request.headers.items() if not RESERVED.match(k)}
        if "oidc_token" in request:
            oidc = request.oidc_token
            token = self._sign(oidc.service_account_email, oidc.audience or request.url)
            headers["Authorization"] = f"Bearer {token}"
        elif "oauth_token" in request:
            oauth = request.oauth_token
            token = access_token(oauth.service_account_email, oauth.scope or DEFAULT_SCOPE)
            headers["Authorization"] = f"Bearer {token}"
        if entry.answered:
            headers["X-CloudTasks-TaskPreviousResponse"] = str(entry.answered)
        return headers | {
            "User-Agent": "Google-Cloud-Tasks",
            "X-CloudTasks-QueueName": queue_of(task.name).rpartition("/")[2],
            "X-CloudTasks-TaskName": task.name.rpartition("/")[2],
            "X-CloudTasks-TaskRetryCount": str(task.dispatch_count),
            "X-CloudTasks-TaskExecutionCount": str(entry.executions),
            "X-CloudTasks-TaskETA": f"{get_seconds(task, 'schedule_time') or 0:.6f}",
        }


def access_token(account: str, scope: str) -> str:
    """Return an opaque OAuth access token. Its content names the account and the scope."""
    content = base64.urlsafe_b64encode(f"{account} {scope}".encode()).rstrip(b"=").decode()
    return f"ya29.{content}"


def backoff(failures: int, config: ct.RetryConfig) -> float:
    """Return the seconds before the next attempt.

    They double `max_doublings` times, then grow by the last doubling, up to `max_backoff`.
    """
    least = get_seconds(config, "min_backoff") or 0.0
    doublings = min(failures - 1, config.max_doublings)
    linear = failures - 1 - doublings
    most = get_seconds(config, "max_backoff") or 0.0
    return float(min(most, least * 2**doublings * (linear + 1)))


def _is_exhausted(entry: QueuedTask, config: ct.RetryConfig, now: float) -> bool:
    """Return whether each limit that is set has been reached."""
    reached = []
    if config.max_attempts > 0:
        reached.append(entry.task.dispatch_count >= config.max_attempts)
    if longest := get_seconds(config, "max_retry_duration"):
        reached.append(now - entry.first_dispatch >= longest)
    return bool(reached) and all(reached)


def _record_attempt(entry: QueuedTask, dispatched: float, now: float) -> None:
    """Set the last and the first attempt, which `GetTask` shows."""
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
