"""Apply terraform/tfplan and run the smoke test (infra/smoke/run.py).

    python -m infra.deploy.rollout [--after PROJECT]

If the smoke test fails, it sends all traffic back to the revisions that served before, and exits
with 1.

A 2nd-gen function is a Cloud Run service. A new revision gets all traffic as soon as it is ready.
Cloud Run keeps the previous revision, so traffic returns to it within seconds and without a build.
Other changes (an index, a role, a queue) stay: they must suit both revisions. The next apply sends
traffic to the newest revision again.

With `--after PROJECT` it first checks that the same commit was deployed and tested in that project,
such as staging before production.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.access.public_access import Way, disable_checks
from infra.deploy.random_keys import add_random_keys
from infra.deploy.shell import CommandRunner, FailedError, run_command, run_json

TERRAFORM = ("terraform", "-chdir=terraform")
UPDATE_TRAFFIC = ("gcloud", "run", "services", "update-traffic")
PLAN = "tfplan"
READ_SECONDS = 120.0
APPLY_SECONDS = 1800.0
SMOKE_SECONDS = 180.0
SETTLING_SECONDS = 15.0
"""Cloud Run needs some seconds to move all traffic to a new revision."""

Split = Mapping[str, int]
"""Percent of the traffic, by revision."""


@dataclass(frozen=True)
class Deployment:
    """A planned deployment. `services`: the Cloud Run services of its functions.

    `way`: how its functions admit browsers.
    """

    project: str
    region: str
    services: frozenset[str]
    way: Way = "all_users"

    @property
    def flags(self) -> tuple[str, ...]:
        """Flags of gcloud that select project and region."""
        return f"--project={self.project}", f"--region={self.region}"


def read_plan(run: CommandRunner) -> Deployment:
    """Read project, region and services from terraform/tfplan."""
    plan = run_json(run, (*TERRAFORM, "show", "-json", PLAN), seconds=READ_SECONDS)
    resources = plan["planned_values"]["root_module"]["resources"]
    functions = (r for r in resources if r["type"] == "google_cloudfunctions2_function")
    names = (function["values"]["name"] for function in functions)
    return Deployment(
        project=plan["variables"]["project"]["value"],
        region=plan["variables"]["region"]["value"],
        services=frozenset(name.lower().replace("_", "-") for name in names),
        way=plan["variables"].get("public_access", {"value": "all_users"})["value"],
    )


def read_traffic(deployment: Deployment, run: CommandRunner) -> dict[str, Split]:
    """Return the traffic split of each service. Services that do not exist yet are left out."""
    command = ("gcloud", "run", "services", "list", *deployment.flags, "--format=json")
    services = run_json(run, command, seconds=READ_SECONDS)
    splits = {each["metadata"]["name"]: _split(each) for each in services}
    return {name: splits[name] for name in sorted(deployment.services & splits.keys())}


def _split(service: Mapping[str, Any]) -> Split:
    traffic = service.get("status", {}).get("traffic", [])
    return {each["revisionName"]: each["percent"] for each in traffic if each.get("percent")}


def rollout(
    run: CommandRunner,
    *,
    say: Callable[[str], None] = print,
    wait: Callable[[float], None] = time.sleep,
) -> int:
    """Apply the plan, run the smoke test, and go back if it fails. Return the exit code.

    Ctrl-C counts as a failed smoke test. A second Ctrl-C ends the way back, too.

    Raises: FailedError if nothing was changed.
    """
    deployment = read_plan(run)
    before = read_traffic(deployment, run)
    try:
        apply(deployment, run, say)
        wait(SETTLING_SECONDS)
        output = (*TERRAFORM, "output", "-json", "function_urls")
        urls = run(output, seconds=READ_SECONDS, read=True)
        run((sys.executable, "-m", "infra.smoke", urls.strip()), seconds=SMOKE_SECONDS)
    except (FailedError, KeyboardInterrupt) as error:
        say(f"NOT IN SERVICE: {str(error) or 'interrupted'}")
        _go_back(deployment, before, run, say)
        return 1
    say("In service.")
    return 0


def apply(deployment: Deployment, run: CommandRunner, say: Callable[[str], None]) -> None:
    """Apply terraform/tfplan, and do what Terraform cannot: random keys, and opening the functions.

    Raises: FailedError.
    """
    run((*TERRAFORM, "apply", "-input=false", PLAN), seconds=APPLY_SECONDS)
    add_random_keys(deployment.project, run, say)
    if deployment.way == "no_invoker_check" and not disable_checks(deployment.project, run, say):
        raise FailedError("browsers cannot call the functions")


def _go_back(
    deployment: Deployment,
    before: Mapping[str, Split],
    run: CommandRunner,
    say: Callable[[str], None],
) -> None:
    """Restore the traffic of each service that changed, or of all if the current traffic is unknown."""
    try:
        now = read_traffic(deployment, run)
    except FailedError as error:
        say(f"The current traffic is unknown: {error}")
        now = {}
    for service, split in before.items():
        if split and now.get(service) != split:
            _send_traffic(service, split, deployment, run, say)
    for service in sorted(now.keys() - before.keys()):
        say(f"{service} is new and has no previous revision")


def _send_traffic(
    service: str,
    split: Split,
    deployment: Deployment,
    run: CommandRunner,
    say: Callable[[str], None],
) -> None:
    revisions = ",".join(f"{revision}={percent}" for revision, percent in split.items())
    command = [*UPDATE_TRAFFIC, service, *deployment.flags]
    command += [f"--to-revisions={revisions}", "--quiet"]
    try:
        run(command, seconds=READ_SECONDS)
    except FailedError as error:
        say(f"{service} COULD NOT GO BACK ({error}). Run this command: {' '.join(command)}")
    else:
        say(f"{service} went back to {revisions}")


def commit_was_deployed(project: str, region: str, commit: str, run: CommandRunner) -> bool:
    """Return whether a build in `project` applied this commit and passed the smoke test."""
    command = ["gcloud", "builds", "list", f"--project={project}", f"--region={region}"]
    command += ["--filter=status=SUCCESS", "--limit=200", "--format=json"]
    builds = run_json(run, command, seconds=READ_SECONDS)
    applied = (
        b["substitutions"] for b in builds if b.get("substitutions", {}).get("_APPLY") == "true"
    )
    return any(each.get("COMMIT_SHA") == commit for each in applied)


def main() -> int:
    """Run the command, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy.rollout", description=__doc__)
    parser.add_argument("--after", default="", metavar="PROJECT", help="project to deploy before")
    parser.add_argument("--commit", default="", help="commit that must be deployed there")
    parser.add_argument("--builds", default="global", metavar="REGION", help="region of its builds")
    options = parser.parse_args()
    try:
        if options.after and not commit_was_deployed(
            options.after, options.builds, options.commit, run_command
        ):
            print(f"{options.commit} is not deployed in {options.after}: nothing was changed")
            return 1
        return rollout(run_command)
    except FailedError as error:
        print(f"{error}: nothing was changed")
        return 1


if __name__ == "__main__":
    sys.exit(main())
