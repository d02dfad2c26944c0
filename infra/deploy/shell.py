"""Commands of other programs, bounded in time."""

import json
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).parents[2]
GRACE_SECONDS = 60.0


class FailedError(Exception):
    """Which command, and how it ended."""


class Run(Protocol):
    def __call__(self, command: Sequence[str], *, seconds: float, read: bool = False) -> str:
        """Runs it in the project's folder. Gives what it wrote if `read`; else that is shown as it
        comes. Raises `FailedError`."""


def shell(
    command: Sequence[str], *, seconds: float, read: bool = False, grace: float = GRACE_SECONDS
) -> str:
    """A `Run`. What takes too long is interrupted, as by Ctrl-C, so that Terraform unlocks its state;
    what has not ended `grace` seconds after that is killed."""
    try:
        process = subprocess.Popen(  # noqa: S603 - commands of ours
            command, cwd=ROOT, stdout=subprocess.PIPE if read else None, text=True
        )
    except OSError as error:
        why = f"{error.strerror}; is it installed, and on the PATH?"
        raise FailedError(f"{command[0]} cannot be started: {why}") from None
    with process:
        try:
            out, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            _end(process, grace)
            raise FailedError(f"{_short(command)} took longer than {seconds:g} s") from None
        except BaseException:
            _end(process, grace)
            raise
    if process.returncode:
        raise FailedError(f"{_short(command)} ended with {process.returncode}")
    return out or ""


def asked(run: Run, command: Sequence[str], *, seconds: float) -> Any:  # noqa: ANN401 - JSON
    """What it says as JSON. Raises `FailedError`, also where that is none."""
    said = run(command, seconds=seconds, read=True)
    try:
        return json.loads(said)
    except ValueError:
        raise FailedError(f"{_short(command)} did not say JSON") from None


def _end(process: subprocess.Popen[str], grace: float) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=grace)
    except subprocess.TimeoutExpired:
        process.kill()


def _short(command: Sequence[str]) -> str:
    return " ".join(command[:3])
