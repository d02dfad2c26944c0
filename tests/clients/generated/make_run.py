"""`make run` as a process of its own, for clients that know nothing but its address."""

import asyncio
import base64
import os
import re
import signal
import socket
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from tests.clients.report import ClientAddresses
from tests.support.spoken import speech

ROOT = Path(__file__).parents[3]
READY = re.compile(r"Oprina is ready on (http://localhost:\d+)")
START_SECONDS = 600
"""Time for `make run` to start. The first run installs the packages of the page and builds it."""
END_SECONDS = 30
WORDS = "What time is it?"
"""Short, because a process takes at most 128 KB as one argument."""
OF_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")
"""Variables that an outer `make` sets, which hand its own options to an inner one."""


@asynccontextmanager
async def make_run(folder: Path) -> AsyncIterator[ClientAddresses]:
    """Run `make run` while the block runs, with its data in `folder`.

    Yields its address, the token of a user, and a recording that its recogniser understands. Raises
    RuntimeError if the process ends, TimeoutError if it does not start.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *("make", "--no-print-directory", "run", f"PORT={port}", f"DATA_DIR={folder}"),
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in OF_MAKE},
        stdout=PIPE,
        start_new_session=True,
    )
    reading = None
    try:
        async with asyncio.timeout(START_SECONDS):
            url = await _address(process)
        reading = asyncio.create_task(_drain(process))
        yield await _sign_in(url)
    finally:
        await _end(process)
        if reading:
            reading.cancel()


async def _address(process: Process) -> str:
    """Return the address that the process prints once it is ready."""
    output = process.stdout
    assert output
    async for line in output:
        if found := READY.search(line.decode()):
            return found[1]
    raise RuntimeError(f"make run ended with {await process.wait()} before it was ready")


async def _drain(process: Process) -> None:
    """Read and drop the request lines, so that the pipe never fills."""
    assert process.stdout
    async for _ in process.stdout:
        pass


async def _sign_in(url: str) -> ClientAddresses:
    """Sign in as a user, as README.md does with curl."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as http:
        answer = await http.post("/local/sign-in", json={"name": "ada"})
    token = answer.raise_for_status().json()["id_token"]
    return ClientAddresses(url, token, recording=base64.b64encode(speech(WORDS)).decode())


async def _end(process: Process) -> None:
    """End `make` and what it started, as Ctrl-C does."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    try:
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
