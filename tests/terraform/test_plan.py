"""The plans of the environments pass all checks."""

import pytest

from tests.terraform.checks import CHECKS
from tests.terraform.facts import Code
from tests.terraform.plan import Plan


@pytest.mark.parametrize("name", CHECKS)
def test_plan_passes_check(name: str, plan: Plan, code: Code) -> None:
    assert list(CHECKS[name](plan, code)) == []


def test_every_function_is_run_to_find_the_services_it_uses(code: Code) -> None:
    assert code.uses["keep_alive"] == {"store", "liveavatar key", "tokens.delete", "queue"}
