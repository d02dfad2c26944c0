"""The metrics match real log lines of the functions and read fields that these lines have."""

import operator
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.domain import errors
from common.domain.quota import METERS
from common.schemas.requests import MARKS
from infra.local.identity import LocalIdentity
from tests.api.client import FunctionClient
from tests.support.harness import Harness, advance, new_harness
from tests.support.log_output import output
from tests.support.virtual_time import VirtualTimeLoop
from tests.terraform.plan import Plan

FIELD = re.compile(r"jsonPayload\.([a-z_.]+)")
COMPARED = re.compile(r"jsonPayload\.([a-z_.]+)(?:>=|>|<)")
CLAUSE = re.compile(r"([A-Za-z_.]+)(=|>=|>|<)(.+)")
COMPARISONS = {">=": operator.ge, ">": operator.gt, "<": operator.lt}
RESOURCE = {"type": "cloud_run_revision", "labels": {"service_name": "sweep-expired"}}
COUNTED_LINES = {
    "quota_refusals": {"chat 429"},
    "starts": {"start_avatar 201"},
    "failed_starts": {"start_avatar 503"},
    "sweeps_ended": {"sweep_expired 200"},
    "sweeps_with_orphans": {"sweep_expired 200"},
    "sweeps_with_failures": {"sweep_expired 200"},
    "first_speech_lag": {"chat 200", "speak 200"},
    "start_time": {"start_avatar 201"},
    "credits_left": {"sweep_expired 200"},
    "live_sessions": {"sweep_expired 200"},
    **{f"ceiling_{name}": {"sweep_expired 200"} for name in (*METERS, "most")},
    **{name: {"keep_alive 200"} for name in MARKS},
    "sweeps": set(),
}
"""Function and status of the lines that each metric counts. `sweeps` counts lines of Google only."""


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


async def write_log_lines(folder: Path) -> list[dict[str, Any]]:
    """Return the log lines of requests to each function that a metric reads. One request is refused."""
    harness = new_harness()
    wire = FunctionClient(harness, LocalIdentity(folder, "oprina-local"))
    with output() as out:
        started = await wire.start()
        body = {"message": "Hello.", "conversation_id": started["conversation_id"]}
        await wire.call("chat", body)
        await wire.call("speak", {"avatar_session_id": started["avatar_session_id"], "text": "A."})
        marks = dict.fromkeys(MARKS, 0.5)
        keep = {"avatar_session_id": started["avatar_session_id"], "marks": marks}
        await wire.call("keep_alive", keep)
        advance(harness.clock, 3_600)
        await wire.call("sweep_expired", user=None)
        advance(harness.clock, 240)  # a sweep logs the ceilings every five minutes
        _run_again(harness)
        await wire.call("sweep_expired", user=None)
        harness.avatars.fail_next("active", errors.Failed("avatar", "no"))
        await wire.call("sweep_expired", user=None)
        harness.avatars.fail_next("start", errors.Unavailable("avatar", "no"))
        await wire.call("start_avatar", {})
    await harness.store.close()
    poor_harness = new_harness(allowance_agent_tokens=500, min_turn_tokens=500)
    poor = FunctionClient(poor_harness, wire.local)
    await poor.call("chat", {"message": "Hello."})
    with output() as refused:
        await poor.call("chat", {"message": "Hello."})
    await poor.harness.store.close()
    return [*out.requests(), *refused.requests()]


def _run_again(harness: Harness) -> None:
    """Let stopped sessions run again at the provider."""
    for session in harness.avatars.sessions.values():
        session.started, session.ended = harness.clock.now(), None
        session.keep_alive(harness.clock.now())


def matches(entry: Any, log_filter: str) -> bool:
    """Evaluate the part of Cloud Logging's filter language that our filters use: clauses with AND."""
    return all(_clause_matches(entry, clause) for clause in log_filter.split(" AND "))


def _clause_matches(entry: Any, clause: str) -> bool:
    match = CLAUSE.fullmatch(clause)
    assert match, clause
    path, operator_, value = match.groups()
    for name in path.split("."):
        entry = entry.get(name) if isinstance(entry, dict) else None
    if operator_ == "=":
        return str(entry) in (re.findall(r'"([^"]+)"', value) or [value])
    return entry is not None and bool(COMPARISONS[operator_](float(entry), float(value)))


def fields_of(line: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path, value) of each field of a line."""
    for name, value in line.items():
        if isinstance(value, dict):
            yield from fields_of(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


async def test_log_lines_have_the_fields_that_metrics_read(plan: Plan, tmp_path: Path) -> None:
    written: dict[str, Any] = {}
    for line in await write_log_lines(tmp_path):
        written |= dict(fields_of(line))
    metrics = plan.resources("google_logging_metric")
    read = {(each.key, name) for each in metrics for name in FIELD.findall(str(each.values))}
    assert len(read) > 10
    assert [(key, name) for key, name in sorted(read) if name not in written] == []
    compared = {name for each in metrics for name in COMPARED.findall(str(each.values))}
    assert {name: type(written[name]) for name in compared} == {
        "did.stopped_again": int,
        "did.failed": int,
        "status": int,
        "first_speech_lag_seconds": float,
        "credits_left": float,
        "live_sessions": int,
        **{f"ceiling_used.{name}": float for name in (*METERS, "most")},
        **{f"marks.{name}": float for name in MARKS},
    }


async def test_each_metric_counts_its_log_lines(plan: Plan, tmp_path: Path) -> None:
    """An alert on a metric whose filter matches nothing never fires."""
    lines = await write_log_lines(tmp_path)
    for metric in plan.resources("google_logging_metric"):
        matching = [
            line
            for line in lines
            if matches({"resource": RESOURCE, "jsonPayload": line}, metric.values["filter"])
        ]
        counted = {f"{line['function']} {line['status']}" for line in matching}
        if metric.key == "requests":
            assert matching == lines
        else:
            assert counted == COUNTED_LINES[metric.key], metric.key
        if metric.key.startswith("sweeps_with"):
            assert len(matching) == 1


@pytest.mark.parametrize(
    ("agent", "status", "counts"),
    [
        ("Google-Cloud-Scheduler", 200, True),
        ("Google-Cloud-Scheduler", 403, False),
        ("Google-Cloud-Scheduler", 503, False),
        ("Google-Cloud-Tasks", 200, False),
    ],
)
def test_only_successful_sweeps_by_the_scheduler_are_counted(
    plan: Plan, agent: str, status: int, counts: bool
) -> None:
    """Google's own request log names the caller."""
    entry = {"resource": RESOURCE, "httpRequest": {"userAgent": agent, "status": status}}
    (sweeps,) = [m for m in plan.resources("google_logging_metric") if m.key == "sweeps"]
    assert matches(entry, sweeps.values["filter"]) is counts
    assert plan.functions()["sweep_expired"]["name"] == "sweep-expired"
