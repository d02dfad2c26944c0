"""A small service behind injected faults, and what the fault tests share."""

from collections.abc import AsyncIterator
from typing import Any

from anyio import fail_after
from anyio.lowlevel import checkpoint
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from infra.local.simulators.faults import Mode, Pace, ServiceFault, ServiceFaults, fault_routes
from infra.local.simulators.faulty import Faulty

MOUNT = "/simulators/liveavatar"
QUICK = Pace(late_seconds=0.001, drip_seconds=0.0)


class CountingService:
    """Counts the calls that reach it, keeps the bodies and the websocket messages it was sent."""

    def __init__(self) -> None:
        self.reached = 0
        self.journal = 0
        self.bodies: list[bytes] = []
        self.messages: list[str] = []
        self.closed = 0

    async def thing(self, request: Request) -> Response:
        self.reached += 1
        self.bodies.append(await request.body())
        return JSONResponse({"thing": "x" * 100, "sent": len(self.bodies[-1])})

    async def stream(self, _: Request) -> Response:
        self.reached += 1
        return StreamingResponse(self._lines(), media_type="application/json")

    async def _lines(self) -> AsyncIterator[str]:
        for number in range(4):
            yield f'{{"number": {number}}}\n'

    async def look(self, _: Request) -> Response:
        self.journal += 1
        return JSONResponse({})

    async def talk(self, websocket: WebSocket) -> None:
        """Send three numbers, then echo. The message `close` closes the websocket."""
        self.reached += 1
        await websocket.accept()
        try:
            for number in range(3):
                await websocket.send_json({"number": number})
            while (text := await websocket.receive_text()) != "close":
                self.messages.append(text)
                await websocket.send_text(text)
            await websocket.close()
        except WebSocketDisconnect:
            return
        finally:
            self.closed += 1

    def app(self, faults: ServiceFaults, name: str = "liveavatar") -> Starlette:
        routes = [
            Route("/v1/thing", self.thing, methods=["GET", "POST"]),
            Route("/v1/engine:streamQuery", self.stream, methods=["POST"]),
            Route("/journal", self.look),
            WebSocketRoute("/ws/{session}", self.talk),
        ]
        mount = Mount(MOUNT, app=Faulty(Starlette(routes=routes), faults, name))
        return Starlette(routes=[*fault_routes(faults), mount])


def switch_on(faults: ServiceFaults, mode: Mode, path: str = "", **fields: Any) -> None:
    faults.add(ServiceFault(**{"service": "liveavatar", "path": path, "mode": mode, **fields}))


async def until_taken(faults: ServiceFaults) -> None:
    """Wait until every fault has hit its calls."""
    with fail_after(60):
        while faults.active():
            await checkpoint()


async def until_reached(service: CountingService, count: int = 1) -> None:
    with fail_after(60):
        while service.reached < count:
            await checkpoint()
