"""The app: one engine's resource, its class methods, its sessions, under v1 and v1beta1 alike."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import Send

from infra.local.simulators.agent_engine.engine import AgentEngineState
from infra.local.simulators.agent_engine.google_api import ERRORS, Bearer, GoogleError, json_body
from infra.local.simulators.agent_engine.methods import Engine, schemas
from infra.local.simulators.agent_engine.requests import Call
from infra.local.simulators.agent_engine.sessions import rfc3339
from infra.local.simulators.agent_engine.sessions_api import ENGINE, ROUTES, engine_name, world_of
from infra.local.simulators.agent_engine.turn import Broken, Turn

UNAUTHENTICATED = GoogleError(
    "UNAUTHENTICATED",
    "Request is missing required authentication credential. Expected OAuth 2 access token, login "
    "cookie or other valid authentication credential.",
)


def agent_engine_app(world: AgentEngineState) -> Starlette:
    """To be mounted where `https://{location}-aiplatform.googleapis.com` would stand."""
    routes = [
        Route(f"{ENGINE}:query", query, methods=["POST"]),
        Route(f"{ENGINE}:streamQuery", stream_query, methods=["POST"]),
        Route(ENGINE, get_engine, methods=["GET"]),
        *ROUTES,
    ]
    app = Starlette(
        routes=[Mount(f"/{version}", routes=routes) for version in ("v1", "v1beta1")],
        middleware=[Middleware(Bearer, refusal=UNAUTHENTICATED)],
        exception_handlers=ERRORS,
    )
    app.state.world = world
    return app


async def get_engine(request: Request) -> JSONResponse:
    since = rfc3339(0)
    return JSONResponse(
        {
            "name": engine_name(request),
            "displayName": "Simulated assistant",
            "createTime": since,
            "updateTime": since,
            "spec": {"agentFramework": "google-adk", "classMethods": schemas()},
        }
    )


async def query(request: Request) -> JSONResponse:
    engine = Engine(engine_name(request), world_of(request))
    call = Call.parse(await json_body(request), default="query")
    engine.world.count_query()
    return JSONResponse({"output": engine.query(call)})


async def stream_query(request: Request) -> StreamingResponse:
    """Whatever `alt` says: application/json, one JSON object a line, no end marker."""
    engine = Engine(engine_name(request), world_of(request))
    call = Call.parse(await json_body(request), default="stream_query")
    engine.world.count_query()
    return Lines(engine.turn(call))


class Lines(StreamingResponse):
    """A turn's events, a line each. A script that breaks leaves the body without its end."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.lines = self._encoded()
        super().__init__(self.lines, media_type="application/json")

    async def stream_response(self, send: Send) -> None:
        world = self.turn.world
        world.turns += 1
        world.open_streams += 1
        whole = False
        try:
            async with aclosing(self.lines):
                await super().stream_response(send)
            whole = True
        except Broken:  # uvicorn closes the connection of an app that returns without an end
            whole = True
        finally:
            world.open_streams -= 1
            world.cut_short += not whole

    async def _encoded(self) -> AsyncGenerator[bytes, None]:
        async with aclosing(self.turn.events()) as events:
            async for event in events:
                yield json.dumps(event, ensure_ascii=False).encode() + b"\n"
