"""Give a local stack, or an empty deployment, two people with three weeks of use.

`python -m infra.seed` works on the stack that `make run` runs: sign in as Ada or Ben to see their
conversations, usage and sessions. With `--project` it works on a deployment, where the two people are
invited by their e-mail addresses. On the local stack they have connected Google, to accounts of the
simulator. The command may be killed at any time and run again: a person who has the whole weeks stays,
another one gets them anew. People who have data of their own are refused, and nothing is written.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from common.bootstrap import build
from common.domain.ids import UserId
from common.domain.user import User
from common.settings import Settings
from infra.local.sign_in import uid_of
from infra.seed.google import connect_google
from infra.seed.talks import PEOPLE
from infra.seed.weeks import Seed
from infra.target import RefusedCommandError, add_target, run_on_target


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.seed", description=__doc__)
    add_target(parser)
    parser.add_argument(
        "--email", action="append", help="of a person of the deployment; give it twice"
    )
    parser.add_argument("--seed", type=int, default=1, help="another number, another three weeks")
    return parser.parse_args(arguments)


async def seed(settings: Settings, given: argparse.Namespace, until: datetime) -> list[str]:
    """Write the two people. Return the lines to print. Raises RefusedCommandError."""
    app = build(settings)
    try:
        deps = app.accounts.deps
        if given.project:
            if len(given.email or ()) != len(PEOPLE):
                raise RefusedCommandError(
                    "Give the e-mail addresses of two people: --email, twice."
                )
            uids = [await deps.sign_ins.invite(email) for email in given.email]
        else:
            uids = [UserId(uid_of(person.name)) for person in PEOPLE]
        weeks = Seed(deps.store, settings, until, given.seed)
        lines = await weeks.write([User(uid) for uid in uids])
        return lines if given.project else [*lines, *await connect_google(settings, PEOPLE)]
    finally:
        await app.close()


def main() -> int:
    given = parse()
    until = datetime.now(UTC).replace(microsecond=0)

    async def command(settings: Settings) -> int:
        print("\n".join(await seed(settings, given, until)))
        return 0

    return run_on_target(given, command)


if __name__ == "__main__":
    sys.exit(main())
