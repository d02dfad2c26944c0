"""The other frameworks, each in a process and an environment of its own."""

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent.parent
PYTHON: Final = ROOT / ".venv-bench/bin/python"
MODULES: Final = {"Pipecat": "bench.frameworks.pipecat", "LiveKit": "bench.frameworks.livekit"}
SPLITTERS: Final = {
    "Pipecat": "pipecat.utils.text.simple_text_aggregator",
    "LiveKit": "livekit.agents.tokenize",
}


class NotMeasurable(Exception):
    """A framework cannot be measured here. The message says why."""


class FrameworkProcess:
    """A running framework that answers questions."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, **question: object) -> dict[str, Any]:
        """Return the answer to a question. Raises `NotMeasurable` if there is none."""
        questions, answers = self._process.stdin, self._process.stdout
        if questions is None or answers is None:
            raise NotMeasurable("no pipe")
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(question), file=questions, flush=True)
        if not (line := answers.readline()):
            raise NotMeasurable("it gave no answer")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.contextmanager
def run_framework(module: str) -> Iterator[FrameworkProcess]:
    """Run a framework while the block lasts.

    Raises `NotMeasurable` with the last line of its standard error.
    """
    if not PYTHON.exists():
        raise NotMeasurable(".venv-bench is missing; `make bench` creates it")
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [PYTHON, "-m", module],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        try:
            with process:
                yield FrameworkProcess(process)
        except NotMeasurable as reason:
            errors.seek(0)
            last = (errors.read().strip() or str(reason)).splitlines()[-1]
            raise NotMeasurable(last) from reason


@contextlib.contextmanager
def run_frameworks() -> Iterator[dict[str, FrameworkProcess]]:
    """Run the frameworks that can be measured, by name. `describe` names the others."""
    with contextlib.ExitStack() as running:
        found = {}
        for name, module in MODULES.items():
            with contextlib.suppress(NotMeasurable):
                _version(module)
                found[name] = running.enter_context(run_framework(module))
        yield found


def includes_all(names: Container[str]) -> bool:
    """Return whether every framework was measured.

    Otherwise no claim about all of them is possible.
    """
    return all(name in names for name in MODULES)


def describe() -> dict[str, str]:
    """Return the version of each framework, or the reason why it is not measured."""
    words = {}
    for name, module in MODULES.items():
        try:
            words[name] = _version(module)
        except NotMeasurable as reason:
            words[name] = f"not measured: {reason}"
    return words


def _version(module: str) -> str:
    with run_framework(module) as process:
        return str(process.ask(ask="version")["version"])
