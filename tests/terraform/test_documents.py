"""The documents of the deployment are up to date, and their examples work."""

import re
import subprocess
from pathlib import Path

import pytest

from infra.deploy.terraform_readme import README, VARIABLES, insert_tables, read_variables
from tests.terraform.checks.access import read_google_names
from tests.terraform.facts import Code
from tests.terraform.plan import Plan
from tests.terraform.provider.schema import ROOT, TERRAFORM
from tests.terraform.workspace import Workspace, make_workspace

GUIDE = (ROOT / "docs" / "deploy.md").read_text()
TEXT = README.read_text()
EXAMPLE = "example"
SECONDS = 300
RECORDER = '#!/bin/sh\necho "$(basename "$0") $*" >> "$CALLS"\n'

READER_ROLES = {
    "google_firebaserules": "firebaserules.viewer",
    "google_billing_budget": "billing.viewer",
    "_iam_": "iam.securityReviewer",
}
"""Roles that a plan needs to read resources of these types, besides `roles/viewer`."""


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", document)


def check_plan(workspace: Workspace, variables: str) -> None:
    """Plan an environment with these variables."""
    file = workspace.folder / "terraform" / "environments" / f"{EXAMPLE}.tfvars"
    file.write_text(variables)
    try:
        ran = workspace.plan(EXAMPLE)
    finally:
        file.unlink()
    assert ran.code == 0, ran.message


def missing_reader_roles(document: str, plan: Plan) -> set[str]:
    """Return roles that the account for pull requests needs to plan, and that the guide omits."""
    (section,) = re.findall(r"(?ms)^\*\*Pull requests\*\*.*?^## ", document)
    types = {each.type for each in plan.resources()}
    needed = {role for part, role in READER_ROLES.items() if any(part in each for each in types)}
    return {role for role in needed if not re.search(rf"[ /]{re.escape(role)}\b", section)}


# ── docs/deploy.md ───────────────────────────────────────────────────────────────────────────────


def test_environment_of_the_guide_can_be_planned(scratch: Workspace) -> None:
    [example] = blocks(GUIDE, "hcl")
    check_plan(scratch, example)


def test_account_for_pull_requests_can_read_what_a_plan_reads(plans: dict[str, Plan]) -> None:
    assert missing_reader_roles(GUIDE, plans["small"]) == set()


@pytest.mark.parametrize("role", READER_ROLES.values())
def test_missing_role_for_pull_requests_is_found(role: str, plans: dict[str, Plan]) -> None:
    assert missing_reader_roles(GUIDE.replace(role, "viewer"), plans["small"]) == {role}


def test_guide_names_only_roles_that_exist() -> None:
    named = set(re.findall(r"roles/[a-zA-Z]+(?:\.[a-zA-Z]+)*", GUIDE))
    [loop] = re.findall(r"(?ms)^for role in (.*?); do$", GUIDE)
    named |= {f"roles/{role}" for role in loop.replace("\\", " ").split()}
    assert len(named) > 8
    assert sorted(named - read_google_names("roles")) == []


# ── terraform/README.md ──────────────────────────────────────────────────────────────────────────


def test_tables_are_up_to_date() -> None:
    hint = "run: python -m infra.deploy.terraform_readme --write"
    assert insert_tables(TEXT) == TEXT, hint


def test_every_variable_has_a_group() -> None:
    text = "\n".join(path.read_text() for path in VARIABLES)
    every_file = "\n".join(path.read_text() for path in TERRAFORM.glob("*.tf"))
    variables = read_variables(text)
    declared = re.findall(r'(?m)^variable "(\w+)"', text)
    assert len(declared) == every_file.count('\nvariable "')
    assert [each.name for each in variables] == declared
    assert all(each.group for each in variables)


def test_every_file_is_listed() -> None:
    files = {path.name for path in TERRAFORM.glob("*.tf")}
    folders = {"environments/", "tests/"}
    assert set(re.findall(r"(?m)^\| `([\w./]+(?:\.tf|/))` \|", TEXT)) == files | folders


@pytest.mark.parametrize("number", range(len(blocks(TEXT, "hcl"))))
def test_example_can_be_planned(number: int, scratch: Workspace) -> None:
    """Each later example is added to the first one."""
    first, *others = blocks(TEXT, "hcl")
    check_plan(scratch, first + "".join(others[number - 1 : number]))


def test_commands_run_to_the_last(provider: str, code: Code, tmp_path: Path) -> None:
    """Terraform is real. `make` and the programs in .venv only record their calls."""
    workspace = make_workspace(tmp_path, provider, code.functions)
    for path in ("programs/make", ".venv/bin/python", ".venv/bin/pytest"):
        program = tmp_path / path
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(RECORDER)
        program.chmod(0o755)
    environment = workspace.environment()
    ended = subprocess.run(
        ["bash", "-eu", "-c", "\n".join(blocks(TEXT, "sh"))],  # noqa: S607 - the installed one
        cwd=tmp_path,
        env={
            **environment,
            "PATH": f"{tmp_path / 'programs'}:{environment['PATH']}",
            "CALLS": str(tmp_path / "calls"),
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (tmp_path / "calls").read_text().splitlines() == [
        "make deploy ENVIRONMENT=small PROJECT=oprina-small",
        "make package",
        "pytest tests/terraform",
        "python -m infra.deploy.terraform_readme --write",
    ]
