"""The functions as they are declared, and Terraform's list of them."""

import os
import re
import subprocess
import sys

from common.api.routes import Callers, Declaration
from infra.deploy.shell import ROOT
from infra.registry import declarations

FUNCTION = re.compile(r"(?m)^    (\w+) = \{\n(?:      .*\n)*?      callers +?= \"(\w+)\"")


def callers(function: Declaration) -> Callers:
    """Return the callers of the function: users if any of its routes needs a user."""
    found = {each.route.callers for each in function.operations}
    return "users" if "users" in found else found.pop()


def test_terraform_deploys_the_declared_functions_for_their_callers() -> None:
    terraform = dict(FUNCTION.findall((ROOT / "terraform" / "functions.tf").read_text()))
    assert terraform == {name: callers(each) for name, each in declarations().items()}


def test_every_operation_has_a_unique_name_and_a_summary() -> None:
    operations = [each for function in declarations().values() for each in function.operations]
    assert len({each.name for each in operations}) == len(operations)
    assert all(each.use_case.__doc__ for each in operations)


def test_functions_that_start_or_prolong_paid_work_declare_it() -> None:
    spending = {name for name, each in declarations().items() if each.spends}
    assert spending >= {"start_avatar", "chat", "speak", "keep_alive"}
    assert not spending & {"end_session", "sweep_expired", "health"}


def test_internal_functions_spend_nothing() -> None:
    """To close a function at IAM changes only what `allUsers` may do."""
    assert not [name for name, each in declarations().items() if each.spends and each.internal]


def test_to_read_the_declarations_starts_nothing() -> None:
    """An invalid setting is not read, and no `App` is built."""
    probe = """
from infra.registry import declarations
from common.bootstrap import from_environment
print(len(declarations()), from_environment.cache_info().currsize)
"""
    ran = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=ROOT,
        env={**os.environ, "OPRINA_VAULT": "invalid"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert ran.stdout.split() == [str(len(declarations())), "0"]
