"""Close and open the functions that spend money, at IAM.

IAM refuses every call of a closed function before the function runs. Functions that spend nothing stay
as they are: they end what costs money. The next `terraform apply` opens all functions again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from infra.deploy.shell import CommandRunner, FailedError, run_json
from infra.registry import declarations

ALL_USERS, INVOKER = "allUsers", "roles/run.invoker"
LOCATION = "cloud.googleapis.com/location"
SECONDS = 60.0
"""Deadline of one gcloud command."""

Say = Callable[[str], None]
Change = Literal["add", "remove"]
DONE: dict[Change, str] = {"add": "open", "remove": "closed"}


@dataclass(frozen=True)
class DeployedFunction:
    """The Cloud Run service of a function."""

    service: str
    project: str
    region: str

    def command(self, verb: str, *flags: str) -> list[str]:
        where = (f"--project={self.project}", f"--region={self.region}")
        return ["gcloud", "run", "services", verb, self.service, *where, *flags]

    def change_command(self, change: Change) -> list[str]:
        flags = (f"--member={ALL_USERS}", f"--role={INVOKER}", "--quiet")
        return self.command(f"{change}-iam-policy-binding", *flags)


def spending_services() -> set[str]:
    """Return the service names of the functions that declare to spend money."""
    return {name.replace("_", "-") for name, each in declarations().items() if each.spends}


def find_functions(project: str, run: CommandRunner) -> list[DeployedFunction]:
    """Return the functions that spend, in all regions of the project.

    Raises `FailedError` if the project has none: then it is the wrong project.
    """
    spending = spending_services()
    command = ("gcloud", "run", "services", "list", f"--project={project}", "--format=json")
    listed = (each["metadata"] for each in run_json(run, command, seconds=SECONDS))
    found = [
        DeployedFunction(each["name"], project, each["labels"][LOCATION])
        for each in listed
        if each["name"] in spending
    ]
    if not found:
        raise FailedError(f"{project} has none of the functions {', '.join(sorted(spending))}")
    return found


def close_functions(project: str, run: CommandRunner, say: Say) -> bool:
    """Close every function that spends, and return whether all are closed.

    A failure does not stop the others. The message has the command to run by hand.
    """
    return _change_all(project, run, say, "remove")


def open_functions(project: str, run: CommandRunner, say: Say) -> bool:
    """Open every function that spends, and return whether all are open."""
    return _change_all(project, run, say, "add")


def _change_all(project: str, run: CommandRunner, say: Say, change: Change) -> bool:
    try:
        found = find_functions(project, run)
    except FailedError as error:
        say(f"CANNOT LIST THE FUNCTIONS: {error}")
        return False
    changed = [_change(function, run, say, change) for function in found]
    return all(changed)


def _change(function: DeployedFunction, run: CommandRunner, say: Say, change: Change) -> bool:
    command, done = function.change_command(change), DONE[change]
    try:
        if _is_open(function, run) != (change == "add"):
            run(command, seconds=SECONDS)
    except FailedError as error:
        say(f"{function.service} IS NOT {done.upper()} ({error}). Run: {' '.join(command)}")
        return False
    say(f"{function.service} is {done}")
    return True


def _is_open(function: DeployedFunction, run: CommandRunner) -> bool:
    policy = run_json(run, function.command("get-iam-policy", "--format=json"), seconds=SECONDS)
    return any(
        ALL_USERS in binding["members"]
        for binding in policy.get("bindings", [])
        if binding["role"] == INVOKER
    )
