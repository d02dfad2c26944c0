"""The deployment or the local stack that an operator's command works on."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from common.domain.errors import OprinaError
from common.settings import Settings, WronglySetError
from infra.deploy.shell import CommandRunner, FailedError, run_command, run_json

SECONDS = 60.0
FUNCTION = "sweep-expired"
PREFIX = "OPRINA_"


class RefusedCommandError(Exception):
    """The command cannot be done. The message says why, in one sentence."""


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name the target."""
    parser.add_argument("--project", help="a deployment's project; without it, the local stack")
    parser.add_argument("--region", default="us-central1")
    parser.add_argument("--data-dir", default=".local", type=Path, help="of the local stack")


def run_on_target(
    given: argparse.Namespace, command: Callable[[Settings], Coroutine[Any, Any, int]]
) -> int:
    """Run a command with the settings of its target, and return its exit code.

    An error is one line on the standard error, and exit code 1.
    """
    try:
        return asyncio.run(command(target_settings(given)))
    except (RefusedCommandError, FailedError, WronglySetError) as error:
        print(error, file=sys.stderr)
    except OprinaError as error:
        print(f"{error.code}: {error.detail}", file=sys.stderr)
    return 1


def target_settings(given: argparse.Namespace) -> Settings:
    """Return the settings of the target. Raises RefusedCommandError, FailedError."""
    if given.project:
        return deployed_settings(given.project, given.region, run_command)
    return local_settings(given.data_dir)


def deployed_settings(project: str, region: str, run: CommandRunner) -> Settings:
    """Return the settings of a deployment, from the environment of its sweep. Raises FailedError."""
    command = ["gcloud", "run", "services", "describe", FUNCTION, f"--project={project}"]
    found = run_json(run, [*command, f"--region={region}", "--format=json"], seconds=SECONDS)
    (container,) = found["spec"]["template"]["spec"]["containers"]
    named = {each["name"]: each.get("value", "") for each in container.get("env", [])}
    fields = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in named.items()
        if name.startswith(PREFIX)
    }
    return Settings.model_validate(fields, strict=False)


def local_settings(folder: Path) -> Settings:
    """Return the settings of the stack that runs on this machine. Raises RefusedCommandError."""
    try:
        fields: dict[str, Any] = json.loads((folder / "stack.json").read_text())
    except OSError:
        raise RefusedCommandError(f"No stack runs on {folder}. Start one with make run.") from None
    return Settings.model_validate(fields)
