"""`make deploy`, for the first time and later, against a fake project."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from common.adapters.google import identity_hash
from common.adapters.vault import sealer
from infra.deploy import deploy
from infra.deploy.deploy import DeploymentTarget
from infra.deploy.random_keys import RANDOM_KEYS
from infra.deploy.shell import ROOT, FailedError
from tests.infra.deploy.fake_google_cloud import URLS, FakeGoogleCloud
from tests.infra.deploy.test_rollout import AFTER, BEFORE

SMALL = DeploymentTarget("small", "oprina-test", lock=Path(__file__))
SIGN_IN = {"OPRINA_SMOKE_TOKEN": "canary-of-a-token"}


def cloud(**given: Any) -> FakeGoogleCloud:
    return FakeGoogleCloud(**{"serves": dict(BEFORE), "applied": dict(AFTER), **given})


def run_deploy(
    at: FakeGoogleCloud,
    target: DeploymentTarget = SMALL,
    *,
    confirmed: bool = True,
    environment: dict[str, str] | None = None,
) -> tuple[int, str]:
    """Return the exit code and the printed text."""
    printed: list[str] = []
    code = deploy.deploy(
        target,
        at,
        lambda _: confirmed,
        SIGN_IN if environment is None else environment,
        say=printed.append,
        wait=lambda _: None,
    )
    return code, "\n".join(printed)


def commands(at: FakeGoogleCloud) -> list[str]:
    """Return the first significant word of each command after the two sign-in checks."""
    skipped = {"run", "services", "secrets", "resource-manager"}
    lines = [line.split() for line in at.ran[2:]]
    return [
        next(w for w in line[1:] if not w.startswith("-") and w not in skipped) for line in lines
    ]


def test_update_packages_plans_applies_and_tests() -> None:
    at = cloud()
    assert run_deploy(at) == (0, "In service.")
    assert commands(at) == [
        *("infra.deploy.package", "init", "plan", "show", "org-policies"),
        *("list", "list", "versions"),
        *("show", "list", "apply", "versions", "versions", "output", "infra.smoke"),  # the rollout
    ]
    assert at.serves == AFTER
    assert URLS in at.ran[-1]


def test_access_is_checked_before_anything_else() -> None:
    at = cloud(fails={"auth application-default": ": ERROR: (gcloud.auth.x) not found"})
    with pytest.raises(FailedError, match="run `gcloud auth application-default login`"):
        run_deploy(at)
    assert at.ran == ["gcloud auth application-default print-access-token"]


def test_state_has_its_place_by_project_and_environment() -> None:
    at = cloud()
    run_deploy(at, DeploymentTarget("large", "oprina-test", lock=Path(__file__)))
    init, plan = at.ran[3:5]
    assert init.endswith(
        "init -input=false -reconfigure"
        " -backend-config=bucket=oprina-test-oprina-state -backend-config=prefix=large"
    )
    assert plan.endswith("plan -input=false -var-file=environments/large.tfvars -out=tfplan")


def test_first_deployment_ends_with_the_next_steps() -> None:
    at = cloud(serves={})
    code, printed = run_deploy(at, environment={})
    assert (code, at.serves) == (0, AFTER)
    assert commands(at)[6:] == ["apply", "versions", "versions", "output", "output"]
    assert at.ran[-2].endswith("output secrets")
    assert at.ran[-1].endswith("output next")
    assert "run the same command again" in printed


@pytest.mark.parametrize("made", [{"keys": 0}, {"secrets": ()}, {"secrets": ("smoke-password",)}])
def test_deployment_without_a_key_is_still_the_first(made: dict[str, Any]) -> None:
    at = cloud(serves={"chat": {"chat-00001": 100}}, **made)
    assert run_deploy(at, environment={})[0] == 0
    assert at.serves == AFTER
    assert "infra.smoke" not in commands(at)


@pytest.mark.parametrize("serves", [BEFORE, {}])
def test_random_key_that_is_new_gets_a_value_before_the_smoke_test(
    serves: dict[str, dict[str, int]],
) -> None:
    at = cloud(serves=dict(serves), empty={"account-hash-key"})
    code, printed = run_deploy(at)
    assert (code, at.empty) == (0, set())
    assert "The secret account-hash-key was empty and has a random value now." in printed
    [added] = [line for line in at.ran if "versions add" in line]
    assert added == (
        "sh -c head -c 32 /dev/urandom | base64 | gcloud secrets versions add account-hash-key"
        " --project=oprina-test --data-file=-"
    )
    assert at.ran.index(added) > next(n for n, line in enumerate(at.ran) if " apply " in line)
    run_deploy(at)
    assert sum("versions add" in line for line in at.ran) == 1


def test_random_keys_are_those_of_terraform() -> None:
    text = (ROOT / "terraform" / "secrets.tf").read_text()
    [block] = re.findall(r"(?s)random_keys = \{(.*?)\}", text)
    names = dict(
        re.findall(r'(?m)^  (\w+) += "([a-z-]+)"', (ROOT / "terraform/functions.tf").read_text())
    )
    assert [names[each] for each in re.findall(r"local\.(\w+)", block)] == list(RANDOM_KEYS)
    assert (identity_hash.KEY, sealer.KEY) == RANDOM_KEYS


def test_smoke_test_can_be_left_out() -> None:
    at = cloud(fails={"infra.smoke": ""})
    target = DeploymentTarget("small", "oprina-test", smoke_test=False, lock=Path(__file__))
    assert run_deploy(at, target, environment={})[0] == 0
    assert at.serves == AFTER


def test_failed_first_apply_can_be_repeated() -> None:
    at = cloud(serves={}, fails={"apply": ""}, applied={})
    with pytest.raises(FailedError, match="the same command continues from there"):
        run_deploy(at, environment={})
    at.fails.clear()
    assert run_deploy(at, environment={})[0] == 0


def test_failed_smoke_test_goes_back() -> None:
    at = cloud(fails={"infra.smoke": ""})
    assert run_deploy(at)[0] == 1
    assert at.serves == BEFORE


@pytest.mark.parametrize("serves", [BEFORE, {}])
def test_nothing_is_applied_without_confirmation(serves: dict[str, dict[str, int]]) -> None:
    at = cloud(serves=dict(serves))
    assert run_deploy(at, confirmed=False) == (1, "Nothing was changed.")
    assert "apply" not in commands(at)


def test_nothing_is_applied_to_another_project_than_the_named_one() -> None:
    at = cloud()
    with pytest.raises(FailedError, match=r"small\.tfvars is for the project oprina-test"):
        run_deploy(at, DeploymentTarget("small", "oprina-prod"))
    assert "apply" not in commands(at)


@pytest.mark.parametrize("environment", [{}, {"OPRINA_SMOKE_EMAIL": "smoke@oprina.test"}])
def test_nothing_is_applied_if_the_smoke_test_cannot_sign_in(environment: dict[str, str]) -> None:
    at = cloud()
    with pytest.raises(FailedError, match="OPRINA_SMOKE_"):
        run_deploy(at, environment=environment)
    assert "apply" not in commands(at)


@pytest.mark.parametrize(
    "command", ["infra.deploy.package", "init", "plan ", "show", "services list", "secrets"]
)
def test_nothing_is_applied_after_a_failed_command(command: str) -> None:
    at = cloud(fails={command: ""})
    with pytest.raises(FailedError):
        run_deploy(at)
    assert "apply" not in commands(at)


def test_environments_are_files() -> None:
    assert {"large", "small"} <= set(deploy.list_environments())


@pytest.mark.parametrize(("answer", "yes"), [("yes", True), ("y", False), ("", False)])
def test_only_yes_is_a_yes(answer: str, yes: bool) -> None:
    assert deploy.ask_for_yes("Apply?", lambda _: answer) is yes


def test_without_a_terminal_the_answer_is_no() -> None:
    def read_nothing(_: str) -> str:
        raise EOFError

    assert not deploy.ask_for_yes("Apply?", read_nothing)


# ── organisations that refuse allUsers ────────────────────────────────────────────────────────────

RESTRICTED = {"listPolicy": {"allowedValues": ["C01example"]}}


def test_nothing_is_applied_where_the_organisation_refuses_all_users() -> None:
    at = cloud(policy=RESTRICTED)
    with pytest.raises(FailedError, match='public_access = "no_invoker_check"'):
        run_deploy(at)
    assert "apply" not in commands(at)


@pytest.mark.parametrize("policy", [{}, {"listPolicy": {"allValues": "ALLOW"}}])
def test_an_organisation_that_allows_all_users_is_no_problem(policy: dict[str, Any]) -> None:
    assert run_deploy(cloud(policy=policy))[0] == 0


def test_a_policy_that_may_not_be_read_stops_nothing() -> None:
    assert run_deploy(cloud(fails={"org-policies": ": PERMISSION_DENIED"}))[0] == 0


@pytest.mark.parametrize("serves", [BEFORE, {}])
def test_checks_are_off_before_the_smoke_test(serves: dict[str, dict[str, int]]) -> None:
    at = cloud(policy=RESTRICTED, way="no_invoker_check", serves=dict(serves))
    assert run_deploy(at)[0] == 0
    assert at.unchecked == {"chat", "start-avatar"}
    assert not any("org-policies" in line or "infra.smoke" in line for line in at.ran[-2:-1])


def test_a_check_that_stays_on_takes_the_deployment_back() -> None:
    at = cloud(way="no_invoker_check", fails={"--no-invoker-iam-check": ""})
    code, printed = run_deploy(at)
    assert (code, at.serves) == (1, BEFORE)
    assert "browsers cannot call the functions" in printed


# ── the lock file ─────────────────────────────────────────────────────────────────────────────────


STAND_IN = """#!/bin/sh
# As Terraform: `init` writes a lock file for this machine if there is none.
case "$*" in
  *"providers lock"*) echo "$*" > terraform.lock ;;
  *" init "*) test -e terraform.lock || echo "this machine" > terraform.lock ;;
esac
"""


def test_a_missing_lock_file_is_made_for_every_platform(tmp_path: Path) -> None:
    program, printed = tmp_path / "terraform", list[str]()
    program.write_text(STAND_IN)
    program.chmod(0o755)

    def run(command: Sequence[str], *, seconds: float, read: bool = False) -> str:
        assert seconds
        assert not read
        if command[0] == "terraform":
            subprocess.run([program, *command[1:]], cwd=tmp_path, check=True)
        return ""

    missing = DeploymentTarget("small", "oprina-test", lock=tmp_path / "terraform.lock")
    deploy.make_plan(missing, run, printed.append)
    lock = missing.lock.read_text()
    assert [each for each in deploy.PLATFORMS if f"-platform={each}" not in lock] == []
    assert {each.split("_")[0] for each in deploy.PLATFORMS} == {"linux", "darwin"}
    assert "commit it" in printed[0]


def test_a_lock_file_that_is_there_stays() -> None:
    at = cloud()
    deploy.make_plan(SMALL, at, print)
    assert not any("providers lock" in line for line in at.ran)
