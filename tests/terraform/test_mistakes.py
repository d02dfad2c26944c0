"""The checks can fail: each mistake is planted in a copy, and seen by the one that must see it."""

from collections.abc import Callable

import pytest

from tests.terraform.checks import CHECKS
from tests.terraform.facts import Code
from tests.terraform.mistakes import SEEN_BY_CHECKS, SEEN_BY_TERRAFORM
from tests.terraform.plan import Plan
from tests.terraform.planting import Mistake, batches, planted
from tests.terraform.workspace import Ran, Workspace


@pytest.fixture(scope="module")
def planned_with(changing: Workspace) -> Callable[[Mistake], Plan]:
    """The plan of a batch, made when the first of its mistakes is asked for."""
    plans: dict[str, Plan] = {}
    together = batches(SEEN_BY_CHECKS, changing.folder)

    def plan_with(mistake: Mistake) -> Plan:
        if mistake.name not in plans:
            batch = next(batch for batch in together if mistake in batch)
            with planted(changing, *batch):
                plan = Plan(changing.planned("small"))
            plans.update((each.name, plan) for each in batch)
        return plans[mistake.name]

    return plan_with


@pytest.mark.parametrize("mistake", SEEN_BY_TERRAFORM, ids=str)
def test_terraform_sees(mistake: Mistake, changing: Workspace) -> None:
    with planted(changing, mistake):
        ran = _asked(changing, mistake.seen_by)
    assert ran.code != 0
    assert mistake.says in ran.said


@pytest.mark.parametrize("mistake", SEEN_BY_CHECKS, ids=str)
def test_the_check_sees(
    mistake: Mistake, planned_with: Callable[[Mistake], Plan], code: Code
) -> None:
    found = list(CHECKS[mistake.seen_by](planned_with(mistake), code))
    assert any(mistake.says in sentence for sentence in found), found


def test_each_check_sees_a_mistake() -> None:
    assert {mistake.seen_by for mistake in SEEN_BY_CHECKS} == set(CHECKS)


def _asked(workspace: Workspace, command: str) -> Ran:
    match command:
        case "fmt":
            return workspace.run("fmt", "-check", "-recursive")
        case "validate":
            return workspace.run("validate")
    return workspace.plan("small")
