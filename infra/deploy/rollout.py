"""`python -m infra.deploy.rollout` puts what terraform/tfplan says into service, visits it
(infra/smoke/run.py), and goes back to what served before if the visit fails: then it exits with 1.

A function (2nd gen) sends all its callers to a new revision as soon as that is ready. Underneath it is
a Cloud Run service, which keeps the revision before and can be sent back to it in seconds, without a
build. What else was applied (an index, a role, a queue) stays: it is made for both. The next apply
sends callers to the newest revision again.

With `--after PROJECT` it first sees that the same commit went well there: staging, before production.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.deploy.shell import FailedError, Run, asked, shell

TERRAFORM = ("terraform", "-chdir=terraform")
UPDATE_TRAFFIC = ("gcloud", "run", "services", "update-traffic")
PLAN = "tfplan"
ASK_SECONDS = 120.0
APPLY_SECONDS = 1800.0
SMOKE_SECONDS = 180.0
SETTLING_SECONDS = 15.0
"""Cloud Run moves callers within seconds, not at once."""

Split = Mapping[str, int]
"""Percent of the callers, by revision."""


@dataclass(frozen=True)
class Deployment:
    """`services` are the Cloud Run services underneath its functions, as they are planned."""

    project: str
    region: str
    services: frozenset[str]

    @property
    def flags(self) -> tuple[str, ...]:
        return f"--project={self.project}", f"--region={self.region}"


def planned(run: Run) -> Deployment:
    plan = asked(run, (*TERRAFORM, "show", "-json", PLAN), seconds=ASK_SECONDS)
    resources = plan["planned_values"]["root_module"]["resources"]
    functions = (r for r in resources if r["type"] == "google_cloudfunctions2_function")
    names = (function["values"]["name"] for function in functions)
    return Deployment(
        project=plan["variables"]["project"]["value"],
        region=plan["variables"]["region"]["value"],
        services=frozenset(name.lower().replace("_", "-") for name in names),
    )


def serving(deployment: Deployment, run: Run) -> dict[str, Split]:
    """By service; those that are not there yet are not in it."""
    command = ("gcloud", "run", "services", "list", *deployment.flags, "--format=json")
    found = asked(run, command, seconds=ASK_SECONDS)
    splits = {each["metadata"]["name"]: _split(each) for each in found}
    return {name: splits[name] for name in sorted(deployment.services & splits.keys())}


def _split(service: Mapping[str, Any]) -> Split:
    traffic = service.get("status", {}).get("traffic", [])
    return {each["revisionName"]: each["percent"] for each in traffic if each.get("percent")}


def rollout(
    run: Run, *, say: Callable[[str], None] = print, wait: Callable[[float], None] = time.sleep
) -> int:
    """The exit code. Raises `FailedError` where nothing was changed. Whoever interrupts it has not seen
    it well: it goes back as well, unless it is interrupted again."""
    deployment = planned(run)
    before = serving(deployment, run)
    try:
        run((*TERRAFORM, "apply", "-input=false", PLAN), seconds=APPLY_SECONDS)
        wait(SETTLING_SECONDS)
        urls = run((*TERRAFORM, "output", "-json", "function_urls"), seconds=ASK_SECONDS, read=True)
        run((sys.executable, "-m", "infra.smoke", urls.strip()), seconds=SMOKE_SECONDS)
    except (FailedError, KeyboardInterrupt) as error:
        say(f"NOT IN SERVICE: {str(error) or 'interrupted'}")
        _go_back(deployment, before, run, say)
        return 1
    say("In service.")
    return 0


def _go_back(
    deployment: Deployment, before: Mapping[str, Split], run: Run, say: Callable[[str], None]
) -> None:
    """Each service that serves something else by now; all of them, where that cannot be told."""
    try:
        now = serving(deployment, run)
    except FailedError as error:
        say(f"What serves now cannot be told: {error}")
        now = {}
    for service, split in before.items():
        if split and now.get(service) != split:
            _send(service, split, deployment, run, say)
    for service in sorted(now.keys() - before.keys()):
        say(f"{service} is new: there is nothing to go back to")


def _send(
    service: str, split: Split, deployment: Deployment, run: Run, say: Callable[[str], None]
) -> None:
    revisions = ",".join(f"{revision}={percent}" for revision, percent in split.items())
    command = [*UPDATE_TRAFFIC, service, *deployment.flags]
    command += [f"--to-revisions={revisions}", "--quiet"]
    try:
        run(command, seconds=ASK_SECONDS)
    except FailedError as error:
        say(f"{service} COULD NOT GO BACK ({error}). By hand: {' '.join(command)}")
    else:
        say(f"{service} went back to {revisions}")


def went_well(project: str, region: str, commit: str, run: Run) -> bool:
    """Whether a build of `commit` in that project was applied and visited, and all was well."""
    command = ["gcloud", "builds", "list", f"--project={project}", f"--region={region}"]
    command += ["--filter=status=SUCCESS", "--limit=200", "--format=json"]
    builds = asked(run, command, seconds=ASK_SECONDS)
    applied = (
        b["substitutions"] for b in builds if b.get("substitutions", {}).get("_APPLY") == "true"
    )
    return any(each.get("COMMIT_SHA") == commit for each in applied)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy.rollout", description=__doc__)
    parser.add_argument("--after", default="", metavar="PROJECT")
    parser.add_argument("--commit", default="")
    parser.add_argument("--builds", default="global", metavar="REGION", help="of the builds there")
    given = parser.parse_args()
    try:
        if given.after and not went_well(given.after, given.builds, given.commit, shell):
            print(f"{given.commit} has not gone well in {given.after}: nothing was changed")
            return 1
        return rollout(shell)
    except FailedError as error:
        print(f"{error}: nothing was changed")
        return 1


if __name__ == "__main__":
    sys.exit(main())
