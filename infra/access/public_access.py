"""Who may come in from outside: the functions that cost money, shut and opened at IAM.

A function that is shut refuses everybody before it runs. `end_session`, `health` and the sweep stay as
they are: they spend nothing, and what they do ends what costs. Terraform opens at its next apply.
"""

from collections.abc import Callable
from dataclasses import dataclass

from infra.deploy import package
from infra.deploy.shell import FailedError, Run, asked

STAY = frozenset({"end_session", "health", "sweep_expired"})
EVERYBODY, INVOKER = "allUsers", "roles/run.invoker"
LOCATION = "cloud.googleapis.com/location"
SECONDS = 60.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Door:
    """Of a function: the Cloud Run service underneath."""

    service: str
    project: str
    region: str

    def command(self, what: str, *flags: str) -> list[str]:
        where = (f"--project={self.project}", f"--region={self.region}")
        return ["gcloud", "run", "services", what, self.service, *where, *flags]

    def policy(self, what: str) -> list[str]:
        flags = (f"--member={EVERYBODY}", f"--role={INVOKER}", "--quiet")
        return self.command(f"{what}-iam-policy-binding", *flags)


def doors(project: str, run: Run) -> list[Door]:
    """In whatever regions they are. `FailedError` where there is none: then it is another project."""
    ours = {name.replace("_", "-") for name in package.functions() if name not in STAY}
    command = ("gcloud", "run", "services", "list", f"--project={project}", "--format=json")
    listed = (each["metadata"] for each in asked(run, command, seconds=SECONDS))
    found = [
        Door(each["name"], project, each["labels"][LOCATION])
        for each in listed
        if each["name"] in ours
    ]
    if not found:
        raise FailedError(f"{project} has none of the functions {', '.join(sorted(ours))}")
    return found


def shut(project: str, run: Run, say: Say) -> bool:
    """Whether all of them are. One that cannot be shut keeps no other open, and is told with its
    command."""
    return _each(project, run, say, "remove")


def open_again(project: str, run: Run, say: Say) -> bool:
    return _each(project, run, say, "add")


def _each(project: str, run: Run, say: Say, what: str) -> bool:
    try:
        found = doors(project, run)
    except FailedError as error:
        say(f"THE FUNCTIONS CANNOT BE TOLD: {error}")
        return False
    turned = [_turn(door, run, say, what) for door in found]
    return all(turned)


def _turn(door: Door, run: Run, say: Say, what: str) -> bool:
    word = "shut" if what == "remove" else "open"
    try:
        if _is_open(door, run) != (word == "open"):
            run(door.policy(what), seconds=SECONDS)
    except FailedError as error:
        say(
            f"{door.service} IS NOT {word.upper()} ({error}). By hand: {' '.join(door.policy(what))}"
        )
        return False
    say(f"{door.service} is {word}")
    return True


def _is_open(door: Door, run: Run) -> bool:
    policy = asked(run, door.command("get-iam-policy", "--format=json"), seconds=SECONDS)
    return any(
        EVERYBODY in binding["members"]
        for binding in policy.get("bindings", [])
        if binding["role"] == INVOKER
    )
