"""One random walk: several processes, one conversation, a few keys, and faults at every call.

A walk is made from its seed alone, so a failure is replayed by `walk(seed, conditions)`.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
from random import Random
from typing import Any

from common.adapters.sqlite.store import SqliteStore
from common.app import App
from common.domain.errors import Unavailable
from common.domain.ids import UserId
from common.ports.agent import Delta, Finished, OnEvent, UsageSoFar
from common.schemas.answers import ChatAnswer, SpeakAnswer
from common.schemas.requests import ChatRequest
from tests.reliability.fault_injection import ProcessDied, SimulatedProcess, Simulation
from tests.reliability.walks.conditions import Conditions, Misfortune
from tests.reliability.walks.observed import ObservedStore
from tests.support.fakes.agent import AgentCall, FakeAgent
from tests.support.harness import (
    ADA,
    Harness,
    chat,
    idempotency_key,
    new_harness,
    speak,
    start,
    sweep,
)

SPAN = 90.0
"""Requests begin within this time."""
LENGTH = 320.0
QUIET_SECONDS = 60.0
"""Longer than any freeze, a commit that holds late, and the time until a lost turn is swept."""
LOOK_SECONDS = 5.0
"""By then all is swept: seconds."""
LATENCY = {"store": (0.005, 0.05), "voice": (0.05, 0.3), "avatars": (0.05, 0.2)}
PROMPT = 7
TOKENS = 9
"""The tokens of one sentence: more than its length tells."""


@dataclass
class Ask:
    """One stream of the agent: which message, and from when to when it was open."""

    message: str
    began: float
    ended: float | None = None
    told: int = 0
    """Tokens that it has reported to the process that reads it."""


class WalkingAgent(FakeAgent):
    """Writes a reply whose length and pace follow from the message. Remembers every stream."""

    def __init__(self, random: Random, refused: float) -> None:
        super().__init__()
        self.asks: list[Ask] = []
        self._random = random
        self._refused = refused

    async def reply(
        self,
        user: UserId,
        session: str,
        message: str,
        take: OnEvent,
        state: object = None,  # noqa: ARG002 - no tool reads it here
    ) -> None:
        self.asked.append(AgentCall(user, session, message))
        random, loop = self._random, asyncio.get_running_loop()
        if random.random() < self._refused:
            raise Unavailable("agent", "refused")
        ask = Ask(message.rpartition("\n\n")[2], loop.time(), told=PROMPT)
        self.asks.append(ask)
        try:
            take(UsageSoFar(ask.told, PROMPT))
            for number in range(random.choice([2, 5, 20, 60])):
                await asyncio.sleep(random.uniform(0.1, 0.8))
                ask.told += TOKENS
                take(Delta(f"Word number {number}. "))
                take(UsageSoFar(ask.told, PROMPT))
            take(Finished(ask.told, PROMPT))
        finally:
            ask.ended = loop.time()


@dataclass
class WalkRequest:
    """One request, and its end: its answer, or its error."""

    key: str | None
    message: str
    kind: str
    process: SimulatedProcess
    began: float
    answer: ChatAnswer | SpeakAnswer | None = None
    error: BaseException | None = None

    @property
    def turn_id(self) -> str:
        """The id of the turn that its key names."""
        function = "speak" if self.kind == "speak" else "chat"
        return idempotency_key(ADA, function, self.key, "").id or "none"

    @property
    def ended(self) -> bool:
        return self.answer is not None or self.error is not None or self.process.dead


@dataclass
class Walk:
    """The result of a walk, for its checks."""

    simulation: Simulation
    agent: WalkingAgent
    conversation: str
    session: str
    conditions: Conditions
    store: ObservedStore
    requests: list[WalkRequest] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    async def documents(self, collection: str) -> list[dict[str, Any]]:
        return await self.simulation.harness.documents(collection)


async def walk(seed: int, conditions: Conditions, *, month_ends: bool = False) -> Walk:
    """Run one walk to its end. Returns it unchecked."""
    random = Random(seed)  # noqa: S311 - a test's own random numbers
    agent = WalkingAgent(random, conditions.refused)
    store = ObservedStore(SqliteStore(":memory:"))
    harness = new_harness(
        store,
        agent=agent,
        allowance_avatar_seconds=100_000,
        max_session_seconds=600,
        idle_seconds=600,
        turn_tokens=2_000,
        turns_per_user=2 if seed % 4 == 1 else 10,
    )
    if month_ends:
        harness.clock.epoch = harness.clock.epoch.replace(day=30, hour=23, minute=59, second=0)
    simulation = Simulation(harness, seed, LATENCY)
    steady = simulation.process("steady")
    started = await steady.run(start(steady.app))
    found = Walk(
        simulation, agent, started.conversation_id, started.avatar_session_id, conditions, store
    )
    workers = [_worker(found, random, number) for number in range(4)]
    sweepers = [
        asyncio.create_task(
            _sweep(simulation.process(f"sweep-{n}", skew=random.uniform(-2.5, 2.5)), random)
        )
        for n in range(2)
    ]
    tasks = [
        asyncio.create_task(_request(found, random, workers, *planned)) for planned in _plan(random)
    ]
    await _wait_until_quiet(harness, tasks)
    for task in (*sweepers, *tasks):
        task.cancel()
    await asyncio.gather(*sweepers, *tasks, return_exceptions=True)
    simulation.faults.clear()
    return found


async def _wait_until_quiet(harness: Harness, requests: list["asyncio.Task[None]"]) -> None:
    """Wait until every request has ended and every turn is settled, and a while longer.

    Sweeps are most of a walk's work, and find nothing from then on.
    """
    loop, quiet = asyncio.get_running_loop(), 0.0
    ends = loop.time() + LENGTH
    while quiet < QUIET_SECONDS and loop.time() < ends:
        await asyncio.sleep(LOOK_SECONDS)
        is_over = all(request.done() for request in requests)
        is_quiet = is_over and not await harness.unsettled_turns()
        quiet = quiet + LOOK_SECONDS if is_quiet else 0.0


def _worker(found: Walk, random: Random, number: int) -> SimulatedProcess:
    process = found.simulation.process(f"worker-{number}", skew=random.uniform(-2.5, 2.5))
    misfortune = Misfortune(found.conditions, random, SPAN)
    found.simulation.faults.add("*", misfortune.effect(), process=process)
    return process


def _plan(random: Random) -> list[tuple[float, str | None, str, str]]:
    """Plan requests: when, under which key, with which message, of which kind."""
    planned: list[tuple[float, str | None, str, str]] = []
    base = random.choice([0.0, 30.0, 50.0])
    for number in range(random.randint(2, 5)):
        begins = base + random.choice([random.uniform(0, 1.5), random.uniform(0, 30)])
        kind = random.choice(["chat", "text", "chat", "speak"])
        key = f"k{number}" if random.random() < 0.8 else None
        for again in range(random.choice([1, 1, 2, 3]) if key else 1):
            later = random.choice([0.001, 0.03, random.uniform(0, 5), random.uniform(0, 90)])
            planned.append((begins + (later if again else 0.0), key, f"message {number}", kind))
    if random.random() < 0.3:
        planned.append((base + random.uniform(0, 10), None, "", "stop"))
    return planned


async def _request(
    found: Walk,
    random: Random,
    workers: list[SimulatedProcess],
    begins: float,
    key: str | None,
    message: str,
    kind: str,
) -> None:
    await asyncio.sleep(begins)
    number = random.randrange(len(workers))
    if workers[number].dead:
        workers[number] = _worker(found, random, len(found.simulation.processes))
    process = workers[number]
    request = WalkRequest(key, message, kind, process, asyncio.get_running_loop().time())
    found.requests.append(request)
    leaves = random.uniform(0, 15) if random.random() < 0.15 else None
    try:
        request.answer = await process.run(
            _serve(process.app, found, request, leaves), f"request {len(found.requests)}"
        )
    except ProcessDied as died:
        request.error = died
    except Exception as error:  # noqa: BLE001 - whatever it is, the invariants name it
        request.error = error


async def _serve(app: App, found: Walk, request: WalkRequest, leaves: float | None) -> Any:
    if request.kind == "stop":
        stop = ChatRequest(stop=True, conversation_id=found.conversation)
        return await app.conversations.chat(ADA, stop, idempotency_key(ADA, "chat", None, stop))
    if request.kind == "speak":
        return await speak(app, found.session, request.message + ". More of it.", key=request.key)
    fields: dict[str, Any] = {} if request.kind == "chat" else {"speak": False}
    turn = await chat(
        app, request.message, key=request.key, conversation_id=found.conversation, **fields
    )
    if isinstance(turn, ChatAnswer):
        return turn
    if leaves is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(leaves):
                await turn.over()
        await turn.cancel()
    return await turn.answer()


async def _sweep(process: SimulatedProcess, random: Random) -> None:
    pause = random.uniform(3, 20)
    while True:
        await asyncio.sleep(pause)
        await process.run(sweep(process.app))
