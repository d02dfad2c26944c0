"""Install the recogniser while the local stack runs, so that the stack's first start stays fast."""

import asyncio
import shutil
import time
from asyncio.subprocess import DEVNULL, STDOUT
from collections.abc import Callable

from infra.local.recogniser.recogniser import INSTALLED, ROOT, is_installed

BEGINS = (
    "Voice input: installing the recogniser in the background (once, 550 MB in .venv-recogniser)."
)
ENDS = "Voice input: ready after {seconds:.0f} s."
FAILS = "Voice input: the recogniser could not be installed. Try: make .venv-recogniser/installed"


async def install(say: Callable[[str], None]) -> None:
    """Install the recogniser if it is missing, and say so. Voice input works once this returns.

    Raises nothing but cancellation, which ends the installation; the next start tries again.
    """
    if is_installed():
        return
    make = shutil.which("make")
    if make is None:
        say(FAILS)
        return
    say(BEGINS)
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(make, "--silent", str(INSTALLED.relative_to(ROOT))),
        cwd=ROOT,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=STDOUT,
    )
    try:
        failed = await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    say(FAILS if failed else ENDS.format(seconds=time.monotonic() - began))
