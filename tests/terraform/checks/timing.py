"""Schedules, targets and durations, which Google checks when it is too late."""

import re
from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan, strings

FIELDS = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 7)}
PART = re.compile(r"(?:\*|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?")
TARGETS = ("http_target", "pubsub_target", "app_engine_http_target")
AGAIN_SECONDS = 900
DURATION = re.compile(
    r"\.(duration|period|timeout|alignment_period|retention|attempt_deadline|min_backoff|max_backoff"
    r"|max_retry_duration|older_than)$"
)


def schedules_are_cron(plan: Plan, _: Code) -> Iterator[str]:
    for each in plan.resources("google_cloud_scheduler_job"):
        for wrong in cron_problems(each.values["schedule"]):
            yield f"{each.address}: {each.values['schedule']!r} {wrong}"


def cron_problems(schedule: str) -> Iterator[str]:
    fields = schedule.split(" ")
    if len(fields) != len(FIELDS):
        yield f"has {len(fields)} fields and not {len(FIELDS)}"
        return
    for (name, (least, most)), field in zip(FIELDS.items(), fields, strict=True):
        for part in field.split(","):
            match = PART.fullmatch(part)
            numbers = [int(number) for number in match.groups()[:2] if number] if match else []
            if match is None or not all(least <= number <= most for number in numbers):
                yield f"has no such {name}: {part}"


def the_sweep_comes_often(plan: Plan, _: Code) -> Iterator[str]:
    """More often than the alert waits for one."""
    for each in plan.resources("google_cloud_scheduler_job"):
        minute, *rest = each.values["schedule"].split(" ")
        if not (re.fullmatch(r"\*(/[1-5])?", minute) and rest == ["*"] * 4):
            yield f"{each.address}: {each.values['schedule']!r} leaves what crashed for too long"
        if each.values["time_zone"] != "Etc/UTC":
            yield f"{each.address}: {each.values['time_zone']} is not the time of months and logs"
        if each.values.get("paused"):
            yield f"{each.address}: never comes"


def tasks_are_brought_again(plan: Plan, _: Code) -> Iterator[str]:
    """Until a sweep had the time to find what they were to end."""
    for each in plan.resources("google_cloud_tasks_queue"):
        (again,), (rates,) = each.values["retry_config"], each.values["rate_limits"]
        least, most, long = (
            float(again[name].removesuffix("s"))
            for name in ("min_backoff", "max_backoff", "max_retry_duration")
        )
        if again["max_attempts"] in range(10) or 0 < long < AGAIN_SECONDS:
            yield f"{each.address}: gives up soon"
        if least > most:
            yield f"{each.address}: waits longer at least than at most"
        if rates["max_concurrent_dispatches"] < rates["max_dispatches_per_second"]:
            yield f"{each.address}: brings fewer at once than in a second"


def jobs_have_one_target(plan: Plan, _: Code) -> Iterator[str]:
    for each in plan.resources("google_cloud_scheduler_job"):
        found = [target for target in TARGETS if each.values.get(target)]
        if len(found) != 1:
            yield f"{each.address}: {len(found)} targets, and a job has one"


def durations_are_seconds(plan: Plan, _: Code) -> Iterator[str]:
    for each in plan.resources():
        for path, text in strings(each.values):
            if DURATION.search(path) and not re.fullmatch(r"\d+(\.\d+)?s", text):
                yield f"{each.address}{path}: {text!r} is not seconds, such as 60s"
