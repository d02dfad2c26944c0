"""What Google would refuse, or should not be given, and terraform does not see: none of it is there."""

import pytest

from tests.terraform.checks import CHECKS, functions
from tests.terraform.facts import Code
from tests.terraform.plan import Plan


@pytest.mark.parametrize("name", CHECKS)
def test_the_plan_of_each_environment_passes(name: str, plan: Plan, code: Code) -> None:
    assert list(CHECKS[name](plan, code)) == []


@pytest.mark.xfail(strict=True, reason="health is deployed, and functions/health is on its way")
def test_every_function_is_deployed_and_no_other(plan: Plan, code: Code) -> None:
    assert list(functions.every_function_is_deployed_and_no_other(plan, code)) == []
