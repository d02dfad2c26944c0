"""Checks of schedules, retries, targets and durations, which Google refuses only during `apply`."""

import re
from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan, strings

FIELDS = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 7)}
PART = re.compile(r"(?:\*|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?")
TARGETS = ("http_target", "pubsub_target", "app_engine_http_target")
MIN_RETRY_SECONDS = 900
MIN_ATTEMPTS = 10
DURATION = re.compile(
    r"\.(duration|period|timeout|alignment_period|retention|attempt_deadline|min_backoff|max_backoff"
    r"|max_retry_duration|older_than|minimum_backoff|maximum_backoff|message_retention_duration)$"
)


def check_schedules_are_cron(plan: Plan, _: Code) -> Iterator[str]:
    """Check that each schedule is a cron expression."""
    for each in plan.resources("google_cloud_scheduler_job"):
        for problem in cron_problems(each.values["schedule"]):
            yield f"{each.address}: {each.values['schedule']!r} {problem}"


def cron_problems(schedule: str) -> Iterator[str]:
    """Yield what is wrong with a cron expression of five fields."""
    fields = schedule.split(" ")
    if len(fields) != len(FIELDS):
        yield f"has {len(fields)} fields instead of {len(FIELDS)}"
        return
    for (name, (first, last)), field in zip(FIELDS.items(), fields, strict=True):
        for part in field.split(","):
            match = PART.fullmatch(part)
            numbers = [int(number) for number in match.groups()[:2] if number] if match else []
            if match is None or not all(first <= number <= last for number in numbers):
                yield f"has an invalid {name}: {part}"


def check_sweep_runs_often(plan: Plan, _: Code) -> Iterator[str]:
    """Check that the sweep runs at least every five minutes: its alert fires after ten."""
    for each in plan.resources("google_cloud_scheduler_job"):
        minute, *rest = each.values["schedule"].split(" ")
        if not (re.fullmatch(r"\*(/[1-5])?", minute) and rest == ["*"] * 4):
            yield f"{each.address}: {each.values['schedule']!r} runs too seldom"
        if each.values["time_zone"] != "Etc/UTC":
            yield f"{each.address}: {each.values['time_zone']} is not UTC, which months and logs use"
        if each.values.get("paused"):
            yield f"{each.address}: is paused"


def check_tasks_are_retried(plan: Plan, _: Code) -> Iterator[str]:
    """Check that Cloud Tasks retries long enough, and with sensible pauses and rates."""
    for each in plan.resources("google_cloud_tasks_queue"):
        (retry,), (rates,) = each.values["retry_config"], each.values["rate_limits"]
        min_backoff, max_backoff, longest = (
            float(retry[name].removesuffix("s"))
            for name in ("min_backoff", "max_backoff", "max_retry_duration")
        )
        if 0 <= retry["max_attempts"] < MIN_ATTEMPTS or 0 < longest < MIN_RETRY_SECONDS:
            yield f"{each.address}: gives up too early"
        if min_backoff > max_backoff:
            yield f"{each.address}: min_backoff is longer than max_backoff"
        if rates["max_concurrent_dispatches"] < rates["max_dispatches_per_second"]:
            yield f"{each.address}: sends fewer tasks at a time than per second"


def check_jobs_have_one_target(plan: Plan, _: Code) -> Iterator[str]:
    """Check that each scheduler job has exactly one target."""
    for each in plan.resources("google_cloud_scheduler_job"):
        found = [target for target in TARGETS if each.values.get(target)]
        if len(found) != 1:
            yield f"{each.address}: has {len(found)} targets instead of one"


def check_durations_are_seconds(plan: Plan, _: Code) -> Iterator[str]:
    """Check that each duration is a number with the unit s."""
    for each in plan.resources():
        for path, text in strings(each.values):
            if DURATION.search(path) and not re.fullmatch(r"\d+(\.\d+)?s", text):
                yield f"{each.address}{path}: {text!r} is not a duration such as 60s"
