"""A simulated process: it can freeze, and it can die without running any cleanup."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from typing import Any, TypeVar

from common.app import App
from common.ports.dependencies import Dependencies
from tests.support.simulation.journal import CURRENT_REQUEST
from tests.support.virtual_time import CURRENT_PROCESS

T = TypeVar("T")
BURIAL_ROUNDS = 20


class ProcessDied(BaseException):
    """The process that served the request died. No `except Exception` catches this."""


class SimulatedProcess:
    """`app`, with every task and timer that it starts.

    A callback of a dead process never runs again: no `finally`, no `except`. A callback of a frozen
    process runs when the process thaws, in its order. Both need a `VirtualTimeLoop`.
    """

    def __init__(self, name: str, skew: float = 0.0) -> None:
        """`skew`: seconds by which the wall clock of this process is fast."""
        self.name = name
        self.skew = skew
        self.app: App
        self.deps: Dependencies
        """The ports as this process sees them, for tests that need no app."""
        self.dead = False
        self.tasks: set[asyncio.Task[Any]] = set()
        self.died: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.on_death: list[Callable[[], object]] = []
        """Called when it dies. The operating system closes its connections, for example."""
        self._buried = False
        self._freezes = 0
        self._held: list[asyncio.Handle] = []

    # ── running code in it ───────────────────────────────────────────────────────────────────────

    async def run(self, work: Coroutine[Any, Any, T], request: str = "") -> T:
        """Run `work` in this process and return its result. Raises `ProcessDied`.

        `request` is the label under which the journal counts what `work` calls.
        """
        task = self.spawn(work, request)
        either: set[asyncio.Future[Any]] = {task, self.died}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            raise ProcessDied(self.name)
        return task.result()

    def spawn(self, work: Coroutine[Any, Any, T], request: str = "") -> "asyncio.Task[T]":
        """Start `work` in this process and return its task, which never ends if the process dies."""
        context = copy_context()
        context.run(CURRENT_PROCESS.set, self)
        context.run(CURRENT_REQUEST.set, request)
        return asyncio.get_running_loop().create_task(work, context=context)

    def hold(self, step: asyncio.Handle) -> bool:
        if self._buried:
            return False
        is_held = self.dead or self._freezes > 0
        if is_held:
            self._held.append(step)
        return is_held

    # ── what happens to it ───────────────────────────────────────────────────────────────────────

    def freeze(self, seconds: float) -> None:
        """Stop every task and timer for `seconds`. The services go on."""
        self._freezes += 1
        asyncio.get_running_loop().call_later(seconds, self._thaw, context=Context())

    def die(self) -> None:
        """Stop every task and timer for ever."""
        if not self.dead:
            self.dead = True
            self.died.set_result(None)
            for close in self.on_death:
                close()

    async def bury(self) -> None:
        """Dispose of its tasks at the end of a test. Their ports refuse every call."""
        self.die()
        self._buried = True
        for _ in range(BURIAL_ROUNDS):
            if not (living := {task for task in self.tasks if not task.done()}):
                return
            for task in living:
                task.cancel()
            asyncio.get_running_loop().call_soon(self._run_held, context=Context())
            await asyncio.wait(living, timeout=60)

    def _thaw(self) -> None:
        self._freezes -= 1
        if not self._freezes and not self.dead:
            self._run_held()

    def _run_held(self) -> None:
        held, self._held = self._held, []
        for step in held:
            if not step.cancelled():
                step._run()  # held again, in its order, if one before it froze or killed the process
