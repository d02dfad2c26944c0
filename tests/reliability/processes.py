"""Processes that die. One that is dead reaches nothing outside any more, and cleans nothing up."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any

from common.bootstrap import App
from tests.support.fakes.connection import FakeConnection

SPINS = 5
"""Turns of the loop in which what had just been begun meets the closed door and ends."""


class Died(BaseException):
    """Nothing catches this, as nothing catches a power cut."""


class Process:
    """`app` and every task that it ever began. `calls_left` outside calls from now it dies: before
    the last one happens, or `after` it happened and before its answer was read."""

    def __init__(self) -> None:
        self.app: App
        self.dead = False
        self.calls_left: int | None = None
        self.after = False
        self.tasks: set[asyncio.Task[Any]] = set()
        self.buried: asyncio.Task[None] | None = None

    def breathe(self) -> None:
        """Before each call to the outside."""
        self.check()
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left <= 0 and not self.after:
                self.die()
            self.check()

    def check(self) -> None:
        """After each call, too."""
        if self.calls_left is not None and self.calls_left <= 0 and self.after:
            self.die()
        if self.dead:
            raise Died

    def die(self) -> None:
        if not self.dead:
            self.dead = True
            loop = asyncio.get_running_loop()
            self.buried = loop.create_task(self._bury(), context=Context())

    async def _bury(self) -> None:
        for _ in range(SPINS):
            await asyncio.sleep(0)
        while living := [task for task in self.tasks if not task.done()]:
            for task in living:
                task.cancel()
            await asyncio.wait(living)

    def spawn(self, doing: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        context = copy_context()
        context.run(_HERE.set, self)
        return asyncio.get_running_loop().create_task(doing, context=context)


_HERE: ContextVar[Process | None] = ContextVar("process", default=None)


def remember_whose(
    loop: asyncio.AbstractEventLoop,
    coroutine: Coroutine[Any, Any, Any],
    context: Context | None = None,
) -> "asyncio.Task[Any]":
    """A task factory: each task belongs to the process that began it."""
    task = asyncio.Task(coroutine, loop=loop, context=context)
    process = _HERE.get() if context is None else context.get(_HERE)
    if process is not None:
        process.tasks.add(task)
        task.add_done_callback(process.tasks.discard)
    return task


class Mortal:
    """Any port, as one process sees it."""

    def __init__(self, port: object, process: Process) -> None:
        self._port = port
        self._process = process

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)
        return self._stream(method) if inspect.isasyncgenfunction(method) else self._call(method)

    def _call(self, method: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            self._process.breathe()
            try:
                answer = await method(*args, **kwargs)
            finally:
                self._process.check()
            return Mortal(answer, self._process) if isinstance(answer, FakeConnection) else answer

        return call

    def _stream(self, method: Callable[..., Any]) -> Callable[..., Any]:
        async def stream(*args: Any) -> AsyncGenerator[Any, None]:
            self._process.breathe()
            async for item in method(*args):
                self._process.check()
                yield item

        return stream
