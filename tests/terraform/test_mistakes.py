"""Each planted mistake is reported by the command or check that must report it."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.terraform.checks import CHECKS
from tests.terraform.facts import Code
from tests.terraform.mistake import Mistake, group_into_batches, plant
from tests.terraform.mistakes import REPORTED_BY_CHECKS, REPORTED_BY_TERRAFORM
from tests.terraform.plan import Plan
from tests.terraform.shared import SharedResults
from tests.terraform.workspace import TerraformRun, Workspace


@pytest.fixture(scope="module")
def plan_with(scratch: Workspace, shared_results: SharedResults) -> Callable[[Mistake], Plan]:
    """Return the plan with a mistake. Mistakes of one batch share a plan."""
    batches = group_into_batches(REPORTED_BY_CHECKS, scratch.folder)

    @cache
    def plan_of_batch(number: int) -> Plan:
        def make() -> dict[str, Any]:
            with plant(scratch, *batches[number]):
                return scratch.plan_json("small")

        return Plan(shared_results.get(f"mistakes-{number}", make))

    numbers = {each.name: number for number, batch in enumerate(batches) for each in batch}
    return lambda mistake: plan_of_batch(numbers[mistake.name])


@pytest.mark.parametrize("mistake", REPORTED_BY_TERRAFORM, ids=str)
def test_terraform_reports_mistake(mistake: Mistake, scratch: Workspace) -> None:
    with plant(scratch, mistake):
        ran = _run(scratch, mistake.caught_by)
    assert ran.code != 0
    assert mistake.message in ran.message


@pytest.mark.parametrize("mistake", REPORTED_BY_CHECKS, ids=str)
def test_check_reports_mistake(
    mistake: Mistake, plan_with: Callable[[Mistake], Plan], code: Code
) -> None:
    problems = list(CHECKS[mistake.caught_by](plan_with(mistake), code))
    assert any(mistake.message in problem for problem in problems), problems


def test_each_check_reports_a_mistake() -> None:
    assert {mistake.caught_by for mistake in REPORTED_BY_CHECKS} == set(CHECKS)


def _run(workspace: Workspace, command: str) -> TerraformRun:
    match command:
        case "fmt":
            return workspace.run("fmt", "-check", "-recursive")
        case "validate":
            return workspace.run("validate")
    return workspace.plan("small")
