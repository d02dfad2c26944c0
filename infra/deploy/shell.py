"""Run commands of other programs with a time limit."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).parents[2]
GRACE_SECONDS = 60.0
"""Time that an interrupted command has to end by itself."""


class FailedError(Exception):
    """A command failed. The text names the command and says how it ended.

    If the output of the command was read, the text ends with its standard error.
    """


class CommandRunner(Protocol):
    """Runs a command. `run_command` is the real one; tests have fakes."""

    def __call__(self, command: Sequence[str], *, seconds: float, read: bool = False) -> str:
        """Run a command in the root folder of the project.

        With `read`, return its standard output. Otherwise all output goes to the terminal, and the
        result is empty.

        Raises: FailedError.
        """


def run_command(
    command: Sequence[str], *, seconds: float, read: bool = False, grace: float = GRACE_SECONDS
) -> str:
    """Run a command: a `CommandRunner`.

    After `seconds` the command is interrupted as with Ctrl-C, so that Terraform can unlock its
    state. `grace` seconds later it is killed.
    """
    pipe = subprocess.PIPE if read else None
    try:
        process = subprocess.Popen(  # noqa: S603 - only commands from this repository
            command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True
        )
    except OSError as error:
        reason = f"{error.strerror}; is it installed, and on the PATH?"
        raise FailedError(f"{command[0]} cannot be started: {reason}") from None
    with process:
        try:
            output, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            _end(process, grace)
            raise FailedError(f"{_short(command)} took longer than {seconds:g} s") from None
        except BaseException:
            _end(process, grace)
            raise
    errors = (errors or "").strip()
    if process.returncode:
        reason = f": {errors}" if errors else ""
        raise FailedError(f"{_short(command)} ended with {process.returncode}{reason}")
    if errors:
        print(errors, file=sys.stderr)
    return output or ""


def run_json(run: CommandRunner, command: Sequence[str], *, seconds: float) -> Any:  # noqa: ANN401 - JSON
    """Run a command and parse its output as JSON.

    Raises: FailedError, also if the output is not JSON.
    """
    output = run(command, seconds=seconds, read=True)
    try:
        return json.loads(output)
    except ValueError:
        raise FailedError(f"{_short(command)} did not print JSON") from None


def _end(process: subprocess.Popen[str], grace: float) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=grace)
    except subprocess.TimeoutExpired:
        process.kill()


def _short(command: Sequence[str]) -> str:
    return " ".join(command[:3])
