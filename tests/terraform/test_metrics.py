"""The metrics read fields that the functions' lines really have, and of the kind that they expect."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.identity import LocalIdentity
from tests.functions.wire import Wire
from tests.house import house, later
from tests.logged import output
from tests.terraform.plan import Plan
from tests.virtual_time import VirtualTimeLoop

FIELD = re.compile(r"jsonPayload\.([a-z_.]+)")
EQUALS = re.compile(r'jsonPayload\.([a-z_.]+)=\(?("?\w+"?(?: OR "\w+")*)')
COMPARED = re.compile(r"jsonPayload\.([a-z_.]+)(?:>=|>|<)")


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


async def lines(folder: Path) -> list[dict[str, Any]]:
    """Of each function that a metric looks at; one is refused."""
    at = house()
    wire = Wire(at, LocalIdentity(folder, "oprina-local"))
    with output() as out:
        started = await wire.start()
        body = {"message": "Hello.", "conversation_id": started["conversation_id"]}
        await wire.call("chat", body)
        await wire.call("speak", {"avatar_session_id": started["avatar_session_id"], "text": "A."})
        later(at.clock, 3_600)
        await wire.call("sweep_expired", user=None)
    await at.store.close()
    poor = Wire(house(allowance_agent_tokens=1), wire.local)
    with output() as refused:
        await poor.call("chat", {"message": "Hello."})
    await poor.at.store.close()
    return [*out.requests(), *refused.requests()]


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


async def test_each_value_that_a_metric_looks_for_is_written(plan: Plan, tmp_path: Path) -> None:
    """A filter that nothing fits counts nothing, and an alert on it never rings."""
    found = await lines(tmp_path)
    for metric in plan.resources("google_logging_metric"):
        for name, value in re.findall(r'jsonPayload\.([a-z_]+)="?(\w+)', metric.values["filter"]):
            assert value in {str(line.get(name)) for line in found}, (metric.key, name, value)
