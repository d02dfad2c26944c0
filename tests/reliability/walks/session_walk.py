"""One random walk of avatar sessions: starts, keep-alives and ends, with faults at every call.

The provider fails, too: calls that are refused or not confirmed, and lists that lack a session. A
walk is made from its seed alone.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from common.adapters.sqlite.store import SqliteStore
from common.domain.avatar_session import EndReason
from common.domain.documents import Create, Delete, Write
from common.domain.errors import Ambiguous, Failed, Unavailable
from common.domain.ids import AvatarSessionId
from common.ports.avatar import SessionToken, StartedSession
from tests.reliability.fault_injection import ProcessDied, SimulatedProcess, Simulation
from tests.reliability.walks.conditions import CALM, Conditions, Misfortune
from tests.reliability.walks.observed import ObservedStore, fields_of
from tests.support.fakes.avatars import FakeAvatars
from tests.support.harness import Harness, chat_answer, end, keep_alive, new_harness, start, sweep
from tests.support.simulation.faults import PendingCall

SPAN = 100.0
"""Requests begin within this time."""
LENGTH = 420.0
"""By then every session has ended: seconds."""
LATENCY = {"store": (0.005, 0.05), "avatars": (0.05, 0.4), "vault": (0.01, 0.1)}
REFUSED = 0.06
UNCONFIRMED = 0.08
NOT_LISTED = 0.3


class WatchedAvatars(FakeAvatars):
    """Checks at each start and stop that the commit which guards it holds."""

    def __init__(
        self, harness: Harness, store: ObservedStore, random: Random, *, lists: bool
    ) -> None:
        super().__init__(harness.clock)
        self.problems: list[str] = []
        self.states: dict[str, str] = {}
        """The state of each session as it stands in the store."""
        self._random = random
        self._lists = lists
        store.watch = self._watch

    async def start(self, token: SessionToken) -> StartedSession:
        if token.session not in self.states:
            self.problems.append(f"{token.session} was started before its commit held")
        return await super().start(token)

    async def stop(self, session: AvatarSessionId, reason: EndReason) -> None:
        if (state := self.states.get(session)) in {"starting", "live"}:
            self.problems.append(f"{session} was stopped while its document says {state}")
        await super().stop(session, reason)

    async def active(self) -> list[AvatarSessionId]:
        found = await super().active()
        return [each for each in found if self._lists or self._random.random() >= NOT_LISTED]

    def _watch(self, writes: Sequence[Write]) -> None:
        for write in writes:
            collection, _, session = write.path.partition("/")
            if collection == "ended_sessions" and isinstance(write, Create):
                self._check_ended(AvatarSessionId(session))
                self.states[session] = "ended"
            elif collection == "avatar_sessions" and not isinstance(write, Delete):
                fields = fields_of(write)
                self.states[session] = fields.get("state", self.states.get(session, ""))
                if fields.get("end_reason") == "gone" and self._runs(AvatarSessionId(session)):
                    self.problems.append(f"{session} is ended as gone, and it runs")

    def _check_ended(self, session: AvatarSessionId) -> None:
        if self._runs(session):
            self.problems.append(f"{session} is settled, and it runs")

    def _runs(self, session: AvatarSessionId) -> bool:
        return any(each.id == session for each in self.running())


@dataclass
class SessionWalkRequest:
    kind: str
    key: str | None
    process: SimulatedProcess
    answer: Any = None
    error: BaseException | None = None

    @property
    def ended(self) -> bool:
        return self.answer is not None or self.error is not None or self.process.dead


@dataclass
class SessionWalk:
    """The result of a walk, for its checks."""

    simulation: Simulation
    avatars: WatchedAvatars
    store: ObservedStore
    conditions: Conditions
    sessions: list[str] = field(default_factory=list)
    requests: list[SessionWalkRequest] = field(default_factory=list)


async def session_walk(
    seed: int, conditions: Conditions, *, month_ends: bool = False
) -> SessionWalk:
    """Run one walk to its end. Returns it unchecked."""
    random = Random(seed)  # noqa: S311 - a test's own random numbers
    store = ObservedStore(SqliteStore(":memory:"))
    harness = new_harness(
        store,
        allowance_avatar_seconds=100_000,
        max_session_seconds=120,
        min_session_seconds=20,
        idle_seconds=40,
        slots_per_user=2,
    )
    if month_ends:
        harness.clock.epoch = harness.clock.epoch.replace(day=30, hour=23, minute=59, second=0)
    avatars = WatchedAvatars(harness, store, random, lists=conditions == CALM)
    harness.avatars = avatars
    simulation = Simulation(harness, seed, LATENCY)
    found = SessionWalk(simulation, avatars, store, conditions)
    workers = [_worker(found, random) for _ in range(3)]
    sweeper = simulation.process("sweeper", skew=random.uniform(-2.5, 2.5))
    tasks = [asyncio.create_task(_sweep(sweeper, random.uniform(5, 20)))]
    for number in range(random.randint(3, 8)):
        kind = random.choice(["start", "start", "keep_alive", "keep_alive", "end", "chat"])
        key = f"k{number}" if random.random() < 0.5 else None
        begins = random.uniform(0, SPAN) if number else 0.0
        for again in range(random.choice([1, 1, 2]) if key else 1):
            later = random.choice([0.001, random.uniform(0, 3), random.uniform(0, 60)])
            planned = _request(
                found, random, workers, begins + again * later, "start" if not number else kind, key
            )
            tasks.append(asyncio.create_task(planned))
    await asyncio.sleep(LENGTH)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    simulation.faults.clear()
    return found


def _worker(found: SessionWalk, random: Random) -> SimulatedProcess:
    simulation = found.simulation
    process = simulation.process(
        f"worker-{len(simulation.processes)}", skew=random.uniform(-2.5, 2.5)
    )
    faults, conditions = simulation.faults, found.conditions
    faults.add("*", Misfortune(conditions, random, SPAN).effect(), process=process)
    if conditions != CALM:
        faults.add("avatars.*", _provider_fault(random), process=process)
    return process


def _provider_fault(random: Random) -> Any:
    async def effect(call: PendingCall) -> Any:
        chance = random.random()
        if chance < REFUSED:
            raise random.choice([Unavailable, Failed])("avatar", "refused")
        if chance < REFUSED + UNCONFIRMED:
            if random.random() < 0.6:
                await call.happen()
            await asyncio.sleep(random.choice([0.5, 5]))
            raise Ambiguous("avatar", "no answer in time")
        if chance > (0.85 if call.call.method == "start" else 0.97):
            call.process.die()
            return await call.happen()
        return await call.happen()

    return effect


async def _request(
    found: SessionWalk,
    random: Random,
    workers: list[SimulatedProcess],
    begins: float,
    kind: str,
    key: str | None,
) -> None:
    await asyncio.sleep(begins)
    number = random.randrange(len(workers))
    if workers[number].dead:
        workers[number] = _worker(found, random)
    process = workers[number]
    request = SessionWalkRequest(kind, key, process)
    if kind != "start" and not found.sessions:
        return
    found.requests.append(request)
    session = random.choice(found.sessions[-2:]) if found.sessions else ""
    app = process.app
    try:
        match kind:
            case "start":
                request.answer = await process.run(start(app, key=key), "start")
                found.sessions.append(request.answer.avatar_session_id)
            case "keep_alive":
                request.answer = await process.run(keep_alive(app, session, key=key), kind)
            case "end":
                request.answer = await process.run(end(app, session, key=key), kind)
            case _:
                conversation = (await found.simulation.harness.session(session))["conversation_id"]
                turn = chat_answer(app, "Hello.", key=key, conversation_id=conversation)
                request.answer = await process.run(turn, kind)
    except ProcessDied as died:
        request.error = died
    except Exception as error:  # noqa: BLE001 - whatever it is, the invariants name it
        request.error = error


async def _sweep(process: SimulatedProcess, pause: float) -> None:
    while True:
        await asyncio.sleep(pause)
        await process.run(sweep(process.app))
