"""The rivals, each in a process of its own, in an environment of their own."""

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent.parent
PYTHON: Final = ROOT / ".venv-bench/bin/python"
RIVALS: Final = {"Pipecat": "bench.frameworks.pipecat", "LiveKit": "bench.frameworks.livekit"}
SPLITTERS: Final = {
    "Pipecat": "pipecat.utils.text.simple_text_aggregator",
    "LiveKit": "livekit.agents.tokenize",
}


class Missing(Exception):
    """A rival cannot be measured here; says why."""


class Peer:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, **question: object) -> dict[str, Any]:
        """Raises `Missing` where there is no answer."""
        asked, answers = self._process.stdin, self._process.stdout
        if asked is None or answers is None:
            raise Missing("no pipe")
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(question), file=asked, flush=True)
        if not (line := answers.readline()):
            raise Missing("it gave no answer")
        found: dict[str, Any] = json.loads(line)
        return found


@contextlib.contextmanager
def peer(module: str) -> Iterator[Peer]:
    """Raises `Missing`, with the last line of what it complained of."""
    if not PYTHON.exists():
        raise Missing("there is no .venv-bench; `make bench` makes it")
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            [PYTHON, "-m", module],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        try:
            with process:
                yield Peer(process)
        except Missing as missing:
            complaints.seek(0)
            last = (complaints.read().strip() or str(missing)).splitlines()[-1]
            raise Missing(last) from missing


@contextlib.contextmanager
def peers() -> Iterator[dict[str, Peer]]:
    """Those that can be measured, by name; the others are what `absent` says."""
    with contextlib.ExitStack() as running:
        found = {}
        for name, module in RIVALS.items():
            with contextlib.suppress(Missing):
                _version(module)
                found[name] = running.enter_context(peer(module))
        yield found


def complete(names: Container[str]) -> bool:
    """Whether every rival is among them: who was not measured was not beaten."""
    return all(name in names for name in RIVALS)


def present() -> dict[str, str]:
    """What is beside ours, in words: each rival's version, or why it is not there."""
    words = {}
    for name, module in RIVALS.items():
        try:
            words[name] = _version(module)
        except Missing as missing:
            words[name] = f"not measured: {missing}"
    return words


def _version(module: str) -> str:
    with peer(module) as one:
        return str(one.ask(ask="version")["version"])
