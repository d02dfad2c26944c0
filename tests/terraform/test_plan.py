"""What Google would refuse, or should not be given, and terraform does not see: none of it is there."""

import pytest

from tests.terraform.checks import CHECKS
from tests.terraform.facts import Code
from tests.terraform.plan import Plan


@pytest.mark.parametrize("name", CHECKS)
def test_the_plan_of_each_environment_passes(name: str, plan: Plan, code: Code) -> None:
    assert list(CHECKS[name](plan, code)) == []


def test_it_is_known_of_every_function_what_it_reaches(code: Code) -> None:
    assert code.reaches["keep_alive"] == {"store", "liveavatar key", "tokens.forget"}
