"""Test a running deployment from outside.

    python -m infra.smoke http://localhost:8080
    python -m infra.smoke "$(terraform -chdir=terraform output -json function_urls)"

WHERE is the address of the local stack, or the addresses of the deployed functions as JSON. The test
prints one line a step, with its duration. It stops at the first step that fails, prints the reason and
exits with 1. It starts one avatar session, and ends that session in every case. The session costs one
credit (a minute) at the provider, and nothing in a deployment with OPRINA_SANDBOX.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import httpx

from infra.smoke import sign_in
from infra.smoke.sign_in import NotSignedInError, SignIn, sign_in_of
from infra.smoke.steps import FAILURES, STEPS, SmokeTest

SECONDS = 90.0
"""Deadline of all steps together. Each step may wait for a new instance of its function."""
LAST_SECONDS = 30.0
"""Deadline for ending the session that was started."""


async def smoke(
    http: httpx.AsyncClient,
    sign_in: SignIn,
    *,
    where: str | Mapping[str, str] | None = None,
    steps: Sequence[str] = STEPS,
    say: Callable[[str], None] = print,
    seconds: float = SECONDS,
) -> int:
    """Run the steps. Return the exit code: 0 if every step passed and no session is left running.

    `where` is the address of the API, or the address of each function; by default the base URL of
    `http`. Takes at most `seconds` and LAST_SECONDS.
    """
    test = SmokeTest(http, where or str(http.base_url), sign_in)
    try:
        passed = await _run_steps(test, steps, say, seconds)
    finally:
        ended = await _end_session(test, say)
    return 0 if passed and ended else 1


async def _run_steps(
    test: SmokeTest, steps: Sequence[str], say: Callable[[str], None], seconds: float
) -> bool:
    name, began = "", 0.0
    try:
        async with asyncio.timeout(seconds):
            for name in steps:
                began = time.perf_counter()
                result = await getattr(test, name)()
                say(f"ok      {name:<13} {time.perf_counter() - began:6.2f} s  {result}")
    except (*FAILURES, TimeoutError) as error:
        late = isinstance(error, TimeoutError)
        reason = f"not done within {seconds:g} s" if late else _reason(error)
        say(f"FAILED  {name:<13} {time.perf_counter() - began:6.2f} s  {reason}")
        return False
    return True


async def _end_session(test: SmokeTest, say: Callable[[str], None]) -> bool:
    """End the avatar session. Return whether none is left running."""
    try:
        async with asyncio.timeout(LAST_SECONDS):
            say(f"        {await test.cancel()}")
    except (*FAILURES, TimeoutError) as error:
        say(f"FAILED  an avatar session may run until it is idle: {_reason(error)}")
        return False
    return True


def _reason(error: BaseException) -> str:
    return f"{error or type(error).__name__}"


def addresses(where: str) -> str | Mapping[str, str]:
    """Return the address of the API, or the address of each function.

    `where` is an address, or the functions' addresses as JSON. Raises ValueError for anything else.
    """
    if where.startswith("http"):
        return where
    try:
        urls = json.loads(where)
    except ValueError:
        urls = None
    if not isinstance(urls, dict):
        wrong = "WHERE must be an address (http...) or the functions' addresses as JSON"
        raise ValueError(wrong)  # noqa: TRY004 - the value on the command line is wrong, not a type
    return {str(name): str(url) for name, url in urls.items()}


async def _run(where: str) -> int:
    try:
        sign_in, found = sign_in_of(os.environ), addresses(where)
    except (NotSignedInError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    base = found if isinstance(found, str) else ""
    async with httpx.AsyncClient(base_url=base, timeout=SECONDS) as http:
        return await smoke(http, sign_in, where=found)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m infra.smoke",
        description=__doc__,
        epilog=sign_in.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("where")
    try:
        return asyncio.run(_run(parser.parse_args().where))
    except KeyboardInterrupt:
        return 130
