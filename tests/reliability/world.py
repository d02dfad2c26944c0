"""Everything outside, and the processes that come and go in it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count
from random import Random
from typing import Any, Protocol

from common.bootstrap import App, assemble
from common.domain import errors
from common.domain.ids import AvatarSessionId
from common.observability.log import log
from common.ports.dependencies import Dependencies
from common.schemas.answers import SweepAnswer
from common.schemas.requests import SweepRequest
from common.settings import Settings
from tests.reliability.faulty_services import HarshAvatars, StormyStore
from tests.reliability.processes import Died, Mortal, Process, remember_whose
from tests.support.fakes.agent import FakeAgent
from tests.support.fakes.tasks import MemoryTasks
from tests.support.fakes.vault import MemoryVault
from tests.support.fakes.voice import FakeVoice
from tests.support.harness import KnownUsers
from tests.support.virtual_time import LoopClock, VirtualTimeLoop

SETTINGS = Settings(
    allowance_avatar_seconds=150,
    allowance_agent_tokens=400,
    allowance_voice_characters=500,
    max_session_seconds=60,
    min_session_seconds=20,
    idle_seconds=40,
    slots_per_user=2,
    turn_tokens=100,
    min_turn_tokens=50,
    turn_characters=80,
    turn_seconds=30,
)
"""Small enough that everything runs out."""

Assemble = Callable[[Dependencies], App]
PROCESSES = 2


def as_it_is(deps: Dependencies) -> App:
    async def close() -> None:
        return None

    return assemble(deps, KnownUsers(), close)


class Doing(Protocol):
    async def run(self, world: "World", app: App) -> object: ...


class World:
    def __init__(self, seed: int = 0, compose: Assemble = as_it_is) -> None:
        self.loop = VirtualTimeLoop()
        self.loop.set_task_factory(remember_whose)  # type: ignore[arg-type]  # typed for any awaitable
        self.loop.set_exception_handler(self._unheard)
        log.addFilter(self._logged)
        self.clock = LoopClock()
        self.random = Random(seed)  # noqa: S311 - latencies, no secret
        self.store = StormyStore(self.random)
        self.avatars = HarshAvatars(self.clock)
        self.agent = FakeAgent()
        self.voice = FakeVoice(seconds=0.1)
        self.vault = MemoryVault(lambda: self.clock.now().timestamp())
        self.tasks = MemoryTasks()
        self.bugs: list[object] = []
        self.handed_out: set[str] = set()
        self.orphaned: set[str] = set()
        """Tickets of starts that ended without telling us whether somebody has the session."""
        self.conversations: list[tuple[str, str]] = []
        self._compose = compose
        self._numbers = count(1)
        self.processes = [self._begin() for _ in range(PROCESSES)]
        self.run(self._open())

    def run(self, doing: Any) -> Any:
        return self.loop.run_until_complete(doing)

    def do(self, *doings: tuple[int, Doing]) -> list[object]:
        """All at once, each in the process of that number. What each came to: an answer, a refusal,
        or `Died`; anything else is a bug and is raised."""
        return self.run(self._do(doings))  # type: ignore[no-any-return]

    def doomed(self, number: int, calls: int, *, after: bool) -> None:
        self.processes[number].calls_left, self.processes[number].after = calls, after

    def spare(self) -> None:
        for process in self.processes:
            process.calls_left = None

    def wait(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    def heal(self) -> None:
        self.spare()
        self.store.clear()
        self.avatars.clear()
        self.vault.failing = self.tasks.failing = None

    def sweep(self) -> SweepAnswer:
        return self.run(self.processes[0].app.sweeps.sweep(SweepRequest()))  # type: ignore[no-any-return]

    def now(self) -> datetime:
        async def now() -> datetime:
            return self.clock.now()

        return self.run(now())  # type: ignore[no-any-return]

    def running(self) -> list[AvatarSessionId]:
        async def running() -> list[AvatarSessionId]:
            return [session.id for session in self.avatars.running()]

        return self.run(running())  # type: ignore[no-any-return]

    def close(self) -> None:
        log.removeFilter(self._logged)
        self.run(self._close())
        self.loop.close()

    async def _open(self) -> None:
        self.avatars.admit_stranger()
        await self.store.inner.get(["users/ada"])

    async def _close(self) -> None:
        living = asyncio.all_tasks() - {asyncio.current_task()}
        for process in self.processes:
            process.dead = True
        for task in living:
            task.cancel()
        if living:
            await asyncio.wait(living)
        await self.loop.shutdown_asyncgens()
        await self.store.close()

    async def _do(self, doings: Sequence[tuple[int, Doing]]) -> list[object]:
        roots = []
        for number, doing in doings:
            process = self.processes[number]
            roots.append(process.spawn(doing.run(self, process.app)))
        await asyncio.wait(roots)
        for number, process in enumerate(self.processes):
            if process.buried is not None:
                await process.buried
                self.processes[number] = self._begin()
        return [self._came_to(root) for root in roots]

    def _came_to(self, root: "asyncio.Task[object]") -> object:
        if root.cancelled():
            return Died()
        error = root.exception()
        if error is None:
            return root.result()
        if isinstance(error, errors.OprinaError) or _only_death(error):
            return error
        raise error

    def _begin(self) -> Process:
        process = Process()
        deps: dict[str, Any] = {
            name: Mortal(port, process)
            for name, port in (
                ("store", self.store),
                ("avatars", self.avatars),
                ("agent", self.agent),
                ("voice", self.voice),
                ("vault", self.vault),
                ("tasks", self.tasks),
            )
        }
        process.app = self._compose(
            Dependencies(
                **deps,
                clock=self.clock,
                new_id=lambda: f"id{next(self._numbers):08d}",
                pause=self._pause,
                settings=SETTINGS,
            )
        )
        return process

    async def _pause(self, number: int) -> None:
        await asyncio.sleep(self.random.uniform(0, 0.02 * 2**number))

    def _unheard(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is None or not (isinstance(error, errors.OprinaError) or _only_death(error)):
            self.bugs.append(context)

    def _logged(self, record: logging.LogRecord) -> bool:
        """What was caught on the way, and is only told to the log."""
        if record.exc_info:
            self._unheard(self.loop, {"exception": record.exc_info[1]})
        return True


def _only_death(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_only_death(inner) for inner in error.exceptions)
    return isinstance(error, Died | asyncio.CancelledError)
