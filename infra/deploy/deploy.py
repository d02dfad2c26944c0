"""`python -m infra.deploy ENVIRONMENT PROJECT` deploys everything, the first time, and every time after
that: packages, plans, shows the plan, asks, applies, visits (infra/deploy/rollout.py, which goes
back to what served before if the visit fails).

ENVIRONMENT is a file in terraform/environments/, whose `project` must be PROJECT: nobody deploys to
another one than they think. Its state is in the bucket PROJECT-oprina-state. docs/deploy.md has what is
to be done once by hand before.

The first time there is nothing to visit yet: the LiveAvatar key is not there. Then, and with
`--no-visit`, it ends with what to do next.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.access.stop_spending import KEY
from infra.deploy.rollout import (
    APPLY_SECONDS,
    ASK_SECONDS,
    PLAN,
    TERRAFORM,
    Deployment,
    planned,
    rollout,
    serving,
)
from infra.deploy.shell import ROOT, FailedError, Run, asked, shell
from infra.smoke import sign_in
from infra.smoke.sign_in import NotSignedInError

ENVIRONMENTS = ROOT / "terraform" / "environments"
PACKAGE_SECONDS = 120.0
PLAN_SECONDS = 600.0


@dataclass(frozen=True)
class Target:
    environment: str
    project: str
    visited: bool = True

    @property
    def bucket(self) -> str:
        return f"{self.project}-oprina-state"


def deploy(
    target: Target,
    run: Run,
    agrees: Callable[[str], bool],
    visitor: Mapping[str, str],
    *,
    say: Callable[[str], None] = print,
    wait: Callable[[float], None] = time.sleep,
) -> int:
    """The exit code. `visitor` is the environment, as infra/smoke/sign_in.py has it. Raises
    `FailedError` where nothing was changed, and where a first apply failed, which is run again."""
    plan(target, run)
    deployment = planned(run)
    if deployment.project != target.project:
        raise FailedError(f"{target.environment}.tfvars is for {deployment.project}")
    visited = target.visited and _in_use(deployment, run)
    if visited and (why := _no_visitor(visitor)):
        raise FailedError(f"nobody could visit it ({why}; docs/deploy.md, The visitor)")
    if not agrees(f"Apply this to {target.project}?"):
        say("Nothing was changed.")
        return 1
    return rollout(run, say=say, wait=wait) if visited else _unvisited(run, say)


def plan(target: Target, run: Run) -> None:
    """Into terraform/tfplan, which is shown."""
    run((sys.executable, "-m", "infra.deploy.package"), seconds=PACKAGE_SECONDS)
    where = (f"bucket={target.bucket}", f"prefix={target.environment}")
    backend = [f"-backend-config={each}" for each in where]
    run((*TERRAFORM, "init", "-input=false", "-reconfigure", *backend), seconds=PLAN_SECONDS)
    variables = f"-var-file=environments/{target.environment}.tfvars"
    run((*TERRAFORM, "plan", "-input=false", variables, f"-out={PLAN}"), seconds=PLAN_SECONDS)


def _in_use(deployment: Deployment, run: Run) -> bool:
    """Not where a first apply stopped halfway: without the key no avatar starts."""
    if not serving(deployment, run):
        return False
    flags = (f"--project={deployment.project}", "--format=json")
    secrets = asked(run, ("gcloud", "secrets", "list", *flags), seconds=ASK_SECONDS)
    if all(each["name"].rpartition("/")[2] != KEY for each in secrets):
        return False
    versions = ("gcloud", "secrets", "versions", "list", KEY, "--filter=state=ENABLED", *flags)
    return bool(asked(run, versions, seconds=ASK_SECONDS))


def _unvisited(run: Run, say: Callable[[str], None]) -> int:
    try:
        run((*TERRAFORM, "apply", "-input=false", PLAN), seconds=APPLY_SECONDS)
    except FailedError as error:
        again = "what was made stays, and the same command goes on from there"
        raise FailedError(f"{error}: {again}") from None
    for name in ("secrets", "next"):
        say(run((*TERRAFORM, "output", name), seconds=ASK_SECONDS, read=True))
    say("It is there, and was not visited. Do the above; the same command again visits it.")
    return 0


def _no_visitor(environment: Mapping[str, str]) -> str:
    """Why; empty where somebody can sign in at a deployment."""
    try:
        found = sign_in.sign_in_of(environment)
    except NotSignedInError as error:
        return str(error)
    return "" if found is not sign_in.local else "OPRINA_SMOKE_... are not set"


def environments() -> list[str]:
    return sorted(path.stem for path in ENVIRONMENTS.glob("*.tfvars"))


def agreed(question: str, read: Callable[[str], str] = input) -> bool:
    """Where nobody is there to answer, it is a no."""
    try:
        return read(f"{question} [yes] ").strip() == "yes"
    except EOFError:
        return False


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument("environment", choices=environments())
    parser.add_argument("project")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--no-visit", action="store_true", help="apply, whatever comes of it")
    given = parser.parse_args()
    target = Target(given.environment, given.project, visited=not given.no_visit)
    try:
        return deploy(target, shell, (lambda _: True) if given.yes else agreed, os.environ)
    except FailedError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. The same command goes on from there.", file=sys.stderr)
        return 130
