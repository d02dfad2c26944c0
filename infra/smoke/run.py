"""`python -m infra.smoke WHERE`: is it well? A short visit from outside, to the local stack (WHERE is
http://localhost:8080) or to any deployment (WHERE is the functions' addresses as JSON, in quotes:
"$(terraform -chdir=terraform output -json function_urls)").

A line a step, with how long it took; 1 and the reason at the first that fails. One avatar session is
started, and is ended whatever happens. It costs a credit (a minute) at the provider, and nothing
where the deployment is set to the sandbox (OPRINA_SANDBOX). infra/smoke/sign_in.py says who it is.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Sequence

import httpx

from infra.smoke import sign_in
from infra.smoke.sign_in import NotSignedInError, SignIn, sign_in_of
from infra.smoke.steps import STEPS, TROUBLE, At, Visit

SECONDS = 90.0
"""For all steps together, each of them on a function that may be started for it."""
LAST_SECONDS = 30.0
"""For ending what was started."""


async def smoke(
    http: httpx.AsyncClient,
    sign_in: SignIn,
    *,
    at: At = str,
    steps: Sequence[str] = STEPS,
    say: Callable[[str], None] = print,
    seconds: float = SECONDS,
) -> int:
    """The exit code: 0 if all of it is well. Takes `seconds` and LAST_SECONDS at the most."""
    visit = Visit(http, at, sign_in)
    try:
        failed = await _all_of(visit, steps, say, seconds)
    finally:
        ended = await _leave(visit, say)
    return int(failed or not ended)


async def _all_of(
    visit: Visit, steps: Sequence[str], say: Callable[[str], None], seconds: float
) -> bool:
    """Whether one of them failed."""
    name, begun = "", 0.0
    try:
        async with asyncio.timeout(seconds):
            for name in steps:
                begun = time.perf_counter()
                word = await getattr(visit, name)()
                say(f"ok      {name:<13} {time.perf_counter() - begun:6.2f} s  {word}")
    except (*TROUBLE, TimeoutError) as error:
        why = f"not within {seconds:g} s" if isinstance(error, TimeoutError) else _told(error)
        say(f"FAILED  {name:<13} {time.perf_counter() - begun:6.2f} s  {why}")
        return True
    return False


async def _leave(visit: Visit, say: Callable[[str], None]) -> bool:
    """Whether nothing is left that costs."""
    try:
        async with asyncio.timeout(LAST_SECONDS):
            say(f"        {await visit.cancel()}")
    except (*TROUBLE, TimeoutError) as error:
        say(f"FAILED  an avatar session may still run, until it is idle: {_told(error)}")
        return False
    return True


def _told(error: BaseException) -> str:
    return f"{error or type(error).__name__}"


def addresses(where: str) -> tuple[str, At]:
    """A client's base, and what is where below it, or elsewhere. ValueError where it is neither."""
    if where.startswith("http"):
        return where, str
    try:
        urls = json.loads(where)
    except ValueError:
        urls = None
    if not isinstance(urls, dict):
        wrong = "neither an address (http...) nor the addresses as JSON"
        raise ValueError(wrong)  # noqa: TRY004 - what was said is wrong, not a type of ours
    return "", lambda path: str(urls[path.removeprefix("/")])


async def _visited(where: str) -> int:
    try:
        sign_in, (base, at) = sign_in_of(os.environ), addresses(where)
    except (NotSignedInError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    async with httpx.AsyncClient(base_url=base, timeout=SECONDS) as http:
        return await smoke(http, sign_in, at=at)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m infra.smoke",
        description=__doc__,
        epilog=sign_in.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("where")
    try:
        return asyncio.run(_visited(parser.parse_args().where))
    except KeyboardInterrupt:
        return 130
