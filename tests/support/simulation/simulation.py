"""Several simulated processes over one store, one provider, one agent and one clock."""

import asyncio
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from common.app import App
from common.domain.documents import Update
from common.ports.dependencies import Dependencies
from tests.support.harness import Harness, assemble_app
from tests.support.http_call import RecordedAnswer, post
from tests.support.simulation.faults import Effect, Faults, PendingCall
from tests.support.simulation.journal import Journal
from tests.support.simulation.ports import SimulatedPort, SkewedClock
from tests.support.simulation.process import SimulatedProcess

NO_LATENCY: Mapping[str, tuple[float, float]] = {}


class Simulation:
    """`faults` decides what happens to calls; `journal` knows every call.

    `latency` gives the shortest and the longest round trip to a service, in seconds; a service that
    is not named answers at once. Everything that is random comes from `seed`.
    """

    def __init__(
        self,
        harness: Harness,
        seed: int = 0,
        latency: Mapping[str, tuple[float, float]] = NO_LATENCY,
    ) -> None:
        self.harness = harness
        self.faults = Faults()
        self.journal = Journal(effects=harness.agent.effects)
        self.processes: list[SimulatedProcess] = []
        self.latency = dict(latency)
        self.random = Random(seed)  # noqa: S311 - latencies, no secret

    def process(
        self,
        name: str = "",
        *,
        skew: float = 0.0,
        compose: Callable[[Dependencies], App] = assemble_app,
    ) -> SimulatedProcess:
        """Start a process. `skew`: seconds by which its wall clock is fast."""
        process = SimulatedProcess(name or f"process-{len(self.processes) + 1}", skew)
        ports = {
            service: SimulatedPort(port, service, process, self)
            for service, port in self.harness.ports().items()
        }
        clock = SkewedClock(self.harness.clock, skew)
        process.deps = self.harness.dependencies(**ports, clock=clock, pause=self.pause)
        process.app = compose(process.deps)
        self.processes.append(process)
        return process

    async def post(
        self, process: SimulatedProcess, function: str, body: object, request: str, **how: Any
    ) -> RecordedAnswer:
        """Send an HTTP request to a function of `process`, and note the longest silence."""
        answer = await process.run(post(process.app, function, body, **how), request)
        self.journal.silences[request] = answer.longest_silence
        return answer

    async def travel(self, service: str) -> None:
        if service in self.latency:
            await asyncio.sleep(self.random.uniform(*self.latency[service]) / 2)

    async def pause(self, number: int) -> None:
        """Wait between two tries, as the deployed functions do."""
        await asyncio.sleep(self.random.uniform(0, 0.02 * 2**number))

    async def touch(self, *paths: str) -> None:
        """Change documents as another process would: by a field that none of ours reads."""
        for path in paths:
            touched = {"touched": self.random.random()}
            await self.harness.store.inner.commit([Update(path, touched)])

    def touch_found(self) -> Effect:
        """Return an effect for a read or query: all that it found is touched before it is used."""

        async def effect(call: PendingCall) -> object:
            found = await call.happen()
            await self.touch(*(document.path for document in found if document.exists))
            return found

        return effect

    async def close(self) -> None:
        for process in self.processes:
            await process.bury()
