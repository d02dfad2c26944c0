"""The sessions API: `{engine}/sessions`, its events, and the operations that its writes become."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from infra.local.simulators.agent_engine.engine import AgentEngineState
from infra.local.simulators.agent_engine.events import Event
from infra.local.simulators.agent_engine.google_api import GoogleError, json_body
from infra.local.simulators.agent_engine.sessions import Session, rfc3339

TYPE = "type.googleapis.com/google.cloud.aiplatform.v1beta1.Session"
_CONDITION = re.compile(r'\s*([\w.]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))\s*')
MOST_A_PAGE = 100


def world_of(request: Request) -> AgentEngineState:
    world = request.app.state.world
    assert isinstance(world, AgentEngineState)  # noqa: S101 - narrows what Starlette keeps as Any
    return world


def engine_name(request: Request) -> str:
    """The engine's resource name; raises GoogleError(NOT_FOUND) if the world has no such engine."""
    path = request.path_params
    engines = world_of(request).engines
    if engines is not None and path["engine"] not in engines:
        raise GoogleError("NOT_FOUND", "The ReasoningEngine does not exist.")
    return (
        f"projects/{path['project']}/locations/{path['location']}/reasoningEngines/{path['engine']}"
    )


def _session(request: Request) -> Session:
    name = f"{engine_name(request)}/sessions/{request.path_params['session']}"
    return world_of(request).sessions.get(name)


def _done(world: AgentEngineState, parent: str, response: Mapping[str, Any]) -> JSONResponse:
    """A long-running operation that has ended before it is answered."""
    now = rfc3339(world.now())
    operation = {
        "name": f"{parent}/operations/{world.new_id()}",
        "metadata": {"genericMetadata": {"createTime": now, "updateTime": now}},
        "done": True,
        "response": response,
    }
    world.operations[str(operation["name"])] = operation
    return JSONResponse(operation)


async def create(request: Request) -> JSONResponse:
    world, engine = world_of(request), engine_name(request)
    body = await json_body(request)
    world.count_session_write()
    session = world.sessions.create(engine, request.query_params.get("sessionId"), body)
    return _done(world, session.name, {"@type": TYPE, **session.resource()})


async def list_sessions(request: Request) -> JSONResponse:
    matches = _filter(request.query_params.get("filter", ""))
    engine = engine_name(request)
    found = [s.resource() for s in world_of(request).sessions.of(engine) if _holds(s, matches)]
    return _page(request, "sessions", found)


async def get(request: Request) -> JSONResponse:
    return JSONResponse(_session(request).resource())


async def delete(request: Request) -> JSONResponse:
    world, session = world_of(request), _session(request)
    world.count_session_write()
    world.sessions.delete(session.name)
    empty = {"@type": "type.googleapis.com/google.protobuf.Empty"}
    return _done(world, session.name, empty)


async def list_events(request: Request) -> JSONResponse:
    session = _session(request)
    shown = [event_resource(session.name, event) for event in session.events]
    return _page(request, "sessionEvents", shown)


async def operation(request: Request) -> JSONResponse:
    name = f"{request.path_params['parent']}/operations/{request.path_params['id']}"
    found = world_of(request).operations.get(name)
    if found is None:
        raise GoogleError("NOT_FOUND", f"Operation {name} is not found.")
    return JSONResponse(found)


def event_resource(session: str, event: Event) -> dict[str, Any]:
    """An ADK event as the REST API shows it: camelCase, but for what tools are told and say."""
    members = {
        "name": f"{session}/events/{event['id']}",
        "author": event["author"],
        "invocationId": event["invocation_id"],
        "timestamp": rfc3339(event["timestamp"]),
        "content": _content(event["content"]) if "content" in event else None,
        "errorCode": event.get("error_code"),
        "errorMessage": event.get("error_message"),
        "actions": {"stateDelta": event["actions"]["state_delta"]},
    }
    return {key: value for key, value in members.items() if value is not None}


def _content(content: Mapping[str, Any]) -> dict[str, Any]:
    names = {"function_call": "functionCall", "function_response": "functionResponse"}
    parts = [{names.get(key, key): value for key, value in p.items()} for p in content["parts"]]
    return {"role": content["role"], "parts": parts}


def _filter(text: str) -> Mapping[str, str]:
    """`user_id="u" AND labels.key="v"`; values may stand without quotes, as on Google's pages."""
    conditions = {}
    for condition in re.split(r"\s+AND\s+", text) if text.strip() else []:
        match = _CONDITION.fullmatch(condition)
        if not match or match[1].partition(".")[0] not in {"user_id", "display_name", "labels"}:
            raise GoogleError("INVALID_ARGUMENT", f"Invalid filter: {text}")
        quoted, bare = match[2], match[3]
        conditions[match[1]] = bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    return conditions


def _holds(session: Session, conditions: Mapping[str, str]) -> bool:
    has = {
        "user_id": session.user_id,
        "display_name": session.display_name,
        **{f"labels.{key}": value for key, value in (session.labels or {}).items()},
    }
    return all(has.get(name) == value for name, value in conditions.items())


def _page(request: Request, member: str, found: Sequence[Any]) -> JSONResponse:
    """An empty page is `{}`, and the last one has no token, as protobuf's JSON leaves them out."""
    asked, token = request.query_params.get("pageSize", "0"), request.query_params.get("pageToken")
    if not asked.isdecimal() or not (token or "0").isdecimal():
        raise GoogleError("INVALID_ARGUMENT", "Request contains an invalid argument.")
    start = int(token or 0)
    end = start + min(int(asked) or MOST_A_PAGE, MOST_A_PAGE)
    page = {
        **({member: found[start:end]} if found[start:end] else {}),
        **({"nextPageToken": str(end)} if end < len(found) else {}),
    }
    return JSONResponse(page)


ENGINE = "/projects/{project}/locations/{location}/reasoningEngines/{engine}"
ROUTES = [
    Route(f"{ENGINE}/sessions", create, methods=["POST"]),
    Route(f"{ENGINE}/sessions", list_sessions, methods=["GET"]),
    Route(f"{ENGINE}/sessions/{{session}}", get, methods=["GET"]),
    Route(f"{ENGINE}/sessions/{{session}}", delete, methods=["DELETE"]),
    Route(f"{ENGINE}/sessions/{{session}}/events", list_events, methods=["GET"]),
    Route("/{parent:path}/operations/{id}", operation, methods=["GET"]),
]
