"""`python -m infra.local`: run the whole system on this machine until Ctrl-C."""

import argparse
import asyncio
import logging
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

READY = """\
Oprina is ready on http://localhost:{port}  (try: make demo, or the curl lines in README.md)
Routes: curl localhost:{port}    API reference: http://localhost:{port}/docs
What the avatar received: {journal}
Data: {folder}    End it with Ctrl-C."""


def main() -> int:
    """Return the exit code.

    Everything else is imported after this function has begun, so that Ctrl-C during the imports
    ends the command without a traceback.
    """
    try:
        return asyncio.run(_run(_options()))
    except KeyboardInterrupt:
        return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("--port", type=_port, default=8080)
    parser.add_argument("--store", choices=["sqlite", "firestore"])
    parser.add_argument("--data-dir")
    return parser.parse_args()


def _port(text: str) -> int:
    highest = 65535
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= highest):
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to {highest}")
    return int(text)


async def _run(options: argparse.Namespace) -> int:
    from common.settings import WronglySetError  # noqa: PLC0415 - see main
    from infra.local.middleware.request_lines import show_requests  # noqa: PLC0415 - see main
    from infra.local.recogniser.install import install  # noqa: PLC0415 - see main
    from infra.local.stack import CannotStartError, stack  # noqa: PLC0415 - see main

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    show_requests()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        given = _chosen_settings(options)
        async with stack(Path(given["data_dir"]), port=options.port, given=given) as local:
            print(_ready(options.port, local.settings.data_dir), flush=True)
            installing = asyncio.create_task(install(partial(print, flush=True)))
            await ended.wait()
            installing.cancel()
            await asyncio.wait({installing})
    except (CannotStartError, WronglySetError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _chosen_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of the command line and of the environment. The command line wins."""
    from infra.local.defaults import DATA_DIR, settings_in_environment  # noqa: PLC0415 - see main
    from infra.local.stack import CannotStartError  # noqa: PLC0415 - see main

    chosen = {"store": options.store, "data_dir": options.data_dir}
    chosen = {name: value for name, value in chosen.items() if value}
    given = {"data_dir": DATA_DIR, **settings_in_environment(), **chosen}
    if given.get("store") == "firestore" and not given.get("firestore_emulator"):
        raise CannotStartError(
            "STORE=firestore needs FIRESTORE_EMULATOR_HOST: python -m infra.local.firestore starts "
            "an emulator and prints its address"
        )
    return given


def _ready(port: int, folder: str) -> str:
    from infra.local.simulators.livekit import media_missing  # noqa: PLC0415 - see main

    journal = f"http://localhost:{port}/simulators/liveavatar/journal"
    ready = READY.format(port=port, journal=journal, folder=folder)
    missing = ", ".join(media_missing())
    return (
        f"{ready}\nThe avatar has no picture and no sound: {missing} missing." if missing else ready
    )


if __name__ == "__main__":
    sys.exit(main())
