"""Commands of an operator: `python -m infra.admin show UID`.

Without `--project` they work on the local stack that `make run` runs. With it they work on a
deployment, with the credentials of `gcloud auth application-default login`.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from common.app import App
from common.bootstrap import build
from common.domain.ids import ID, AvatarSessionId, UserId
from common.domain.quota import METERS
from common.settings import Settings
from infra.admin.commands import Admin
from infra.target import add_target, run_on_target


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.admin", description=__doc__)
    add_target(parser)
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("show", help="plan, use of this month and sessions of a user")
    show.add_argument("uid", type=_id)
    plan = commands.add_parser("set-plan", help="give a user a plan of OPRINA_PLANS, or default")
    plan.add_argument("uid", type=_id)
    plan.add_argument("plan")
    grant = commands.add_parser("grant", help="add to what a user may use in a month")
    grant.add_argument("uid", type=_id)
    grant.add_argument("meter", choices=METERS)
    grant.add_argument("amount", type=int, help="a negative one takes a grant back")
    grant.add_argument("--month", type=_month, help="YYYY-MM; by default this one")
    invite = commands.add_parser("invite", help="admit the person with an e-mail address")
    invite.add_argument("email")
    end = commands.add_parser("end-session", help="end an avatar session")
    end.add_argument("session", type=_id)
    day = commands.add_parser(
        "reconcile", help="compare a day's charges with the provider's records"
    )
    day.add_argument("day", type=_day, help="YYYY-MM-DD, UTC")
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


async def _run(settings: Settings, given: argparse.Namespace) -> int:
    app: App = build(settings)
    try:
        print("\n".join(await run(Admin(app.accounts.deps), given)))
    finally:
        await app.close()
    return 0


def _id(text: str) -> str:
    if not ID.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text} is not an id: 1 to 64 letters, digits, - and _")
    return text


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a day, such as 2026-11-30") from None


def _month(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).strftime("%Y-%m")
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a month, such as 2026-11") from None


def main() -> int:
    given = parse()
    return run_on_target(given, lambda settings: _run(settings, given))


if __name__ == "__main__":
    sys.exit(main())
