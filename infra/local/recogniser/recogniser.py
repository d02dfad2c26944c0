import asyncio
import base64
import contextlib
import json
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-recogniser" / "bin" / "python"
INSTALLED = ROOT / ".venv-recogniser" / "installed"
SECONDS = 30.0
"""Time for one recording, and for the start of the process."""
LINE_BYTES = 1 << 20


class NoRecogniserError(Exception):
    """The environment of the recogniser is missing, or its process does not start."""


class UndecodableError(Exception):
    """The recording cannot be decoded."""


@dataclass(frozen=True)
class Recognition:
    """The words of a recording, in one language. `text` is empty if there is no speech.

    `seconds` is the length of the decoded sound. `confidence` is between 0 and 1.
    """

    seconds: float
    text: str
    confidence: float


def is_installed() -> bool:
    """Return True if the environment is complete, and not older than its requirements."""
    requirements = Path(__file__).with_name("requirements.txt")
    return INSTALLED.exists() and INSTALLED.stat().st_mtime >= requirements.stat().st_mtime


@dataclass
class Recogniser:
    """Recognises English speech in a process of its own, which starts with the first recording.

    One recording at a time. A process that died or hangs is replaced at the next recording.
    """

    python: Path = PYTHON
    _process: Process | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def __call__(self, audio: bytes) -> Recognition:
        """Recognise a WAV or WebM file. Raises NoRecogniserError, UndecodableError."""
        line = json.dumps({"audio": base64.b64encode(audio).decode()}).encode() + b"\n"
        async with self._turn:
            try:
                async with asyncio.timeout(SECONDS):
                    found = await self._ask(await self._start(), line)
            except BaseException:
                await self.close()
                raise
        if "error" in found:
            raise UndecodableError(found["error"])
        return Recognition(**found)

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _start(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        if not self.python.exists():
            raise NoRecogniserError
        self._process = await asyncio.create_subprocess_exec(
            self.python,
            Path(__file__).with_name("process.py"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=LINE_BYTES,
        )
        await self._read(self._process)
        return self._process

    async def _ask(self, process: Process, line: bytes) -> dict[str, Any]:
        assert process.stdin is not None  # noqa: S101 - a pipe
        try:
            process.stdin.write(line)
            await process.stdin.drain()
        except ConnectionError:
            raise NoRecogniserError from None
        return await self._read(process)

    async def _read(self, process: Process) -> dict[str, Any]:
        assert process.stdout is not None  # noqa: S101 - a pipe
        line = await process.stdout.readline()
        if not line:
            raise NoRecogniserError
        found: dict[str, Any] = json.loads(line)
        return found
