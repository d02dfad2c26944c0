"""The simulator's routes: the engine, its class methods and sessions, and the journal of effects."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import Send

from infra.local.simulators.agent_engine.arguments import MethodCall
from infra.local.simulators.agent_engine.events import Event
from infra.local.simulators.agent_engine.methods import Engine, schemas
from infra.local.simulators.agent_engine.sessions import rfc3339
from infra.local.simulators.agent_engine.sessions_api import ENGINE, ROUTES, engine_name, state_of
from infra.local.simulators.agent_engine.state import AgentEngineState
from infra.local.simulators.agent_engine.turn import ConnectionCut
from infra.local.simulators.google_api import ERRORS, Bearer, GoogleError, json_body

UNAUTHENTICATED = GoogleError(
    "UNAUTHENTICATED",
    "Request is missing required authentication credential. Expected OAuth 2 access token, login "
    "cookie or other valid authentication credential.",
)


def agent_engine_app(state: AgentEngineState) -> Starlette:
    """Return the app to mount in place of `https://{location}-aiplatform.googleapis.com`.

    `GET /effects` lists the effects of the agent's tools; `DELETE /effects` forgets them.
    """
    routes = [
        Route(f"{ENGINE}:query", query, methods=["POST"]),
        Route(f"{ENGINE}:streamQuery", stream_query, methods=["POST"]),
        Route(ENGINE, get_engine, methods=["GET"]),
        *ROUTES,
    ]
    bearer = [Middleware(Bearer, refusal=UNAUTHENTICATED)]
    app = Starlette(
        routes=[
            Route("/effects", list_effects, methods=["GET"]),
            Route("/effects", clear_effects, methods=["DELETE"]),
            *(Mount(f"/{v}", routes=routes, middleware=bearer) for v in ("v1", "v1beta1")),
        ],
        exception_handlers=ERRORS,
    )
    app.state.simulator = state
    return app


async def list_effects(request: Request) -> JSONResponse:
    return JSONResponse({"effects": state_of(request).effects.as_json()})


async def clear_effects(request: Request) -> Response:
    state_of(request).effects.clear()
    return Response(status_code=204)


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
    engine = Engine(engine_name(request), state_of(request))
    call = MethodCall.parse(await json_body(request), default="query")
    engine.state.count_query()
    return JSONResponse({"output": engine.query(call)})


async def stream_query(request: Request) -> StreamingResponse:
    """Stream application/json, one JSON object per line, whatever `alt` says."""
    engine = Engine(engine_name(request), state_of(request))
    call = MethodCall.parse(await json_body(request), default="stream_query")
    engine.state.count_query()
    return EventLines(engine.state, engine.stream(call))


class EventLines(StreamingResponse):
    """The events of a turn, one per line. `ConnectionCut` leaves the body without its end."""

    def __init__(self, state: AgentEngineState, events: AsyncGenerator[Event, None]) -> None:
        self.state = state
        self.events = events
        self.lines = self._encode()
        super().__init__(self.lines, media_type="application/json")

    async def stream_response(self, send: Send) -> None:
        state = self.state
        state.turns += 1
        state.open_streams += 1
        whole = False
        try:
            async with aclosing(self.lines):
                await super().stream_response(send)
            whole = True
        except ConnectionCut:  # uvicorn closes the connection of an app that returns without an end
            whole = True
        finally:
            state.open_streams -= 1
            state.cut_short += not whole

    async def _encode(self) -> AsyncGenerator[bytes, None]:
        async with aclosing(self.events) as events:
            async for event in events:
                yield json.dumps(event, ensure_ascii=False).encode() + b"\n"
