"""Each function under each fault of each service: the answer comes within its deadline plus 1 s.

The faults are at the port or, where the adapter has to notice them, at the end of its own deadline:
a call that hangs is ended by its adapter, and a call of the voice by the turn.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from common.app import App
from common.domain import deadlines
from common.domain.errors import Ambiguous, Failed, OprinaError, Unavailable
from common.sessions.sweep import SECONDS
from tests.reliability.fault_injection import (
    Effect,
    PendingCall,
    Simulation,
    answer_4xx,
    delay,
    refuse,
    simulate,
)
from tests.support.harness import chat_answer, end, keep_alive, speak, start, sweep

SLACK = 1.0
DEAD_VOICE = 20.0
"""A turn whose voice is dead ends at most this long after its text."""
TEXT_SECONDS = 2.0
"""The agent writes for so long where it is well."""
CALL_SECONDS = {"store": 5.0, "avatars": 10.0, "agent": 120.0, "voice": 10.0, "vault": 5.0}
"""The adapters end a call that hangs after so long."""
MOST_CALLS = 12
"""Faults are planned for the first so many calls of a service, each alone, and for all of them."""
AGENT_SECONDS = 20
"""The setting `turn_seconds` here, so that a hanging agent does not hide what follows it."""


# ── faults ───────────────────────────────────────────────────────────────────────────────────────


def hangs(*, happens: bool) -> Effect:
    """Answer nothing, until the adapter's own deadline. `happens`: the call had its effect."""

    async def effect(call: PendingCall) -> Any:
        if happens:
            await call.happen()
        service = call.call.service
        await asyncio.sleep(CALL_SECONDS.get(service, 5.0))
        changes = call.call.method in {"commit", "start", "stop", "keep_alive", "keep", "forget"}
        raise (Ambiguous if changes else Unavailable)(call.service, "no answer in time")

    return effect


def breaks() -> Effect:
    """Answer with something that the adapter cannot read."""

    async def effect(call: PendingCall) -> Any:
        await call.happen()
        raise Failed(call.service, "an answer that is no JSON", kind="broken")

    return effect


def never_ends() -> Effect:
    """Neither answer nor end: the caller's own deadline has to."""

    async def effect(_: PendingCall) -> Any:
        await asyncio.Event().wait()

    return effect


FAULTS: dict[str, Callable[[], Effect]] = {
    "hangs before its effect": lambda: hangs(happens=False),
    "hangs after its effect": lambda: hangs(happens=True),
    "refuses": refuse,
    "answers 4xx": answer_4xx,
    "answers garbage": breaks,
    "is slow": lambda: delay(4.0, "after"),
}
SERVICES = ("store", "agent", "voice", "avatars", "connection", "vault", "tasks")


# ── functions ────────────────────────────────────────────────────────────────────────────────────


async def _start(app: App, _: str, __: str) -> object:
    return await start(app, key="k")


async def _text(app: App, conversation: str, _: str) -> object:
    return await chat_answer(app, conversation_id=conversation, speak=False, key="k")


async def _spoken(app: App, conversation: str, _: str) -> object:
    return await chat_answer(app, conversation_id=conversation, key="k")


async def _speak(app: App, _: str, session: str) -> object:
    return await speak(app, session, "One sentence. And another one.", key="k")


async def _keep_alive(app: App, _: str, session: str) -> object:
    return await keep_alive(app, session, key="k")


async def _end(app: App, _: str, session: str) -> object:
    return await end(app, session, key="k")


async def _sweep(app: App, _: str, __: str) -> object:
    return await sweep(app)


Function = Callable[[App, str, str], Awaitable[object]]
FUNCTIONS: dict[Function, tuple[float, tuple[str, ...]]] = {
    _start: (deadlines.ANSWER, ("store", "avatars", "vault", "tasks")),
    _text: (TEXT_SECONDS + AGENT_SECONDS + deadlines.SETTLE, ("store", "agent")),
    _spoken: (AGENT_SECONDS + DEAD_VOICE + deadlines.SETTLE, SERVICES[:-1]),
    _speak: (DEAD_VOICE + deadlines.SETTLE, ("store", "voice", "avatars", "connection", "vault")),
    _keep_alive: (deadlines.ANSWER, ("store", "avatars")),
    _end: (deadlines.ANSWER, ("store", "avatars", "vault")),
    _sweep: (SECONDS, ("store", "avatars", "vault")),
}
"""The longest time of each function, and the services that it calls."""


def cases() -> Iterator[Any]:
    for function, (limit, services) in FUNCTIONS.items():
        for service in services:
            for fault, effect in FAULTS.items():
                name = f"{function.__name__[1:]}-{service}-{fault}".replace(" ", "_")
                yield pytest.param(function, limit, service, effect, id=name)


@pytest.mark.parametrize(("function", "limit", "service", "effect"), list(cases()))
async def test_an_answer_comes_before_its_deadline(
    function: Function, limit: float, service: str, effect: Callable[[], Effect]
) -> None:
    if (function, service) == (_speak, "store"):  # it waits for a fresh look, within its turn
        limit = deadlines.TURN + deadlines.SETTLE
    late = []
    for nth in (None, *range(1, MOST_CALLS + 1)):
        seconds, met = await _seconds(function, service, effect(), nth)
        if seconds > limit + SLACK:
            late.append((nth or "all", round(seconds, 1)))
        if nth is not None and not met:
            break
    assert late == []


async def _seconds(
    function: Function, service: str, effect: Effect, nth: int | None
) -> tuple[float, bool]:
    """Return how long the function took, and whether its n-th call of the service met the fault."""
    async with simulate(turn_seconds=AGENT_SECONDS, max_session_seconds=120) as simulation:
        return await _run(simulation, function, service, effect, nth)


async def _run(
    simulation: Simulation, function: Function, service: str, effect: Effect, nth: int | None
) -> tuple[float, bool]:
    here, harness, loop = simulation.process(), simulation.harness, asyncio.get_running_loop()
    started = await here.run(start(here.app))
    await asyncio.sleep(6)
    if function is _sweep:
        await asyncio.sleep(120)
    if function is _start:
        await here.run(end(here.app, started.avatar_session_id))
    harness.agent.replies.append([1.0, "One sentence. ", 1.0, "And another one."])
    fault = simulation.faults.add(f"{service}.*", effect, nth=nth, process=here)
    began = loop.time()
    work = function(here.app, started.conversation_id, started.avatar_session_id)
    try:
        async with asyncio.timeout(2_000):
            await here.run(_whole(work))
    except OprinaError:
        pass
    return loop.time() - began, fault.bit


async def _whole(work: Awaitable[object]) -> object:
    return await work


@pytest.mark.parametrize("service", ["voice", "avatars"])
@pytest.mark.parametrize("effect", [never_ends, lambda: hangs(happens=False), refuse])
async def test_a_turn_with_dead_speech_ends_soon_after_its_text(
    service: str, effect: Callable[[], Effect]
) -> None:
    text = [f"This is sentence number {n}. " for n in range(40)]
    async with simulate() as simulation:
        here, harness = simulation.process(), simulation.harness
        started = await here.run(start(here.app))
        await asyncio.sleep(6)
        harness.agent.replies.append([*text])
        simulation.faults.add(f"{service}.*", effect())
        began = asyncio.get_running_loop().time()
        reply = await here.run(chat_answer(here.app, conversation_id=started.conversation_id))
        assert reply.text == "".join(text)
        assert asyncio.get_running_loop().time() - began <= DEAD_VOICE
