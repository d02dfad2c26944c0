"""Faults: which calls of which ports they meet, and what happens there.

An effect decides whether, when and how a call happens:

    async def effect(call: PendingCall) -> Any:
        ...                          # before the call
        answer = await call.happen()
        ...                          # after it, before the process learns the answer
        return answer

Effects run outside the process, so that a frozen process does not freeze the services.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, NoReturn

from common.domain import errors
from tests.support.simulation.journal import Call
from tests.support.simulation.process import SimulatedProcess

Moment = Literal["before", "after"]
"""Before the call happens at the service; or after it happened, before the process learns of it."""

ERROR_SERVICES = {"avatars": "avatar", "connection": "avatar"}


@dataclass
class PendingCall:
    """A call on its way. `happen` makes it happen and returns the answer."""

    call: Call
    process: SimulatedProcess
    happen: Callable[[], Awaitable[Any]]

    @property
    def service(self) -> str:
        """The service's name, as `Upstream` errors carry it."""
        return ERROR_SERVICES.get(self.call.service, self.call.service)


Effect = Callable[[PendingCall], Awaitable[Any]]


@dataclass
class PlannedFault:
    """`effect` for calls that match `pattern`, e.g. `store.commit`, `store.*` or `*`.

    `nth`: only the n-th match, counted from 1. `until`: only before this time of the loop's clock.
    """

    pattern: str
    effect: Effect
    nth: int | None = None
    until: float | None = None
    process: SimulatedProcess | None = None
    where: Callable[[Call], bool] = lambda _: True
    matches: int = 0
    """How many calls matched so far."""

    @property
    def bit(self) -> bool:
        """Return whether a call met it."""
        return self.matches >= (self.nth or 1)

    def meets(self, call: Call, process: SimulatedProcess) -> bool:
        if not fnmatchcase(call.name, self.pattern) or self.process not in {None, process}:
            return False
        if not self.where(call) or (self.until is not None and call.began >= self.until):
            return False
        self.matches += 1
        return self.nth is None or self.matches == self.nth


@dataclass
class Faults:
    """The faults in force. Several may meet one call: the first one added is the outermost."""

    planned: list[PlannedFault] = field(default_factory=list)

    def add(
        self,
        pattern: str,
        effect: Effect,
        *,
        nth: int | None = None,
        seconds: float | None = None,
        process: SimulatedProcess | None = None,
        where: Callable[[Call], bool] = lambda _: True,
    ) -> PlannedFault:
        """Plan `effect` for the calls that match, from now on, for `seconds` if given."""
        until = None if seconds is None else asyncio.get_running_loop().time() + seconds
        fault = PlannedFault(pattern, effect, nth, until, process, where)
        self.planned.append(fault)
        return fault

    def clear(self) -> None:
        self.planned.clear()

    async def apply(self, pending: PendingCall) -> Any:
        for fault in reversed([f for f in self.planned if f.meets(pending.call, pending.process)]):
            pending = _nested(pending, fault.effect)
        return await pending.happen()


def _nested(inner: PendingCall, effect: Effect) -> PendingCall:
    return PendingCall(inner.call, inner.process, lambda: effect(inner))


# ── effects ──────────────────────────────────────────────────────────────────────────────────────


def fail(error: errors.OprinaError, moment: Moment = "before") -> Effect:
    """Raise `error`. The call happens all the same with `moment="after"`."""

    async def effect(call: PendingCall) -> NoReturn:
        if moment == "after":
            await call.happen()
        raise error

    return effect


def refuse() -> Effect:
    """Be unavailable: the call does not happen, and the caller knows."""

    async def effect(call: PendingCall) -> NoReturn:
        raise errors.Unavailable(call.service, "refused")

    return effect


def busy(retry_after: int = 1) -> Effect:
    """Answer 429: the call does not happen."""

    async def effect(call: PendingCall) -> NoReturn:
        raise errors.Busy(call.service, "answered 429", retry_after=retry_after)

    return effect


def answer_4xx(status: int = 418) -> Effect:
    """Answer an unknown 4xx: the call does not happen."""

    async def effect(call: PendingCall) -> NoReturn:
        raise errors.Rejected(call.service, f"answered {status}")

    return effect


def answer(value: Any) -> Effect:
    """Answer 200 with `value`, and do nothing: the nonsense of a proxy, or of a broken service."""

    async def effect(_: PendingCall) -> Any:
        return value

    return effect


def unconfirmed(*, held: bool, late: float | None = None, silent: float = 3.0) -> Effect:
    """Raise `Ambiguous` after `silent` seconds. The call happened only if `held`.

    `late`: the call happens so many seconds after it was sent, perhaps after the caller gave up.
    """

    async def effect(call: PendingCall) -> NoReturn:
        if held and late is not None:
            _later(late, call.happen)
        elif held:
            await call.happen()
        await asyncio.sleep(silent)
        raise errors.Ambiguous(call.service, "no answer in time")

    return effect


def delay(seconds: float, moment: Moment = "before") -> Effect:
    """Take so many seconds before the call happens, or before its answer arrives."""

    async def effect(call: PendingCall) -> Any:
        if moment == "before":
            await asyncio.sleep(seconds)
            return await call.happen()
        value = await call.happen()
        await asyncio.sleep(seconds)
        return value

    return effect


def lose_late(seconds: float) -> Effect:
    """Tell the loser of a race so many seconds late that it lost."""

    async def effect(call: PendingCall) -> Any:
        try:
            return await call.happen()
        except errors.Conflict:
            await asyncio.sleep(seconds)
            raise

    return effect


def die(moment: Moment) -> Effect:
    """Kill the process that calls."""

    async def effect(call: PendingCall) -> None:
        if moment == "after":
            await call.happen()
        call.process.die()

    return effect


def freeze(seconds: float, moment: Moment) -> Effect:
    """Freeze the process that calls. Frozen `before`, it sends the call when it thaws."""

    async def effect(call: PendingCall) -> Any:
        if moment == "before":
            call.process.freeze(seconds)
            await asyncio.sleep(seconds)
            return await call.happen()
        value = await call.happen()
        call.process.freeze(seconds)
        return value

    return effect


def meanwhile(work: Callable[[], Awaitable[Any]], moment: Moment = "after") -> Effect:
    """Do something else between a call and what follows it, e.g. between a query and a write."""

    async def effect(call: PendingCall) -> Any:
        if moment == "before":
            await work()
            return await call.happen()
        value = await call.happen()
        await work()
        return value

    return effect


def _later(seconds: float, happen: Callable[[], Awaitable[Any]]) -> None:
    async def late() -> None:
        await asyncio.sleep(seconds)
        try:
            await happen()
        except errors.OprinaError:
            return  # the caller has given up: there is no one to tell

    task = asyncio.get_running_loop().create_task(late(), context=Context())
    _LATE.add(task)
    task.add_done_callback(_LATE.discard)


_LATE: set["asyncio.Task[None]"] = set()
