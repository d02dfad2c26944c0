"""People who use the client on the local stack."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from clients.python.oprina import AsyncOprina
from clients.python.tests.broken_network import BrokenNetwork
from tests.end_to_end.scene import Scene


async def soon(seconds: float) -> None:
    """Sleep a hundredth of the time."""
    await asyncio.sleep(seconds / 100)


@asynccontextmanager
async def person(
    scene: Scene,
    network: BrokenNetwork | None = None,
    *,
    sleep: Callable[[float], Awaitable[None]] = soon,
    **given: Any,
) -> AsyncIterator[AsyncOprina]:
    """Yield the client of a new user, who is signed in."""
    user = scene.person()
    token = user.headers["authorization"].removeprefix("Bearer ")
    async with (
        httpx.AsyncClient(transport=network or httpx.AsyncHTTPTransport()) as http,
        AsyncOprina(
            f"{scene.local.url}/api", **{"token": token, "http": http, "sleep": sleep, **given}
        ) as client,
    ):
        yield client
