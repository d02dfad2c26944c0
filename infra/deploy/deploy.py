"""`python -m infra.deploy ENVIRONMENT PROJECT` deploys everything, for the first time or again.

It packages the functions, plans, shows the plan, asks, applies the plan and runs the smoke test. If
the smoke test fails, it goes back to the previous revisions (infra/deploy/rollout.py).

ENVIRONMENT is the name of a file in terraform/environments/. The `project` in this file must be
PROJECT, so that nothing is deployed to another project by mistake. The state is in the bucket
PROJECT-oprina-state. docs/deploy.md lists the steps that are done once by hand before.

The first deployment cannot be smoke-tested, because the LiveAvatar key is not there. In this case,
and with `--no-smoke-test`, the command ends with the next steps.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.access.stop_spending import KEY
from infra.deploy.preflight import check_access, check_organisation
from infra.deploy.rollout import (
    PLAN,
    READ_SECONDS,
    TERRAFORM,
    Deployment,
    apply,
    read_plan,
    read_traffic,
    rollout,
)
from infra.deploy.shell import ROOT, CommandRunner, FailedError, run_command, run_json
from infra.smoke import sign_in
from infra.smoke.sign_in import NotSignedInError

ENVIRONMENTS = ROOT / "terraform" / "environments"
LOCK = ROOT / "terraform" / ".terraform.lock.hcl"
PLATFORMS = ("linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64")
PACKAGE_SECONDS = 120.0
PLAN_SECONDS = 600.0


@dataclass(frozen=True)
class DeploymentTarget:
    """The environment's file, the project that it must be for, and whether to run the smoke test.

    `lock`: the file that pins Terraform's providers.
    """

    environment: str
    project: str
    smoke_test: bool = True
    lock: Path = LOCK

    @property
    def bucket(self) -> str:
        """Name of the bucket with the state."""
        return f"{self.project}-oprina-state"


def deploy(
    target: DeploymentTarget,
    run: CommandRunner,
    confirm: Callable[[str], bool],
    environment: Mapping[str, str],
    *,
    say: Callable[[str], None] = print,
    wait: Callable[[float], None] = time.sleep,
) -> int:
    """Deploy, and return the exit code.

    `environment`: the environment variables, among them the sign-in of the smoke test (see
    infra/smoke/sign_in.py).

    Raises: FailedError if nothing was changed, or if the first apply failed and can be repeated.
    """
    check_access(run, environment)
    make_plan(target, run, say)
    deployment = read_plan(run)
    if deployment.project != target.project:
        raise FailedError(f"{target.environment}.tfvars is for the project {deployment.project}")
    if deployment.way == "all_users":
        check_organisation(deployment.project, run)
    smoke_test = target.smoke_test and _is_in_use(deployment, run)
    if smoke_test and (problem := _sign_in_problem(environment)):
        raise FailedError(
            f"the smoke test cannot sign in ({problem}; see docs/deploy.md, The smoke test's user)"
        )
    if not confirm(f"Apply this plan to {target.project}?"):
        say("Nothing was changed.")
        return 1
    if smoke_test:
        return rollout(run, say=say, wait=wait)
    return _apply_without_smoke_test(deployment, run, say)


def make_plan(
    target: DeploymentTarget,
    run: CommandRunner,
    say: Callable[[str], None],
) -> None:
    """Package the functions and write the plan to terraform/tfplan. Terraform shows it.

    Where the lock file of the providers is missing, write it with the hashes of all platforms. This
    comes before `terraform init`, which would write one for this machine only.
    """
    run((sys.executable, "-m", "infra.deploy.package"), seconds=PACKAGE_SECONDS)
    if not target.lock.exists():
        platforms = [f"-platform={each}" for each in PLATFORMS]
        run((*TERRAFORM, "providers", "lock", *platforms), seconds=PLAN_SECONDS)
        say(f"{target.lock.name} is new: commit it, so that every machine uses the same providers.")
    state = (f"bucket={target.bucket}", f"prefix={target.environment}")
    backend = [f"-backend-config={each}" for each in state]
    run((*TERRAFORM, "init", "-input=false", "-reconfigure", *backend), seconds=PLAN_SECONDS)
    variables = f"-var-file=environments/{target.environment}.tfvars"
    run((*TERRAFORM, "plan", "-input=false", variables, f"-out={PLAN}"), seconds=PLAN_SECONDS)


def _is_in_use(deployment: Deployment, run: CommandRunner) -> bool:
    """Return whether functions serve and the LiveAvatar key is there.

    After a first apply that failed halfway there is no key, and no avatar can start.
    """
    if not read_traffic(deployment, run):
        return False
    flags = (f"--project={deployment.project}", "--format=json")
    secrets = run_json(run, ("gcloud", "secrets", "list", *flags), seconds=READ_SECONDS)
    if all(each["name"].rpartition("/")[2] != KEY for each in secrets):
        return False
    versions = ("gcloud", "secrets", "versions", "list", KEY, "--filter=state=ENABLED", *flags)
    return bool(run_json(run, versions, seconds=READ_SECONDS))


def _apply_without_smoke_test(
    deployment: Deployment, run: CommandRunner, say: Callable[[str], None]
) -> int:
    try:
        apply(deployment, run, say)
    except FailedError as error:
        hint = "what was created stays, and the same command continues from there"
        raise FailedError(f"{error}: {hint}") from None
    for name in ("secrets", "next"):
        say(run((*TERRAFORM, "output", name), seconds=READ_SECONDS, read=True))
    say("Deployed without a smoke test. Do the steps above, then run the same command again.")
    return 0


def _sign_in_problem(environment: Mapping[str, str]) -> str:
    """Return why the smoke test cannot sign in to a deployment, or an empty string if it can."""
    try:
        chosen = sign_in.sign_in_of(environment)
    except NotSignedInError as error:
        return str(error)
    return "" if chosen is not sign_in.local else "OPRINA_SMOKE_... are not set"


def list_environments() -> list[str]:
    """Return the names of the files in terraform/environments/."""
    return sorted(path.stem for path in ENVIRONMENTS.glob("*.tfvars"))


def ask_for_yes(question: str, read: Callable[[str], str] = input) -> bool:
    """Ask on the terminal, and return whether the answer is `yes`. Without a terminal it is no."""
    try:
        return read(f"{question} [yes] ").strip() == "yes"
    except EOFError:
        return False


def main() -> int:
    """Run the command, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument("environment", choices=list_environments())
    parser.add_argument("project")
    parser.add_argument("--yes", action="store_true", help="apply without asking")
    parser.add_argument("--no-smoke-test", action="store_true", help="apply without a smoke test")
    options = parser.parse_args()
    target = DeploymentTarget(
        options.environment, options.project, smoke_test=not options.no_smoke_test
    )
    confirm = (lambda _: True) if options.yes else ask_for_yes
    try:
        return deploy(target, run_command, confirm, os.environ)
    except FailedError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. The same command continues from there.", file=sys.stderr)
        return 130
