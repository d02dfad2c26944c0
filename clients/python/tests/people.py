"""People who use the client on the local stack."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

import httpx

from clients.python.oprina import AsyncOprina, Oprina
from clients.python.tests.broken_network import BrokenNetwork
from infra.local.simulators.agent_engine import Script
from tests.end_to_end.scene import Scene

Someone = Callable[[Scene], AbstractAsyncContextManager[AsyncOprina]]


async def soon(seconds: float) -> None:
    """Sleep a hundredth of the time."""
    await asyncio.sleep(seconds / 100)


@asynccontextmanager
async def person(
    scene: Scene,
    network: BrokenNetwork | None = None,
    *,
    sleep: Callable[[float], Awaitable[None]] = soon,
    script: Script | None = None,
    **given: Any,
) -> AsyncIterator[AsyncOprina]:
    """Yield the client of a new user, who is signed in. `script` makes the agent's replies."""
    user = scene.person()
    if script is not None:
        scene.scripts[user.uid] = script
    token = user.headers["authorization"].removeprefix("Bearer ")
    async with (
        httpx.AsyncClient(transport=network or httpx.AsyncHTTPTransport()) as http,
        AsyncOprina(
            f"{scene.local.url}/api", **{"token": token, "http": http, "sleep": sleep, **given}
        ) as client,
    ):
        yield client


class InThread:
    """The client without async, used like the other one: each call runs in a thread."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in {"chat", "all"}:
            return lambda *args, **fields: IteratedInThread(found(*args, **fields))
        return self._call(found) if callable(found) else InThread(found)

    def _call(self, method: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        async def call(*args: object, **fields: object) -> object:
            return await asyncio.to_thread(method, *args, **fields)

        return call


class IteratedInThread:
    """An iterator whose items are made in a thread. Other methods run there, too."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return InThread(self._inner)._call(found) if callable(found) else found

    def __aiter__(self) -> "IteratedInThread":
        return self

    async def __anext__(self) -> object:
        item = await asyncio.to_thread(next, self._inner, self)
        if item is self:
            raise StopAsyncIteration
        return item


@asynccontextmanager
async def person_in_thread(scene: Scene) -> AsyncIterator[AsyncOprina]:
    """Yield the client without async of a new user, to be used like the other one."""
    token = scene.person().headers["authorization"].removeprefix("Bearer ")
    with Oprina(f"{scene.local.url}/api", token) as client:
        yield cast("AsyncOprina", InThread(client))
