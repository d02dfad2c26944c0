"""Between the first deployment and the first key, no log line feeds an alert."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from common.adapters.google.secret_manager import SecretManagerClient
from tests.local.stacks import standing
from tests.support.log_output import output
from tests.terraform.plan import Plan
from tests.terraform.test_metrics import RESOURCE, matches

ALARMING = {"sweeps_with_failures", "sweeps_with_orphans", "quota_refusals", "credits_left"}
"""Metrics of alerts that may not move before there is a key. A start that fails moves its own."""


async def test_alerts_are_quiet_until_a_key_is_there(
    plans: Callable[[str], Plan], tmp_path: Path
) -> None:
    """The secret has no version, as Terraform makes it. Secret Manager's emulator answers NOT_FOUND."""
    async with standing(tmp_path) as (local, ada):
        secrets = SecretManagerClient(local.settings.project, address=local.cloud.address)
        key = local.settings.liveavatar_secret
        await secrets.delete(key)
        await secrets.create(key)
        with output() as before:
            await sweep(ada)
            assert (await ada.post("/start_avatar")).json()["code"] == "avatar_unconfigured"
            await sweep(ada)
        await secrets.add(key, local.simulators.liveavatar.key.encode())
        with output() as after:
            await sweep(ada)
        await secrets.close()
    assert [line["did"]["failed"] for line in sweeps(before.requests())] == [0, 0]
    assert counted(plans("small"), before.requests()) & ALARMING == set()
    assert "sweeps_ended" in counted(plans("small"), before.requests())
    assert "credits_left" in counted(plans("small"), after.requests())


async def sweep(ada: Any) -> None:
    answer = await ada.post("/local/sweep")
    assert answer.status_code == 200


def sweeps(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["function"] == "sweep_expired"]


def counted(plan: Plan, lines: list[dict[str, Any]]) -> set[str]:
    """Return the metrics whose filters match a line."""
    return {
        metric.key
        for metric in plan.resources("google_logging_metric")
        for line in lines
        if matches({"resource": RESOURCE, "jsonPayload": line}, metric.values["filter"])
    }
