"""The documents of the deployment are up to date, and their examples work."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.deploy.terraform_readme import README, VARIABLES, insert_tables, read_variables
from tests.terraform.checks.access import read_google_names
from tests.terraform.facts import Code
from tests.terraform.plan import Plan
from tests.terraform.provider.schema import ROOT, TERRAFORM
from tests.terraform.workspace import ENVIRONMENTS, Workspace, arguments_of_test, make_workspace

GUIDE = (ROOT / "docs" / "deploy.md").read_text()
TEXT = README.read_text()
EXAMPLE = "example"
SECONDS = 300
RECORDER = '#!/bin/sh\necho "$(basename "$0") $*" >> "$CALLS"\n'
TERRAFORM_PROGRAM = """#!/bin/sh
case "$2" in
  test) echo "terraform $*" >> "$CALLS" ;;
  *) PATH="${PATH#*:}" exec terraform "$@" ;;
esac
"""
"""Records the tests, which test_terraform.py runs with the same arguments, and runs the others."""

DEPLOYER_ROLES = {
    "google_artifact_registry": "artifactregistry.admin",
    "google_cloud_scheduler": "cloudscheduler.admin",
    "google_cloud_tasks": "cloudtasks.admin",
    "google_cloudfunctions2": "cloudfunctions.admin",
    "google_compute_security_policy": "compute.securityAdmin",
    "google_compute": "compute.loadBalancerAdmin",
    "google_cloud_run": "run.admin",
    "google_firebaserules": "firebaserules.admin",
    "google_firestore": "datastore.owner",
    "google_identity_platform": "identityplatform.admin",
    "google_logging": "logging.configWriter",
    "google_monitoring": "monitoring.editor",
    "google_project_iam_custom_role": "iam.roleAdmin",
    "google_project_iam_member": "resourcemanager.projectIamAdmin",
    "google_project_service": "serviceusage.serviceUsageAdmin",
    "google_pubsub": "pubsub.admin",
    "google_secret_manager": "secretmanager.admin",
    "google_service_account": "iam.serviceAccountAdmin",
    "google_storage": "storage.admin",
}
"""The role that the account which deploys needs for resources whose types begin with each word."""


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


def deployer_roles(document: str) -> set[str]:
    """Return the roles that the guide grants to the account which deploys."""
    [loop] = re.findall(r"(?ms)^for role in (.*?); do$", document)
    return set(loop.replace("\\", " ").split())


# ── docs/deploy.md ───────────────────────────────────────────────────────────────────────────────


def test_environment_of_the_guide_can_be_planned(scratch: Workspace) -> None:
    """Plan the first example, and the first with each later one."""
    first, *others = blocks(GUIDE, "hcl")
    check_plan(scratch, first)
    for other in others:
        check_plan(scratch, first + other)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_account_that_deploys_may_change_every_resource(
    environment: str, plans: Callable[[str], Plan]
) -> None:
    granted = deployer_roles(GUIDE)
    types = {each.type for each in plans(environment).resources()}
    google = {kind for kind in types if kind.startswith("google_")} - {"google_billing_budget"}
    needed = {
        kind: next((r for prefix, r in DEPLOYER_ROLES.items() if kind.startswith(prefix)), "?")
        for kind in google
    }
    assert {kind: role for kind, role in needed.items() if role not in granted} == {}


def test_no_account_is_an_owner() -> None:
    wide = {"owner", "editor", "viewer"}
    assert not wide & deployer_roles(GUIDE)
    assert not re.search(r"--role=roles/(owner|editor|viewer)\b", GUIDE)


def test_account_for_pull_requests_can_only_write_logs() -> None:
    [section] = re.findall(r"(?ms)^\*\*Pull requests\*\*.*?^## ", GUIDE)
    assert re.findall(r"--role=(\S+)", section) == ["roles/logging.logWriter"]


def test_guide_names_only_roles_that_exist() -> None:
    named = set(re.findall(r"roles/[a-zA-Z]+(?:\.[a-zA-Z]+)*", GUIDE))
    named |= {f"roles/{role}" for role in deployer_roles(GUIDE)}
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
    """Terraform is real but for its tests. `make` and the programs in .venv only record their calls."""
    workspace = make_workspace(tmp_path, provider, code.functions)
    programs = dict.fromkeys(("programs/make", ".venv/bin/python", ".venv/bin/pytest"), RECORDER)
    for path, script in {**programs, "programs/terraform": TERRAFORM_PROGRAM}.items():
        program = tmp_path / path
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(script)
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
        *(
            f"terraform -chdir=terraform {' '.join(arguments_of_test(name))}"
            for name in ENVIRONMENTS
        ),
        "pytest tests/terraform",
        "python -m infra.deploy.terraform_readme --write",
    ]
