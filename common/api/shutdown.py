"""End the running turns in order when Cloud Run stops the container."""

import asyncio
import signal
from functools import cache
from types import FrameType

from common.app import App
from common.domain import deadlines
from common.observability.log import log


@cache
def end_turns_on_sigterm(app: App) -> None:
    """Install a SIGTERM handler that ends every turn, then does what the server's own handler does.

    Each turn stores what was written, settles and closes its stream, within 8 s: Cloud Run kills the
    process after 10 s. Call it in the main thread, in the loop that serves the requests.
    """
    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

    def handle(number: int, frame: FrameType | None) -> None:
        if not loop.is_closed():  # a second signal may come after the server's end
            loop.call_soon_threadsafe(_begin, app)
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGTERM, handle)


_ending: set["asyncio.Task[None]"] = set()


def _begin(app: App) -> None:
    task = asyncio.get_running_loop().create_task(_end_turns(app))
    _ending.add(task)
    task.add_done_callback(_ending.discard)


async def _end_turns(app: App) -> None:
    try:
        async with asyncio.timeout(deadlines.SHUTDOWN):
            await app.running.end_all()
    except TimeoutError:
        log.exception("turns were not closed in time")
