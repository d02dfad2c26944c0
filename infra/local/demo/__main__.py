"""`python -m infra.local.demo`: a conversation against a stack of its own. Exit code 0: all
held."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import httpx

from infra.local.demo.caller import Caller, RefusedError
from infra.local.demo.checks import Checks
from infra.local.demo.script import Conversation
from infra.local.demo.terminal import Page
from infra.local.simulators.all import Simulators
from infra.local.stack import stack

DEADLINE = 60.0


def main() -> int:
    try:
        return asyncio.run(show(Page()))
    except KeyboardInterrupt:
        return 130


async def show(
    page: Page, simulators: Simulators | None = None, *, patience: float = 2.0, silence: float = 0.1
) -> int:
    """The exit code: 0 if every check held. Times as in `Conversation`."""
    checks, begun = Checks(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="oprina-demo-") as folder:
        async with (
            stack(Path(folder), simulators=simulators) as local,
            httpx.AsyncClient(base_url=local.url, timeout=DEADLINE, trust_env=False) as http,
        ):
            page.title(
                "Oprina: a conversation, in about 20 seconds",
                f"A stack of its own at {local.url}: no cloud, no key, nothing kept.",
            )
            conversation = Conversation(Caller(http), page, checks, patience, silence)
            try:
                async with asyncio.timeout(DEADLINE):
                    await conversation.hold()
            except (RefusedError, httpx.HTTPError, TimeoutError) as error:
                checks.that(f"it goes on to its end: {error or type(error).__name__}", holds=False)
    return _verdict(page, checks, time.monotonic() - begun)


def _verdict(page: Page, checks: Checks, seconds: float) -> int:
    if not checks.broken:
        page.title("", f"All {checks.held} checks held, in {seconds:.0f} seconds.")
        return 0
    page.title("", f"{len(checks.broken)} of {len(checks.broken) + checks.held} checks failed:")
    for broken in checks.broken:
        page.line(f"NOT SO: {broken}", "red")
    return 1


if __name__ == "__main__":
    sys.exit(main())
