"""How busy the machine is, for bounds on real time that must hold on any machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

TICK_SECONDS = 0.01


@dataclass
class Delay:
    """Seconds by which timers of the event loop were late: other processes had the processor."""

    seconds: float = 0.0


@asynccontextmanager
async def measure_delay() -> AsyncIterator[Delay]:
    """Yield the delay of the running loop, which grows until the end of the block."""
    delay = Delay()
    ticking = asyncio.create_task(_tick(delay))
    try:
        yield delay
    finally:
        ticking.cancel()
        await asyncio.wait({ticking})


@asynccontextmanager
async def at_most(seconds: float) -> AsyncIterator[None]:
    """Fail if the block takes longer, apart from the delay by a busy machine."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with measure_delay() as delay:
        yield
        took = loop.time() - begun
    assert took - delay.seconds <= seconds, f"{took:.2f} s, delayed by {delay.seconds:.2f} s"


async def _tick(delay: Delay) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + TICK_SECONDS
        await asyncio.sleep(TICK_SECONDS)
        delay.seconds += loop.time() - due
