"""Fault injection over the ports: what the tests of this folder, and of the use cases, draw from.

    async def test_a_reply_survives_a_store_that_is_away_once(simulation: Simulation) -> None:
        here = simulation.process()
        simulation.faults.add("store.commit", refuse(), nth=2)
        answer = await here.run(chat_answer(here.app, "Hello."), "the chat")
        assert answer.ended == "complete"
        assert simulation.journal.counts("the chat")["agent"] == 2

`simulation.process()` starts one more process over the same store, provider, agent and clock.
Code runs in a process by `process.run(work, label)`, which raises `ProcessDied` if the process dies.

| condition | plan |
|---|---|
| a connection opens late | `add("avatars.connect", delay(1.5))` |
| a loser learns late that it lost | `add("store.commit", lose_late(0.4))` |
| unavailable once, at the n-th call | `add("store.commit", refuse(), nth=2)` |
| unavailable for 10 s | `add("voice.*", refuse(), seconds=10)` |
| throttled | `add("voice.*", busy())` |
| an unknown 4xx | `add("avatars.stop", answer_4xx(418))` |
| 200 with nonsense | `add("avatars.stop", answer(None))` |
| a commit that held and is not confirmed | `add("store.commit", unconfirmed(held=True), nth=1)` |
| a commit that did not hold, unconfirmed | `add("store.commit", unconfirmed(held=False))` |
| a commit that holds late | `add("store.commit", unconfirmed(held=True, late=4))` |
| documents touched after a query or a read | `add("store.query", simulation.touch_found())` |
| something else happens in between | `add("store.query", meanwhile(work))` |
| a process dies before or after its n-th call | `add("*", die("before"), nth=3, process=here)` |
| a process is frozen for 20 s | `add("*", freeze(20, "after"), nth=3, process=here)` |
| clocks that differ | `simulation.process(skew=5)` |
| an agent whose tools have effects | a script with `ToolEffect("send_mail")`; `agent.effects` |

A pattern names service and method, e.g. `store.commit`, `voice.*`, `connection.speak`, `*`. `nth`,
`seconds`, `process` and `where` narrow it down. If several faults meet one call, the first one added is
the outermost: `delay(3)` and then `refuse()` is a refusal after 3 s.

The journal counts the calls of each request by kind, effects of tools, and the longest silence of a
stream. `tests.support.simulation.audit` compares charges with what the provider billed. A process that
is frozen `before` a call sends the call when it thaws: no process can guard against that for an effect
outside the store.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.harness import new_harness
from tests.support.simulation.faults import (
    Effect,
    Moment,
    PendingCall,
    PlannedFault,
    answer,
    answer_4xx,
    busy,
    delay,
    die,
    fail,
    freeze,
    lose_late,
    meanwhile,
    refuse,
    unconfirmed,
)
from tests.support.simulation.process import ProcessDied, SimulatedProcess
from tests.support.simulation.simulation import NO_LATENCY, Simulation

__all__ = [
    "Effect",
    "Moment",
    "PendingCall",
    "PlannedFault",
    "ProcessDied",
    "SimulatedProcess",
    "Simulation",
    "answer",
    "answer_4xx",
    "busy",
    "delay",
    "die",
    "fail",
    "freeze",
    "lose_late",
    "meanwhile",
    "refuse",
    "simulate",
    "unconfirmed",
]


@asynccontextmanager
async def simulate(
    seed: int = 0, latency: Mapping[str, tuple[float, float]] = NO_LATENCY, **settings: Any
) -> AsyncIterator[Simulation]:
    """Run a simulation in the current loop, which must be a `VirtualTimeLoop`."""
    harness = new_harness(**settings)
    simulation = Simulation(harness, seed, latency)
    try:
        yield simulation
    finally:
        await simulation.close()
        await harness.store.close()


@pytest.fixture
async def simulation() -> AsyncIterator[Simulation]:
    """A simulation without latency."""
    async with simulate() as made:
        yield made
