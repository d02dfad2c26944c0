"""ASGI in front of a simulator that makes its calls fail as switched on."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.local.simulators.fault_modes import APPLY
from infra.local.simulators.faults import ServiceFaults
from infra.local.simulators.faulty_call import FaultyCall

EXEMPT = ("/journal",)
"""Paths that never fail: they show what happened."""


class Faulty:
    """The simulator `app` of `service`, with the faults that are on for it.

    Mount it where the simulator would be: a fault's path is matched below the mount. Needs
    `infra.local.server`, which gives access to the connection that `refuse` and `reset` drop.
    """

    def __init__(self, app: ASGIApp, faults: ServiceFaults, service: str) -> None:
        self.app = app
        self.faults = faults
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call. A browser's preflight uses up no fault."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        free = scope["type"] == "lifespan" or scope.get("method") == "OPTIONS"
        if free or path.startswith(EXEMPT):
            await self.app(scope, receive, send)
        else:
            await self._serve(path, scope, *self._freezable(path, receive, send))

    async def _serve(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self.faults.match(self.service, path)
        if fault is None:
            await self.app(scope, receive, send)
            return
        call = FaultyCall(
            app=self.app,
            service=self.service,
            fault=fault,
            pace=self.faults.pace,
            scope=scope,
            receive=receive,
            send=send,
        )
        await APPLY[fault.mode](call)

    def _freezable(self, path: str, receive: Receive, send: Send) -> tuple[Receive, Send]:
        """Return `receive` and `send` that wait while the service is frozen."""

        async def receive_thawed() -> Message:
            message = await receive()
            await self.faults.wait_until_thawed(self.service, path)
            return message

        async def send_thawed(message: Message) -> None:
            await self.faults.wait_until_thawed(self.service, path)
            await send(message)

        return receive_thawed, send_thawed
