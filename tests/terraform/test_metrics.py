"""The metrics read fields that the functions' lines really have, and of the kind that they expect."""

import operator
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.domain import errors
from infra.local.identity import LocalIdentity
from tests.api.client import ApiClient
from tests.support.harness import Harness, advance, new_harness
from tests.support.log_output import output
from tests.support.virtual_time import VirtualTimeLoop
from tests.terraform.plan import Plan

FIELD = re.compile(r"jsonPayload\.([a-z_.]+)")
COMPARED = re.compile(r"jsonPayload\.([a-z_.]+)(?:>=|>|<)")
CLAUSE = re.compile(r"([A-Za-z_.]+)(=|>=|>|<)(.+)")
HOLDS = {">=": operator.ge, ">": operator.gt, "<": operator.lt}
RESOURCE = {"type": "cloud_run_revision", "labels": {"service_name": "sweep-expired"}}
COUNTED = {
    "quota_refusals": {"chat 429"},
    "sweeps_with_orphans": {"sweep_expired 200"},
    "sweeps_with_failures": {"sweep_expired 200"},
    "first_speech_lag": {"chat 200", "speak 200"},
    "start_time": {"start_avatar 201"},
    "credits_left": {"sweep_expired 200"},
    "sweeps": set(),
}
"""By metric, which of our lines it counts: the function and the status. `sweeps` counts Google's."""


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


async def lines(folder: Path) -> list[dict[str, Any]]:
    """Of each function that a metric looks at; one is refused."""
    harness = new_harness()
    wire = ApiClient(harness, LocalIdentity(folder, "oprina-local"))
    with output() as out:
        started = await wire.start()
        body = {"message": "Hello.", "conversation_id": started["conversation_id"]}
        await wire.call("chat", body)
        await wire.call("speak", {"avatar_session_id": started["avatar_session_id"], "text": "A."})
        advance(harness.clock, 3_600)
        await wire.call("sweep_expired", user=None)
        _rise(harness)
        await wire.call("sweep_expired", user=None)
        harness.avatars.fail_next("active", errors.Failed("avatar", "no"))
        await wire.call("sweep_expired", user=None)
    await harness.store.close()
    poor = ApiClient(new_harness(allowance_agent_tokens=1), wire.local)
    with output() as refused:
        await poor.call("chat", {"message": "Hello."})
    await poor.harness.store.close()
    return [*out.requests(), *refused.requests()]


def _rise(harness: Harness) -> None:
    """What was stopped runs again at the provider."""
    for session in harness.avatars.sessions.values():
        session.started, session.ended = harness.clock.now(), None
        session.keep_alive(harness.clock.now())


def fits(entry: Any, text: str) -> bool:
    """As Cloud Logging has it, of what our filters say: all of it, joined with AND."""
    return all(_holds(entry, clause) for clause in text.split(" AND "))


def _holds(entry: Any, clause: str) -> bool:
    match = CLAUSE.fullmatch(clause)
    assert match, clause
    path, how, wanted = match.groups()
    for name in path.split("."):
        entry = entry.get(name) if isinstance(entry, dict) else None
    if how == "=":
        return str(entry) in (re.findall(r'"([^"]+)"', wanted) or [wanted])
    return entry is not None and bool(HOLDS[how](float(entry), float(wanted)))


def fields_of(line: dict[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in line.items():
        if isinstance(value, dict):
            yield from fields_of(value, f"{within}{name}.")
        else:
            yield f"{within}{name}", value


async def test_each_field_that_a_metric_reads_is_written(plan: Plan, tmp_path: Path) -> None:
    written: dict[str, Any] = {}
    for line in await lines(tmp_path):
        written |= dict(fields_of(line))
    metrics = plan.resources("google_logging_metric")
    read = {(each.key, name) for each in metrics for name in FIELD.findall(str(each.values))}
    assert len(read) > 10
    assert [(key, name) for key, name in sorted(read) if name not in written] == []
    compared = {name for each in metrics for name in COMPARED.findall(str(each.values))}
    assert {name: type(written[name]) for name in compared} == {
        "did.stopped_again": int,
        "did.failed": int,
        "first_speech_lag_seconds": float,
        "credits_left": float,
    }


async def test_each_metric_counts_the_lines_that_it_is_named_for(
    plan: Plan, tmp_path: Path
) -> None:
    """A filter that nothing fits counts nothing, and an alert on it never rings."""
    found = await lines(tmp_path)
    for metric in plan.resources("google_logging_metric"):
        fitting = [
            line
            for line in found
            if fits({"resource": RESOURCE, "jsonPayload": line}, metric.values["filter"])
        ]
        counted = {f"{line['function']} {line['status']}" for line in fitting}
        if metric.key == "requests":
            assert fitting == found
        else:
            assert counted == COUNTED[metric.key], metric.key
        if metric.key.startswith("sweeps_with"):
            assert len(fitting) == 1


@pytest.mark.parametrize(
    ("agent", "status", "counts"),
    [
        ("Google-Cloud-Scheduler", 200, True),
        ("Google-Cloud-Scheduler", 403, False),
        ("Google-Cloud-Scheduler", 503, False),
        ("Google-Cloud-Tasks", 200, False),
    ],
)
def test_a_sweep_that_the_scheduler_asked_for_is_counted_where_it_succeeded(
    plan: Plan, agent: str, status: int, counts: bool
) -> None:
    """By Google's own line of a request, which says who asked."""
    entry = {"resource": RESOURCE, "httpRequest": {"userAgent": agent, "status": status}}
    (sweeps,) = [m for m in plan.resources("google_logging_metric") if m.key == "sweeps"]
    assert fits(entry, sweeps.values["filter"]) is counts
    assert plan.functions()["sweep_expired"]["name"] == "sweep-expired"
