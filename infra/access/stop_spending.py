"""`python -m infra.access.stop_spending PROJECT` stops all spending at once; with `--open-again`,
people may come in again.

The functions that cost money are shut (infra/access/public_access.py). Every session that runs at the
avatar's provider is stopped, also those that others started: the key's whole account. Google takes some
minutes to apply a change of access, so this goes on until nothing has run for two minutes. The sweep,
its scheduler and the queue go on: they charge what was stopped, end the rest, and cost next to nothing.

A turn that is under way without an avatar ends by itself, after two minutes at the latest.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Protocol

from common.adapters.http.client import HttpClient
from common.adapters.liveavatar.client import ADDRESS, LiveAvatar
from common.domain.avatar_session import EndReason
from common.domain.errors import OprinaError
from common.domain.ids import AvatarSessionId
from infra.access.public_access import SECONDS, Say, open_again, shut
from infra.deploy.shell import FailedError, Run, shell

KEY = "liveavatar-api-key"
REASON: EndReason = "stuck"
AT_ONCE = 20
PAUSE_SECONDS = 10.0
QUIET_LOOKS = 13
"""One after the other, with nothing running: two minutes, which a change at IAM commonly takes."""
MOST_LOOKS = 60


class Account(Protocol):
    """At the avatar's provider."""

    async def active(self) -> list[AvatarSessionId]: ...

    async def stop(self, session: AvatarSessionId, reason: EndReason) -> None: ...


async def stop_spending(
    project: str,
    run: Run,
    account: Account | None,
    *,
    say: Say = print,
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> int:
    """The exit code: 0 if everything is shut, and nothing runs. Neither waits for the other."""
    shutting = asyncio.to_thread(shut, project, run, say)
    is_shut, _ = await asyncio.gather(shutting, _stop_all(account, say))
    quiet = account is not None and await _until_quiet(account, say, wait)
    if not quiet:
        say("SESSIONS MAY STILL RUN. Stop them on the provider's own page.")
    if quiet and is_shut:
        say("Nothing runs, and nobody comes in. --open-again lets them; so does a deployment.")
    return 0 if quiet and is_shut else 1


async def _until_quiet(
    account: Account, say: Say, wait: Callable[[float], Awaitable[None]]
) -> bool:
    quiet = 0
    for _ in range(MOST_LOOKS):
        quiet = quiet + 1 if await _stop_all(account, say) else 0
        if quiet == QUIET_LOOKS:
            return True
        await wait(PAUSE_SECONDS)
    return False


async def _stop_all(account: Account | None, say: Say) -> bool:
    """Whether nothing ran."""
    if account is None:
        return False
    try:
        running = await account.active()
    except OprinaError as error:
        say(f"no list of sessions: {error.code}")
        return False
    places = asyncio.Semaphore(AT_ONCE)

    async def stop(session: AvatarSessionId) -> None:
        async with places:
            try:
                await account.stop(session, REASON)
            except OprinaError as error:
                say(f"{session} is not stopped: {error.code}")
            else:
                say(f"{session} is stopped")

    await asyncio.gather(*map(stop, running))
    return not running


def key_of(project: str, run: Run, say: Say = print) -> str:
    """Empty where it cannot be read."""
    command = ["gcloud", "secrets", "versions", "access", "latest"]
    command += [f"--secret={KEY}", f"--project={project}"]
    try:
        return run(command, seconds=SECONDS, read=True).strip()
    except FailedError as error:
        say(f"THE KEY OF THE PROVIDER CANNOT BE READ: {error}")
        return ""


async def _stop(project: str) -> int:
    key = key_of(project, shell)

    async def read_key(_fresh: bool) -> str:
        return key

    http_client = HttpClient()
    account = LiveAvatar(ADDRESS, read_key, http_client) if key else None
    try:
        return await stop_spending(project, shell, account)
    finally:
        await http_client.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m infra.access.stop_spending", description=__doc__
    )
    parser.add_argument("project")
    parser.add_argument("--open-again", action="store_true")
    given = parser.parse_args()
    if given.open_again:
        return 0 if open_again(given.project, shell, print) else 1
    try:
        return asyncio.run(_stop(given.project))
    except KeyboardInterrupt:
        print("Interrupted: SESSIONS MAY STILL RUN, AND DOORS BE OPEN. Run it again.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
