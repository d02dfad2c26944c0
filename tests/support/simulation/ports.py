"""Ports as one simulated process sees them."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextvars import Context, copy_context
from datetime import datetime, timedelta
from typing import Any, Protocol

from common.ports.clock import Clock
from tests.support.simulation.faults import Faults, PendingCall
from tests.support.simulation.journal import CURRENT_REQUEST, Call, Journal
from tests.support.simulation.process import SimulatedProcess

STREAMS = {"agent.reply"}
"""Calls whose connection the operating system closes when the process dies."""


class Surroundings(Protocol):
    """The parts that the ports of all processes share."""

    faults: Faults
    journal: Journal

    async def travel(self, service: str) -> None:
        """Take half of a round trip's time."""


class SkewedClock:
    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._skew = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return self._clock.now() + self._skew


class SimulatedPort:
    """Any port. Its methods are found by name, so that it needs no change when a port changes.

    Every call happens outside the process, after the faults that are planned for it. Callbacks that
    are passed to a call run inside the process.
    """

    def __init__(
        self, port: object, service: str, process: SimulatedProcess, around: Surroundings
    ) -> None:
        self._port = port
        self._service = service
        self._process = process
        self._around = around

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if inspect.isasyncgenfunction(method):
            return self._generator(name, method)
        return self._coroutine(name, method) if inspect.iscoroutinefunction(method) else method

    def _coroutine(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            given = [_in_process(arg) if callable(arg) else arg for arg in args]
            return await self._call(
                name, (*args, *kwargs.values()), lambda: method(*given, **kwargs)
            )

        return call

    def _generator(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        async def stream(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
            items: asyncio.Queue[Any] = asyncio.Queue()
            end = object()

            async def pump() -> None:
                async for item in method(*args, **kwargs):
                    items.put_nowait(item)

            async def read() -> None:
                try:
                    await self._call(name, (*args, *kwargs.values()), pump)
                finally:
                    items.put_nowait(end)

            reading = asyncio.get_running_loop().create_task(read())
            try:
                while (item := await items.get()) is not end:
                    yield item
                await reading
            finally:
                reading.cancel()

        return stream

    async def _call(self, name: str, args: tuple[Any, ...], happen: Callable[[], Any]) -> Any:
        process, loop = self._process, asyncio.get_running_loop()
        if process.dead:
            raise asyncio.CancelledError
        call = Call(
            process.name, CURRENT_REQUEST.get(), self._service, name, args, began=loop.time()
        )
        self._around.journal.calls.append(call)
        outside = Context()
        outside.run(CURRENT_REQUEST.set, call.request)
        task = loop.create_task(self._happen(call, happen), context=outside)
        task.add_done_callback(_retrieve)
        if call.name in STREAMS:
            process.on_death.append(task.cancel)
        result = await task
        return self._connection(result) if name == "connect" else result

    async def _happen(self, call: Call, happen: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        async def there_and_back() -> Any:
            await self._around.travel(call.service)
            try:
                return await happen()
            finally:
                await self._around.travel(call.service)

        try:
            return await self._around.faults.apply(PendingCall(call, self._process, there_and_back))
        except BaseException as error:
            call.error = error
            raise
        finally:
            call.ended = asyncio.get_running_loop().time()

    def _connection(self, connection: Any) -> "SimulatedPort":
        """The process' end of a connection to the avatar, closed when the process dies."""

        def close() -> None:
            task = asyncio.get_running_loop().create_task(connection.close(), context=Context())
            task.add_done_callback(_retrieve)

        self._process.on_death.append(close)
        return SimulatedPort(connection, "connection", self._process, self._around)


def _in_process(callback: Callable[..., object]) -> Callable[..., None]:
    """Let `callback` run in the calling process, in its turn; not while the process is frozen."""
    context = copy_context()

    def schedule(*args: Any) -> None:
        asyncio.get_running_loop().call_soon(callback, *args, context=context)

    return schedule


def _retrieve(task: "asyncio.Task[Any]") -> None:
    """Read the exception, which no one awaits when the process has died."""
    if not task.cancelled():
        task.exception()
