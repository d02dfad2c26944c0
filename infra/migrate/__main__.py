"""Migrate stored documents to their present shapes: `python -m infra.migrate --dry-run`.

Without `--project` the command works on the data of the local stack, with it on a deployment. It may
be stopped at any time and run again: it goes on where it was, and a finished migration is not
repeated. With `--dry-run` it prints each write that it would make, and writes nothing.
"""

import argparse
import sys
from collections.abc import Sequence

from common.adapters.system import SystemClock, pause
from common.bootstrap import build
from common.settings import Settings
from infra.migrate.runner import MigrationRun
from infra.migrate.steps import migrations
from infra.target import add_target, run_on_target


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.migrate", description=__doc__)
    add_target(parser)
    parser.add_argument("--dry-run", action="store_true", help="print the writes, and make none")
    parser.add_argument(
        "--again", type=int, metavar="NUMBER", help="run this migration although it is done"
    )
    return parser.parse_args(arguments)


async def migrate(settings: Settings, *, dry_run: bool, again: int | None = None) -> bool:
    """Run every migration that is not done, and `again`. Return False if documents are left."""
    app = build(settings)
    try:
        store = app.accounts.deps.store
        run = MigrationRun(store, SystemClock(), pause, print, dry_run)
        return await run.run(migrations(store), again)
    finally:
        await app.close()


def main() -> int:
    given = parse()

    async def command(settings: Settings) -> int:
        done = await migrate(settings, dry_run=given.dry_run, again=given.again)
        return 0 if done else 2

    return run_on_target(given, command)


if __name__ == "__main__":
    sys.exit(main())
