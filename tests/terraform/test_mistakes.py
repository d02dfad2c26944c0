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


@pytest.fixture(scope="module")
def failed_plan(scratch: Workspace, shared_results: SharedResults) -> Callable[[Mistake], str]:
    """Return what Terraform reports for the batch of a mistake, or for it alone if others hide it."""
    planned = [each for each in REPORTED_BY_TERRAFORM if each.caught_by == "plan"]
    batches = group_into_batches(planned, scratch.folder)

    def report(*mistakes: Mistake) -> dict[str, str]:
        with plant(scratch, *mistakes):
            return {"message": _failed(scratch.plan("small"))}

    def report_of(mistake: Mistake) -> str:
        number = next(number for number, batch in enumerate(batches) if mistake in batch)
        together = shared_results.get(f"reports-{number}", lambda: report(*batches[number]))
        hidden = mistake.message not in together["message"]
        return (report(mistake) if hidden else together)["message"]

    return report_of


@pytest.mark.parametrize("mistake", REPORTED_BY_TERRAFORM, ids=str)
def test_terraform_reports_mistake(
    mistake: Mistake, scratch: Workspace, failed_plan: Callable[[Mistake], str]
) -> None:
    if mistake.caught_by == "plan":
        assert mistake.message in failed_plan(mistake)
        return
    flags = {"fmt": ("-check", "-recursive"), "validate": ()}[mistake.caught_by]
    with plant(scratch, mistake):
        assert mistake.message in _failed(scratch.run(mistake.caught_by, *flags))


@pytest.mark.parametrize("mistake", REPORTED_BY_CHECKS, ids=str)
def test_check_reports_mistake(
    mistake: Mistake, plan_with: Callable[[Mistake], Plan], code: Code
) -> None:
    problems = list(CHECKS[mistake.caught_by](plan_with(mistake), code))
    assert any(mistake.message in problem for problem in problems), problems


def test_each_check_reports_a_mistake() -> None:
    assert {mistake.caught_by for mistake in REPORTED_BY_CHECKS} == set(CHECKS)


def _failed(ran: TerraformRun) -> str:
    assert ran.code != 0, ran.message
    return ran.message
