"""Close and open functions to callers without a Google account, at IAM.

IAM refuses every call of a closed function before the function runs. There are two ways to open a
function, by the variable `public_access` of the deployment: allUsers may call it, or Cloud Run does not
check callers at all. Organisations with domain restricted sharing refuse the first way.

`make stop-spending` closes the functions that spend money. The others stay as they are: they end what
costs money. The next deployment opens all functions again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from infra.deploy.shell import CommandRunner, FailedError, run_json
from infra.registry import declarations

ALL_USERS, INVOKER = "allUsers", "roles/run.invoker"
LOCATION = "cloud.googleapis.com/location"
UNCHECKED = "run.googleapis.com/invoker-iam-disabled"
"""The annotation of a service whose callers Cloud Run does not check."""
SECONDS = 60.0
"""Deadline of one gcloud command."""

Say = Callable[[str], None]
Way = Literal["all_users", "no_invoker_check"]


@dataclass(frozen=True)
class DeployedFunction:
    """The Cloud Run service of a function. `unchecked`: Cloud Run does not check its callers."""

    service: str
    project: str
    region: str
    unchecked: bool = False

    def command(self, verb: str, *flags: str) -> list[str]:
        where = (f"--project={self.project}", f"--region={self.region}")
        return ["gcloud", "run", "services", verb, self.service, *where, *flags]

    def binding_command(self, change: Literal["add", "remove"]) -> list[str]:
        """Return the command that lets allUsers call the function, or no longer."""
        flags = (f"--member={ALL_USERS}", f"--role={INVOKER}", "--quiet")
        return self.command(f"{change}-iam-policy-binding", *flags)

    def check_command(self, *, checked: bool) -> list[str]:
        """Return the command that turns Cloud Run's check of callers on or off."""
        flag = "--invoker-iam-check" if checked else "--no-invoker-iam-check"
        return self.command("update", flag, "--quiet")


def spending_services() -> set[str]:
    """Return the service names of the functions that declare to spend money."""
    return _services(lambda each: each.spends)


def public_services() -> set[str]:
    """Return the service names of the functions that browsers call."""
    return _services(lambda each: not each.internal)


def _services(chosen: Callable[[Any], bool]) -> set[str]:
    return {name.replace("_", "-") for name, each in declarations().items() if chosen(each)}


def find_functions(project: str, run: CommandRunner) -> list[DeployedFunction]:
    """Return the public functions, in all regions of the project.

    Raises `FailedError` if none of them spends: then it is the wrong project.
    """
    command = ("gcloud", "run", "services", "list", f"--project={project}", "--format=json")
    listed = (each["metadata"] for each in run_json(run, command, seconds=SECONDS))
    found = [
        DeployedFunction(
            each["name"],
            project,
            each["labels"][LOCATION],
            unchecked=each.get("annotations", {}).get(UNCHECKED) == "true",
        )
        for each in listed
        if each["name"] in public_services()
    ]
    spending = spending_services()
    if not any(each.service in spending for each in found):
        raise FailedError(f"{project} has none of the functions {', '.join(sorted(spending))}")
    return found


def way_of(found: list[DeployedFunction]) -> Way:
    """Return how the project opens its functions, by those that are never closed."""
    spending = spending_services()
    stay = [each for each in found if each.service not in spending]
    return "no_invoker_check" if any(each.unchecked for each in stay) else "all_users"


def close_functions(project: str, run: CommandRunner, say: Say) -> bool:
    """Close every function that spends, in both ways. Return whether all are closed.

    A failure does not stop the others. The message has the command to run by hand.
    """
    return _change_spending(project, run, say, _closing_commands, "closed")


def open_functions(project: str, run: CommandRunner, say: Say) -> bool:
    """Open every function that spends, as the project opens the others. Return whether all are open."""
    return _change_spending(project, run, say, _opening_commands, "open")


def disable_checks(project: str, run: CommandRunner, say: Say) -> bool:
    """Turn off Cloud Run's check of callers for every public function. Return whether all are open.

    Terraform cannot do it: its resource of a function has no argument for that.
    """
    changed = [
        _run(each, [each.check_command(checked=False)], run, say, "open")
        for each in find_functions(project, run)
        if not each.unchecked
    ]
    return all(changed)


Commands = Callable[[DeployedFunction, Way, CommandRunner], list[list[str]]]


def _change_spending(
    project: str, run: CommandRunner, say: Say, commands: Commands, done: str
) -> bool:
    try:
        found = find_functions(project, run)
    except FailedError as error:
        say(f"CANNOT LIST THE FUNCTIONS: {error}")
        return False
    way, spending = way_of(found), spending_services()
    changed = []
    for each in (each for each in found if each.service in spending):
        try:
            needed = commands(each, way, run)
        except FailedError as error:
            say(f"{each.service} IS NOT {done.upper()} ({error})")
            changed.append(False)
        else:
            changed.append(_run(each, needed, run, say, done))
    return all(changed)


def _closing_commands(function: DeployedFunction, _: Way, run: CommandRunner) -> list[list[str]]:
    check = [function.check_command(checked=True)] if function.unchecked else []
    binding = [function.binding_command("remove")] if _is_bound(function, run) else []
    return check + binding


def _opening_commands(function: DeployedFunction, way: Way, run: CommandRunner) -> list[list[str]]:
    if way == "no_invoker_check":
        return [] if function.unchecked else [function.check_command(checked=False)]
    return [] if _is_bound(function, run) else [function.binding_command("add")]


def _run(
    function: DeployedFunction,
    commands: list[list[str]],
    run: CommandRunner,
    say: Say,
    done: str,
) -> bool:
    for command in commands:
        try:
            run(command, seconds=SECONDS)
        except FailedError as error:
            say(f"{function.service} IS NOT {done.upper()} ({error}). Run: {' '.join(command)}")
            return False
    say(f"{function.service} is {done}")
    return True


def _is_bound(function: DeployedFunction, run: CommandRunner) -> bool:
    policy = run_json(run, function.command("get-iam-policy", "--format=json"), seconds=SECONDS)
    return any(
        ALL_USERS in binding["members"]
        for binding in policy.get("bindings", [])
        if binding["role"] == INVOKER
    )
