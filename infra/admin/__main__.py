"""Commands of an operator: `python -m infra.admin show UID`.

Without `--project` they work on the local stack that `make run` runs. With it they work on a
deployment, with the credentials of `gcloud auth application-default login`.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from common.bootstrap import App, build
from common.domain.errors import OprinaError
from common.domain.ids import AvatarSessionId, UserId
from common.domain.quota import METERS
from common.settings import Settings, WronglySetError
from infra.admin.commands import Admin
from infra.deploy.shell import FailedError
from infra.target import RefusedCommandError, add_target, target_settings


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.admin", description=__doc__)
    add_target(parser)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("show").add_argument("uid")
    plan = commands.add_parser("set-plan")
    plan.add_argument("uid")
    plan.add_argument("plan")
    grant = commands.add_parser("grant")
    grant.add_argument("uid")
    grant.add_argument("meter", choices=METERS)
    grant.add_argument("amount", type=int)
    grant.add_argument("--month", help="YYYY-MM; by default this one")
    commands.add_parser("invite").add_argument("email")
    commands.add_parser("end-session").add_argument("session")
    commands.add_parser("reconcile").add_argument("day", type=_day)
    return parser.parse_args(arguments)


async def run(admin: Admin, given: argparse.Namespace) -> list[str]:
    """Run the command and return its lines."""
    match given.command:
        case "show":
            return await admin.show(UserId(given.uid))
        case "set-plan":
            return await admin.set_plan(UserId(given.uid), given.plan)
        case "grant":
            return await admin.grant(UserId(given.uid), given.meter, given.amount, given.month)
        case "invite":
            return await admin.invite(given.email)
        case "end-session":
            return await admin.end_session(AvatarSessionId(given.session))
        case _:
            return await admin.reconcile(given.day)


async def _run(settings: Settings, given: argparse.Namespace) -> list[str]:
    app: App = build(settings)
    try:
        return await run(Admin(app.accounts.deps), given)
    finally:
        await app.close()


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)


def main() -> int:
    given = parse()
    try:
        print("\n".join(asyncio.run(_run(target_settings(given), given))))
    except (RefusedCommandError, FailedError, WronglySetError) as error:
        print(error, file=sys.stderr)
        return 1
    except OprinaError as error:
        print(f"{error.code}: {error.detail}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
