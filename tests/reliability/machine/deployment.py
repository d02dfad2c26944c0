"""The services, and the processes that come and go over them."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from common.adapters.sqlite import values
from common.adapters.sqlite.store import SqliteStore
from common.app import App
from common.domain import errors
from common.domain.ids import AvatarSessionId
from common.observability.log import log
from common.ports.dependencies import Dependencies
from common.schemas.answers import SweepAnswer
from common.settings import Settings
from tests.reliability.fault_injection import (
    Moment,
    ProcessDied,
    SimulatedProcess,
    Simulation,
    die,
    freeze,
)
from tests.reliability.machine.provider import SlowAvatars
from tests.support.harness import Harness, assemble_app, new_harness, sweep
from tests.support.virtual_time import VirtualTimeLoop

SMALL: dict[str, Any] = {
    "allowance_avatar_seconds": 150,
    "allowance_agent_tokens": 400,
    "allowance_voice_characters": 500,
    "max_session_seconds": 60,
    "min_session_seconds": 20,
    "idle_seconds": 40,
    "slots_per_user": 2,
    "turn_tokens": 100,
    "min_turn_tokens": 50,
    "turn_characters": 80,
    "turn_seconds": 30,
}
"""Settings so small that every allowance runs out."""
SETTINGS = Settings(**SMALL)

SKEWS = (-2.5, 2.5)
"""By process: seconds by which its clock is fast."""
LATENCY = {"store": (0.0, 0.02)}

Compose = Callable[[Dependencies], App]
T = TypeVar("T")


class Action(Protocol):
    async def run(self, deployment: "SimulatedDeployment", app: App) -> object: ...


class SimulatedDeployment:
    """A simulation with a loop of its own, in which each step of a state machine runs to its end."""

    def __init__(self, seed: int = 0, compose: Compose = assemble_app) -> None:
        self.loop = VirtualTimeLoop()
        self.loop.set_exception_handler(self._note_bug)
        log.addFilter(self._note_logged_bug)
        self.bugs: list[object] = []
        self.handed_out: set[str] = set()
        self.unclear: set[str] = set()
        """Sessions of starts that ended without telling whether the caller has the session."""
        self._compose = compose
        self.harness: Harness = new_harness(**SMALL)
        self.avatars = self.harness.avatars = SlowAvatars(self.harness.clock)
        self.harness.voice.seconds = 0.1
        self.simulation = Simulation(self.harness, seed, LATENCY)
        self.processes: list[SimulatedProcess] = []
        self.run(self._open())

    # ── running ──────────────────────────────────────────────────────────────────────────────────

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def do(self, *actions: tuple[int, Action]) -> list[object]:
        """Run all actions at once, each in the process of that number.

        Returns what each one came to: an answer, a refusal, or `ProcessDied`. Raises anything else.
        """
        return self.run(self._do(actions))

    def kill(self, number: int, calls: int, moment: Moment) -> None:
        """Let a process die at its n-th call from now."""
        self._meet(number, calls, die(moment))

    def freeze(self, number: int, calls: int, moment: Moment, seconds: float) -> None:
        """Let a process freeze at its n-th call from now."""
        self._meet(number, calls, freeze(seconds, moment))

    def spare(self) -> None:
        """Take back every fault that is planned for one process."""
        planned = self.simulation.faults.planned
        planned[:] = [fault for fault in planned if fault.process is None]

    def wait(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    def heal(self) -> None:
        """End every fault that is planned."""
        self.simulation.faults.clear()
        self.avatars.clear()

    def sweep(self) -> SweepAnswer:
        process = self.processes[0]
        return self.run(process.run(sweep(process.app)))

    # ── looking ──────────────────────────────────────────────────────────────────────────────────

    def now(self) -> datetime:
        async def now() -> datetime:
            return self.harness.clock.now()

        return self.run(now())

    def running(self) -> list[AvatarSessionId]:
        """Return the sessions that run at the provider."""

        async def running() -> list[AvatarSessionId]:
            return [session.id for session in self.avatars.running()]

        return self.run(running())

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return every document by its path."""
        store = self.harness.store.inner
        assert isinstance(store, SqliteStore)
        rows = store._opened.execute("SELECT path, body FROM documents") if store._opened else []
        return {path: _fields(body) for path, body in rows}

    def close(self) -> None:
        log.removeFilter(self._note_logged_bug)
        self.run(self._close())
        self.loop.close()

    # ── the parts ────────────────────────────────────────────────────────────────────────────────

    async def _open(self) -> None:
        self.avatars.admit_foreign_session()
        await self.harness.store.inner.get(["users/ada"])
        self.processes = [self._start_process(number) for number in range(len(SKEWS))]

    async def _close(self) -> None:
        await self.simulation.close()
        outside = asyncio.all_tasks() - {asyncio.current_task()}
        for task in outside:
            task.cancel()
        if outside:
            await asyncio.wait(outside)
        await self.loop.shutdown_asyncgens()
        await self.harness.store.close()

    def _start_process(self, number: int) -> SimulatedProcess:
        return self.simulation.process(skew=SKEWS[number], compose=self._compose)

    def _meet(self, number: int, calls: int, effect: Any) -> None:
        self.simulation.faults.add("*", effect, nth=calls, process=self.processes[number])

    async def _do(self, actions: tuple[tuple[int, Action], ...]) -> list[object]:
        results = await asyncio.gather(
            *(self._run_in(self.processes[number], action) for number, action in actions)
        )
        for number, process in enumerate(self.processes):
            if process.dead:
                self.processes[number] = self._start_process(number)
        return list(results)

    async def _run_in(self, process: SimulatedProcess, action: Action) -> object:
        before = set(self.avatars.sessions)
        try:
            return await process.run(action.run(self, process.app))
        except (ProcessDied, errors.Upstream) as outcome:
            if isinstance(outcome, ProcessDied) or outcome.service == "store":
                self.unclear |= set(self.avatars.sessions) - before
            return outcome
        except errors.OprinaError as refusal:
            return refusal

    def _note_bug(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, errors.OprinaError | asyncio.CancelledError):
            self.bugs.append(context)

    def _note_logged_bug(self, record: logging.LogRecord) -> bool:
        """Note an exception that was caught and logged."""
        if record.exc_info:
            self._note_bug(self.loop, {"exception": record.exc_info[1]})
        return True


@lru_cache(maxsize=2_000)
def _fields(body: str) -> dict[str, Any]:
    """Return the fields of a document. Most documents do not change between two looks."""
    return dict(values.load(body) or {})
