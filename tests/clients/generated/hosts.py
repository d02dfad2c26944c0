"""Each function of a running stack at an address of its own, as without a domain."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.types import ASGIApp, Receive, Scope, Send

from common.app import App
from infra.local.functions import load_functions
from infra.local.server import serving
from infra.local.stack import Stack
from infra.registry import declarations


class AtItsOwnHost:
    """A function at the root of a host, with the clients and stores of a stack."""

    def __init__(self, function: ASGIApp, app: App) -> None:
        self._function = function
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._function({**scope, "oprina.app": self._app}, receive, send)


@asynccontextmanager
async def own_hosts(stack: Stack) -> AsyncIterator[Mapping[str, str]]:
    """Serve each function that users call, and yield the addresses by the functions' names."""
    internal = {name for name, each in declarations().items() if each.internal}
    async with AsyncExitStack() as running:
        yield {
            name: await running.enter_async_context(serving(AtItsOwnHost(function, stack.app)))
            for name, function in load_functions().items()
            if name not in internal
        }
