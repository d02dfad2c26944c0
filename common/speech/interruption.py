"""Who has the floor: one talks at a time in a conversation, and whoever comes later interrupts."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from common.domain.ids import ConversationId

InterruptReason = Literal["interrupted", "cancelled"]


class Interruptible:
    """Work in a task of its own that may be cut short: by the next one to talk (`interrupted`) or by
    a caller who goes away (`cancelled`). Whoever begins it awaits `over`."""

    def __init__(self) -> None:
        self._cut: asyncio.Future[InterruptReason] = asyncio.get_running_loop().create_future()
        self.silenced = asyncio.Event()
        """Set when nothing more of this will be sent to the avatar."""
        self._task: asyncio.Task[None] | None = None
        self._afterwards: list[Callable[[], None]] = []

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._task = asyncio.ensure_future(work)
        self._task.add_done_callback(self._over)

    def afterwards(self, do: Callable[[], None]) -> None:
        self._afterwards.append(do)

    def _over(self, _: asyncio.Task[None]) -> None:
        self.silenced.set()
        for do in self._afterwards:
            do()

    def cut(self, why: InterruptReason) -> None:
        """Asks it to end; the first reason stands. Too late is no harm."""
        if not self._cut.done():
            self._cut.set_result(why)

    @property
    def why(self) -> InterruptReason | None:
        return self._cut.result() if self._cut.done() else None

    async def over(self) -> None:
        """When everything is settled. Raises what the work raised."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def cancel(self) -> None:
        """The caller has what it wants, or has gone away."""
        self.cut("cancelled")
        await self.over()

    async def until_interrupted(self, work: asyncio.Task[None]) -> InterruptReason | None:
        """None where the work ended by itself."""
        either: set[asyncio.Future[Any]] = {work, self._cut}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return None if work.done() else self.why


class ActiveSpeakers:
    """In this process. What runs in another one finds out by the avatar's own word, or by the
    lease."""

    def __init__(self) -> None:
        self._holders: dict[ConversationId, Interruptible] = {}

    def take(self, conversation: ConversationId, holder: Interruptible) -> Interruptible | None:
        """Interrupts the one who had it, and gives it back, to be waited for."""
        before = self._holders.get(conversation)
        self._holders[conversation] = holder
        holder.afterwards(lambda: self._leave(conversation, holder))
        if before is not None:
            before.cut("interrupted")
        return before

    def _leave(self, conversation: ConversationId, holder: Interruptible) -> None:
        if self._holders.get(conversation) is holder:
            del self._holders[conversation]
