"""What a task must be, what it becomes when it is created, and how it is shown."""

import re

from google.cloud import tasks_v2 as ct
from grpc import StatusCode  # type: ignore[import-untyped]  # grpcio ships no types

from infra.local.emulators.grpc_server import refuse, seconds, set_seconds

FURTHEST = 30 * 24 * 3600.0
WITH_BODY = {ct.HttpMethod.POST, ct.HttpMethod.PUT, ct.HttpMethod.PATCH}
BASIC, FULL = ct.Task.View(ct.Task.View.BASIC), ct.Task.View(ct.Task.View.FULL)
POST = ct.HttpMethod(ct.HttpMethod.POST)


def check(task: ct.Task, queue: str, now: float) -> None:
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


def complete(task: ct.Task, now: float) -> None:
    set_seconds(task, "create_time", now)
    if (seconds(task, "schedule_time") or 0.0) < now:
        set_seconds(task, "schedule_time", now)
    if seconds(task, "dispatch_deadline") is None:
        set_seconds(task, "dispatch_deadline", 600)
    if not task.http_request.http_method:
        task.http_request.http_method = POST
    task.dispatch_count = task.response_count = 0


def shown(task: ct.Task, view: int) -> ct.Task:
    """A copy; without the body, unless the FULL view was asked for."""
    shown = ct.Task(task)
    shown.view = FULL if view == FULL else BASIC
    if view != FULL:
        shown.http_request.body = b""
    return shown
