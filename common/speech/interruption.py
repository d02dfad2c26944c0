"""Interruption (barge-in): a newer turn, a person, or a lost caller stops a turn that runs.

Within one process a newer turn tells the older one at once, through `RunningTurns`. In another
process the older turn learns it from its own document (conversations/heartbeat.py) or from the
avatar.
"""

import asyncio
from typing import Any, Literal

InterruptReason = Literal["interrupted", "stopped", "cancelled", "settled", "deadline", "shutdown"]
"""`interrupted`: a newer turn took over. `stopped`: a person pressed stop. `cancelled`: the caller
went away. `settled`: the sweep settled the turn. `deadline`: its time is over. `shutdown`: the
process ends."""


class Interruption:
    """The request to stop one turn. The first reason wins."""

    def __init__(self) -> None:
        self._requested: asyncio.Future[InterruptReason] = (
            asyncio.get_running_loop().create_future()
        )

    def request(self, reason: InterruptReason) -> None:
        """Ask the turn to stop. Does nothing if it was asked before."""
        if not self._requested.done():
            self._requested.set_result(reason)

    @property
    def reason(self) -> InterruptReason | None:
        return self._requested.result() if self._requested.done() else None

    async def ends(self, work: "asyncio.Task[None]") -> bool:
        """Wait until `work` is done or the turn is asked to stop.

        Return True if the work is not done: the turn was asked to stop.
        """
        either: set[asyncio.Future[Any]] = {work, self._requested}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return not work.done()
