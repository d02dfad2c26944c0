"""An event loop on a virtual clock that can freeze and kill simulated processes.

The clock jumps to whatever is due next: an hour of sleep takes no real time, and events keep the order
in which they would have happened.
"""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import Context, ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVarTuple

Ts = TypeVarTuple("Ts")

EPOCH = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
STUCK_SECONDS = 5.0
"""Real time after which a loop in which nothing is due is taken for a deadlock."""


class Schedulable(Protocol):
    """A simulated process, as the event loop sees it."""

    tasks: set["asyncio.Task[Any]"]

    def hold(self, step: asyncio.Handle) -> bool:
        """Return whether `step` must not run now. A frozen process keeps it and runs it later."""


CURRENT_PROCESS: ContextVar[Schedulable | None] = ContextVar("process", default=None)
"""The simulated process whose code runs. None: the outside, which never freezes or dies."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._elapsed = 0.0
        super().__init__(_JumpingSelector(self))
        self.set_default_executor(_AtOnce())

    def time(self) -> float:
        return self._elapsed

    def jump(self, seconds: float) -> None:
        self._elapsed += seconds

    def run_in_executor(
        self,
        executor: Executor | None,  # noqa: ARG002 - a parameter of the event loop
        func: Callable[..., Any],
        *args: object,
    ) -> "asyncio.Future[Any]":
        """Run `func` in the default executor, also where another one is named."""
        return super().run_in_executor(None, func, *args)

    # ── simulated processes ──────────────────────────────────────────────────────────────────────

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        process = _process_of(context)
        if process is None:
            return super().call_soon(callback, *args, context=context)
        step = _ProcessStep(process, callback, args)
        step.handle = super().call_soon(step, context=context)
        return step.handle

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        process = _process_of(context)
        if process is None:
            return super().call_at(when, callback, *args, context=context)
        step = _ProcessStep(process, callback, args)
        step.handle = timer = super().call_at(when, step, context=context)
        return timer

    def create_task(
        self, coro: Any, *, name: object = None, context: Context | None = None
    ) -> "asyncio.Task[Any]":
        """Create a task that belongs to the current process, or to the process in `context`."""
        task: asyncio.Task[Any] = super().create_task(coro, name=name, context=context)
        process = _process_of(context)
        if process is not None:
            process.tasks.add(task)
            task.add_done_callback(process.tasks.discard)
        return task


def _process_of(context: Context | None) -> Schedulable | None:
    return CURRENT_PROCESS.get() if context is None else context.get(CURRENT_PROCESS)


class _ProcessStep:
    """One callback of a process. It runs only while the process runs."""

    __slots__ = ("_args", "_callback", "_process", "handle")

    def __init__(
        self, process: Schedulable, callback: Callable[..., object], args: tuple[Any, ...]
    ) -> None:
        self._process = process
        self._callback = callback
        self._args = args
        self.handle: asyncio.Handle

    def __call__(self) -> None:
        if not self._process.hold(self.handle):
            self._callback(*self._args)


class _AtOnce(ThreadPoolExecutor):
    """Runs work at once. A thread would end at a moment that differs from run to run."""

    def submit(self, fn: Callable[..., Any], /, *args: object, **kwargs: object) -> "Future[Any]":
        work: Future[Any] = Future()
        try:
            work.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - whatever the work raises
            work.set_exception(error)
        return work


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            ready = super().select(STUCK_SECONDS)
            if not ready:
                msg = "deadlock: every task waits, and no timer is set"
                raise RuntimeError(msg)
            return ready
        ready = super().select(0)
        if not ready:
            self._loop.jump(timeout)
        return ready


class LoopClock:
    """The time of the running loop, counted from `EPOCH`."""

    def __init__(self, epoch: datetime = EPOCH) -> None:
        self.epoch = epoch

    def now(self) -> datetime:
        return self.epoch + timedelta(seconds=asyncio.get_running_loop().time())
