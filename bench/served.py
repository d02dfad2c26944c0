"""A function in a process of its own, served as a deployment serves it.

It runs under functions-framework, gunicorn and uvicorn's worker.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
READY_SECONDS = 60.0
FIRST_REQUEST = b"OPTIONS / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


@dataclass(frozen=True)
class ServedFunction:
    """A running function. `ready` is the number of seconds from its start to its first answer."""

    port: int
    pid: int
    ready: float

    def cpu(self) -> float:
        """Return the CPU seconds, user and system, of the worker."""
        tasks = Path(f"/proc/{self.worker}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def megabytes(self) -> float:
        """Return the peak memory of gunicorn's master or its worker.

        They share what was imported.
        """
        return max(_peak(self.pid), _peak(self.worker))

    @property
    def worker(self) -> int:
        """Process id of gunicorn's only worker."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return int(children[0]) if children else self.pid


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@contextlib.contextmanager
def serve_function(source: Path, target: str, env: Mapping[str, str]) -> Iterator[ServedFunction]:
    """Serve a function while the block runs.

    Raises RuntimeError if its first request, an OPTIONS, does not succeed.
    """
    port = _free_port()
    command = [sys.executable, "-m", "functions_framework", "--asgi"]
    command += ["--target", target, "--source", str(source)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path, **env})
    try:
        _wait_for_answer(process, port)
        yield ServedFunction(port, process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for_answer(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=READY_SECONDS) as connection,
        ):
            connection.sendall(FIRST_REQUEST)
            answer = connection.recv(64)
            if not answer.startswith(b"HTTP/1.1 2"):
                raise RuntimeError(f"the function answered {answer[:16]!r}")
            return
        time.sleep(0.005)
    raise RuntimeError(f"the function did not answer; exit code {process.poll()}")
