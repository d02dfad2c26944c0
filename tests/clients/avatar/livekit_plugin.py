"""LiveKit's LiveAvatar plugin against the local stack: say, wait for playout, interrupt.

The plugin wants a LiveKit server of its caller, and there is none here. So the room is an object with a name that is always connected. The
plugin, the `AgentSession` and the messages are real.
"""

# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-call,no-any-return,misc"
# mypy: disable-error-code="attr-defined"

import asyncio
import contextlib
import io
import logging
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

from livekit import rtc
from livekit.agents import Agent, AgentSession
from livekit.agents.utils import http_context
from livekit.plugins import liveavatar
from livekit.plugins.liveavatar.version import __version__

from tests.clients.report import ClientAddresses, NotRun, Report, check

RATE = 24_000
AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"


class ConnectedRoom(rtc.EventEmitter[str]):
    """A room that the plugin sees as connected. No media flow."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "room"
        self.local_participant = SimpleNamespace(identity="agent")
        self.remote_participants: dict[str, Any] = {}

    def isconnected(self) -> bool:
        return True


async def silence(seconds: float) -> AsyncIterator[rtc.AudioFrame]:
    """Yield audio frames of 100 ms."""
    for _ in range(round(seconds * 10)):
        data = bytes(RATE // 10 * 2)
        yield rtc.AudioFrame(data, RATE, 1, RATE // 10)
        await asyncio.sleep(0)


async def main() -> None:
    address = ClientAddresses.from_arguments()
    log = io.StringIO()
    logging.basicConfig(stream=log, level=logging.WARNING, force=True)
    report = Report(f"livekit liveavatar {__version__}{address.variant}")
    async with http_context.open():
        await visit(report, address, log)


async def visit(report: Report, address: ClientAddresses, log: io.StringIO) -> None:
    session = AgentSession()
    avatar = liveavatar.AvatarSession(
        avatar_id=AVATAR,
        api_key=address.key,
        api_url=f"{address.url}/simulators/liveavatar/v1/sessions",
    )
    with report.call("start: token, start, websocket, connected"):
        keys = {"livekit_api_key": "key", "livekit_api_secret": "s" * 32}
        await avatar.start(session, ConnectedRoom(), livekit_url="ws://127.0.0.1:1", **keys)
        await session.start(Agent(instructions="none"))
        await asyncio.wait_for(avatar._session_connected.wait(), 5)
    for seconds in (1.0, 3.0):
        with report.call(f"say {seconds:.0f} s, wait for playout"):
            began = time.monotonic()
            speech = session.say("words", audio=silence(seconds))
            await asyncio.wait_for(speech.wait_for_playout(), seconds + 5)
            took = time.monotonic() - began
            check(seconds - 0.1 < took < seconds + 1.5, took)
    with report.call("interrupt"):
        speech = session.say("words", audio=silence(6))
        await asyncio.sleep(1.5)
        began = time.monotonic()
        await asyncio.wait_for(session.interrupt(), 5)
        await asyncio.wait_for(speech.wait_for_playout(), 5)
        check(time.monotonic() - began < 1, time.monotonic() - began)
        check(speech.interrupted)
    with report.call("say after an interrupt"):
        began = time.monotonic()
        await asyncio.wait_for(session.say("w", audio=silence(1)).wait_for_playout(), 6)
        check(0.9 < time.monotonic() - began < 2.5, time.monotonic() - began)
    with report.call("close: the session is stopped"):
        await session.aclose()
        await asyncio.wait_for(asyncio.shield(avatar._main_atask), 5)
    with report.call("nothing is logged about the avatar"):
        words = ("liveavatar", "playback", "Traceback", "Error")
        lines = [line for line in log.getvalue().splitlines() if any(w in line for w in words)]
        check(not lines, lines[:3])
    with report.call("wait for the avatar in the room"):
        with contextlib.suppress(TimeoutError):
            await avatar.wait_for_join(timeout=0.1)
        raise NotRun("the simulated avatar joins rooms of its own server only")


if __name__ == "__main__":
    asyncio.run(main())
