"""Stop all spending at once: `python -m infra.access.stop_spending PROJECT`.

The project's switch is set first: from then on no function admits anything that spends, and the next
sweep ends what runs. Then the functions that spend money are closed at IAM
(infra/access/public_access.py), every session that runs at the avatar provider is stopped,
and the sweep is called. That covers the whole account of the key, also sessions that other
deployments started. Google needs minutes to apply a change of access, so the command repeats this until
no session has run for two minutes. The sweep, its scheduler and the queue go on: they settle what was
stopped, end the rest, and cost almost nothing. A turn without an avatar ends by itself within two
minutes.

With `--open-again` the switch is taken back, and the functions are opened again.
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
from infra.access.public_access import (
    SECONDS,
    Say,
    close_functions,
    find_functions,
    open_functions,
)
from infra.access.switch import FirestoreSwitch
from infra.deploy.shell import CommandRunner, FailedError, run_command

KEY = "liveavatar-api-key"
SWEEP_JOB = "sweep-expired"
REASON: EndReason = "stuck"
AT_ONCE = 20
PAUSE_SECONDS = 10.0
QUIET_LOOKS = 13
"""Lists in a row without a running session. They take two minutes, as a change at IAM commonly does."""
MAX_LOOKS = 60


class ProviderAccount(Protocol):
    """The account at the avatar's provider."""

    async def active(self) -> list[AvatarSessionId]: ...

    async def stop(self, session: AvatarSessionId, reason: EndReason) -> None: ...


class ProjectSwitch(Protocol):
    """The switch in the project's database (common/domain/ceiling.py)."""

    async def set(self, *, stopped: bool) -> None:
        """Set the switch, or take it back. Raises OprinaError."""


async def set_switch(switch: ProjectSwitch, say: Say, *, stopped: bool = True) -> bool:
    """Set the switch or take it back. Return False if that failed: the other steps still help."""
    try:
        await switch.set(stopped=stopped)
    except OprinaError as error:
        say(f"THE SWITCH IS NOT CHANGED: {error.detail}")
        return False
    say(f"The switch is {'set: nothing that spends is admitted' if stopped else 'taken back'}.")
    return True


def call_sweep(project: str, run: CommandRunner, say: Say) -> None:
    """Let the scheduler call the sweep now. Otherwise it comes within a minute."""
    try:
        regions = {each.region for each in find_functions(project, run)}
        for region in sorted(regions):
            flags = (f"--location={region}", f"--project={project}")
            run(("gcloud", "scheduler", "jobs", "run", SWEEP_JOB, *flags), seconds=SECONDS)
    except FailedError as error:
        say(f"The sweep is not called now ({error}); it comes within a minute.")


async def stop_spending(
    project: str,
    run: CommandRunner,
    account: ProviderAccount | None,
    switch: ProjectSwitch,
    *,
    say: Say = print,
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> int:
    """Set the switch. Then close the functions and stop the sessions, at the same time.

    Return the exit code: 0 if all functions are closed and no session runs.
    """
    await set_switch(switch, say)
    await asyncio.to_thread(call_sweep, project, run, say)
    closing = asyncio.to_thread(close_functions, project, run, say)
    closed, _ = await asyncio.gather(closing, _stop_all(account, say))
    quiet = account is not None and await _until_quiet(account, say, wait)
    if not quiet:
        say("SESSIONS MAY STILL RUN. Stop them on the provider's web page.")
    if quiet and closed:
        say(
            "No session runs, and the functions are closed. --open-again or a deployment opens them."
        )
    return 0 if quiet and closed else 1


async def _until_quiet(
    account: ProviderAccount, say: Say, wait: Callable[[float], Awaitable[None]]
) -> bool:
    """Stop sessions until none has run for QUIET_LOOKS lists in a row. Return False at MAX_LOOKS."""
    quiet = 0
    for _ in range(MAX_LOOKS):
        quiet = quiet + 1 if await _stop_all(account, say) else 0
        if quiet == QUIET_LOOKS:
            return True
        await wait(PAUSE_SECONDS)
    return False


async def _stop_all(account: ProviderAccount | None, say: Say) -> bool:
    """Stop every running session. Return whether none was running."""
    if account is None:
        return False
    try:
        running = await account.active()
    except OprinaError as error:
        say(f"cannot list the sessions: {error.code}")
        return False
    slots = asyncio.Semaphore(AT_ONCE)

    async def stop(session: AvatarSessionId) -> None:
        async with slots:
            try:
                await account.stop(session, REASON)
            except OprinaError as error:
                say(f"{session} is not stopped: {error.code}")
            else:
                say(f"{session} is stopped")

    await asyncio.gather(*map(stop, running))
    return not running


def key_of(project: str, run: CommandRunner, say: Say = print) -> str:
    """Return the provider's API key from Secret Manager, or "" if it cannot be read."""
    command = ["gcloud", "secrets", "versions", "access", "latest"]
    command += [f"--secret={KEY}", f"--project={project}"]
    try:
        return run(command, seconds=SECONDS, read=True).strip()
    except FailedError as error:
        say(f"CANNOT READ THE KEY OF THE PROVIDER: {error}")
        return ""


async def _stop(project: str, database: str) -> int:
    key = key_of(project, run_command)

    async def read_key(_fresh: bool) -> str:
        return key

    http_client, switch = HttpClient(), FirestoreSwitch(project, database)
    account = LiveAvatar(ADDRESS, read_key, http_client) if key else None
    try:
        return await stop_spending(project, run_command, account, switch)
    finally:
        await http_client.close()
        await switch.close()


async def open_again(
    project: str, run: CommandRunner, switch: ProjectSwitch, *, say: Say = print
) -> int:
    """Take the switch back and open the functions. Return the exit code: 0 if both are done."""
    taken_back = await set_switch(switch, say, stopped=False)
    opened = await asyncio.to_thread(open_functions, project, run, say)
    return 0 if opened and taken_back else 1


async def _open_again(project: str, database: str) -> int:
    switch = FirestoreSwitch(project, database)
    try:
        return await open_again(project, run_command, switch)
    finally:
        await switch.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m infra.access.stop_spending", description=__doc__
    )
    parser.add_argument("project")
    parser.add_argument("--database", default="(default)", help="the Firestore database")
    parser.add_argument("--open-again", action="store_true")
    given = parser.parse_args()
    work = _open_again if given.open_again else _stop
    try:
        return asyncio.run(work(given.project, given.database))
    except KeyboardInterrupt:
        print("Interrupted: SESSIONS MAY STILL RUN, FUNCTIONS MAY BE OPEN. Run it again.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
