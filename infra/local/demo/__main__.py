"""`python -m infra.local.demo`: play a conversation against a stack of its own.

The exit code is 0 if every check held.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import httpx

from clients.python.oprina import ApiError, AsyncOprina
from infra.local.demo.checks import Checks
from infra.local.demo.google_scene import GoogleDemo
from infra.local.demo.script import DemoConversation, sign_in
from infra.local.demo.terminal import TerminalPage
from infra.local.simulators.all import Simulators
from infra.local.stack import stack

DEADLINE = 60.0


def main() -> int:
    try:
        return asyncio.run(show(TerminalPage()))
    except KeyboardInterrupt:
        return 130


async def show(
    page: TerminalPage,
    simulators: Simulators | None = None,
    *,
    patience: float = 2.0,
    silence: float = 0.1,
) -> int:
    """Play the conversation, and return the exit code. The times are those of `DemoConversation`."""
    checks, began = Checks(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="oprina-demo-") as folder:
        async with (
            stack(Path(folder), simulators=simulators) as local,
            httpx.AsyncClient(base_url=local.url, timeout=DEADLINE, trust_env=False) as http,
        ):
            page.title(
                "Oprina: a conversation, in about 30 seconds",
                f"A stack of its own at {local.url}: no cloud, no key, nothing stored.",
            )
            try:
                async with asyncio.timeout(DEADLINE):
                    token = await sign_in(http, page)
                    client = AsyncOprina(local.url, token, http=http, patience=0)
                    await DemoConversation(client, http, page, checks, patience, silence).play()
                    await GoogleDemo(client, page, checks, local.simulators.google).play()
            except (ApiError, httpx.HTTPError, TimeoutError) as error:
                checks.check(f"the conversation ends: {error or type(error).__name__}", holds=False)
    return _show_result(page, checks, time.monotonic() - began)


def _show_result(page: TerminalPage, checks: Checks, seconds: float) -> int:
    if not checks.failed:
        page.title("", f"All {checks.held} checks held, in {seconds:.0f} seconds.")
        return 0
    page.title("", f"{len(checks.failed)} of {len(checks.failed) + checks.held} checks failed:")
    for failed in checks.failed:
        page.line(f"FAILED: {failed}", "red")
    return 1


if __name__ == "__main__":
    sys.exit(main())
