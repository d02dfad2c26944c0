"""How often which fault happens in a walk."""

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Any

from common.domain.errors import Ambiguous, Unavailable
from tests.support.simulation.faults import Effect, PendingCall


@dataclass(frozen=True)
class Conditions:
    """Probabilities: of crash, freeze and store failures for each call; of one long outage for each
    process; of an agent that refuses before it runs, for each reply."""

    crash: float = 0.0
    freeze: float = 0.0
    outage: float = 0.0
    unavailable: float = 0.0
    unconfirmed: float = 0.0
    refused: float = 0.0


CALM = Conditions()
MILD = Conditions(0.002, 0.003, 0.25, 0.02, 0.05, 0.08)
HARSH = Conditions(0.001, 0.010, 0.70, 0.05, 0.08, 0.08)
FROZEN = Conditions(0.001, 0.050, 0.50, 0.05, 0.08, 0.05)
UNCONFIRMED = Conditions(unconfirmed=0.3)
CRASHING = Conditions(crash=0.02)
MIXES = {
    "calm": CALM,
    "mild": MILD,
    "harsh": HARSH,
    "frozen": FROZEN,
    "unconfirmed": UNCONFIRMED,
    "crashing": CRASHING,
}


class Misfortune:
    """The faults of one process, drawn from the walk's random numbers."""

    def __init__(self, conditions: Conditions, random: Random, span: float) -> None:
        self._conditions = conditions
        self._random = random
        self._outage = (-1.0, -1.0)
        if random.random() < conditions.outage:
            begins = random.uniform(0, span)
            self._outage = (begins, begins + random.uniform(1, 35))

    def effect(self) -> Effect:
        """Return the effect for every call of the process."""

        async def effect(call: PendingCall) -> Any:
            chance, conditions = self._random.random(), self._conditions
            if chance < conditions.crash:
                if self._random.random() < 0.5:
                    await _quietly(call)
                call.process.die()
                return None
            # A freeze between the last look and the sending of a request cannot be told from a slow
            # network: nothing but the agent itself could refuse that request.
            if chance < conditions.crash + conditions.freeze and call.call.name != "agent.reply":
                seconds = self._random.uniform(0.5, 20)
                call.process.freeze(seconds)
                await asyncio.sleep(seconds)
            if call.call.service == "store":
                return await self._store(call)
            return await call.happen()

        return effect

    async def _store(self, call: PendingCall) -> Any:
        random, conditions, loop = self._random, self._conditions, asyncio.get_running_loop()
        is_commit = call.call.method == "commit"
        if self._outage[0] <= loop.time() < self._outage[1]:
            await asyncio.sleep(3)
            raise (Ambiguous if is_commit else Unavailable)("store", "away")
        if random.random() < conditions.unavailable:
            raise Unavailable("store", "refused")
        if is_commit and random.random() < conditions.unconfirmed:
            held, late = random.random() < 0.75, random.random() < 0.4
            if held and late:
                _later(random.uniform(0.1, 12), call)
            elif held:
                await call.happen()
            await asyncio.sleep(random.choice([0.1, 3]))
            raise Ambiguous("store", "not confirmed")
        return await call.happen()


async def _quietly(call: PendingCall) -> None:
    try:
        await call.happen()
    except Exception:  # noqa: BLE001 - the process dies: nothing of it learns of the error
        return


def _later(seconds: float, call: PendingCall) -> None:
    async def late() -> None:
        await asyncio.sleep(seconds)
        await _quietly(call)

    task = asyncio.get_running_loop().create_task(late())
    _PENDING.add(task)
    task.add_done_callback(_PENDING.discard)


_PENDING: set["asyncio.Task[None]"] = set()
