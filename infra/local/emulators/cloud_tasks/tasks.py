"""Tasks: the checks at creation, the defaults, and the two views."""

import re

from google.cloud import tasks_v2 as ct
from grpc import StatusCode  # type: ignore[import-untyped]  # grpcio ships no types

from infra.local.emulators.grpc_server import get_seconds, refuse, set_seconds

FURTHEST = 30 * 24 * 3600.0
"""Seconds ahead at which a task may be scheduled."""
LARGEST = 1024 * 1024
"""Bytes of a task (Cloud Tasks' quotas page: "Maximum task size: 1MB")."""
LONGEST_URL = 2083
WITH_BODY = {ct.HttpMethod.POST, ct.HttpMethod.PUT, ct.HttpMethod.PATCH}
BASIC, FULL = ct.Task.View(ct.Task.View.BASIC), ct.Task.View(ct.Task.View.FULL)
POST = ct.HttpMethod(ct.HttpMethod.POST)


def check(task: ct.Task, queue: str, now: float) -> None:
    """Refuse a task that Google would refuse."""
    request = task.http_request
    deadline = get_seconds(task, "dispatch_deadline")
    method = request.http_method or POST
    rules = (
        (
            re.fullmatch(re.escape(queue) + r"/tasks/[A-Za-z0-9_-]{1,500}", task.name),
            "Task.name must be PARENT/tasks/TASK_ID, TASK_ID of letters, digits, - and _.",
        ),
        ("http_request" in task, "This emulator takes only tasks with an http_request."),
        (ct.Task.pb(task).ByteSize() <= LARGEST, f"The task is larger than {LARGEST} bytes."),
        (
            re.match(r"https?://[^/]", request.url),
            "HttpRequest.url must start with 'http://' or 'https://'",
        ),
        (len(request.url) <= LONGEST_URL, f"HttpRequest.url is longer than {LONGEST_URL}."),
        (not request.body or method in WITH_BODY, "HTTP method must be POST, PUT or PATCH"),
        (
            "oidc_token" not in request or request.oidc_token.service_account_email,
            "HttpRequest.oidc_token.service_account_email must be set",
        ),
        (
            "oauth_token" not in request or request.oauth_token.service_account_email,
            "HttpRequest.oauth_token.service_account_email must be set",
        ),
        (
            (get_seconds(task, "schedule_time") or 0) <= now + FURTHEST,
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


def fill_defaults(task: ct.Task, now: float) -> None:
    """Set what Google sets when it creates a task."""
    set_seconds(task, "create_time", now)
    if (get_seconds(task, "schedule_time") or 0.0) < now:
        set_seconds(task, "schedule_time", now)
    if get_seconds(task, "dispatch_deadline") is None:
        set_seconds(task, "dispatch_deadline", 600)
    if not task.http_request.http_method:
        task.http_request.http_method = POST
    task.dispatch_count = task.response_count = 0


def render(task: ct.Task, view: int) -> ct.Task:
    """Return a copy of a task. The body is left out unless `view` is FULL."""
    copy = ct.Task(task)
    copy.view = FULL if view == FULL else BASIC
    if view != FULL:
        copy.http_request.body = b""
    return copy
