"""The sessions API: `{engine}/sessions`, events, and the operations that writes return."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from infra.local.simulators.agent_engine.event_resource import from_resource, to_resource
from infra.local.simulators.agent_engine.events import Event
from infra.local.simulators.agent_engine.sessions import AgentSession, parse_moment, rfc3339
from infra.local.simulators.agent_engine.state import AgentEngineState
from infra.local.simulators.google_api import GoogleError, json_body

TYPE = "type.googleapis.com/google.cloud.aiplatform.v1beta1.Session"
_CONDITION = re.compile(r'\s*([\w.]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))\s*')
_TIMESTAMP = re.compile(r'\s*timestamp\s*(>=|<=|>|<|=)\s*"([^"]*)"\s*')
LARGEST_PAGE = 100


def state_of(request: Request) -> AgentEngineState:
    """Return the simulator's state."""
    state = request.app.state.simulator
    assert isinstance(state, AgentEngineState)  # noqa: S101 - narrows what Starlette keeps as Any
    return state


def engine_name(request: Request) -> str:
    """Return the engine's resource name. Raises GoogleError(NOT_FOUND)."""
    path = request.path_params
    engines = state_of(request).engines
    if engines is not None and path["engine"] not in engines:
        raise GoogleError("NOT_FOUND", "The ReasoningEngine does not exist.")
    return (
        f"projects/{path['project']}/locations/{path['location']}/reasoningEngines/{path['engine']}"
    )


def _session_name(request: Request) -> str:
    return f"{engine_name(request)}/sessions/{request.path_params['session']}"


def _session(request: Request) -> AgentSession:
    return state_of(request).sessions.get(_session_name(request))


def _operation(state: AgentEngineState, parent: str, response: Mapping[str, Any]) -> JSONResponse:
    """Answer a long-running operation that is done, and store it."""
    now = rfc3339(state.now())
    operation = {
        "name": f"{parent}/operations/{state.new_id()}",
        "metadata": {"genericMetadata": {"createTime": now, "updateTime": now}},
        "done": True,
        "response": response,
    }
    state.operations[str(operation["name"])] = operation
    return JSONResponse(operation)


async def create(request: Request) -> JSONResponse:
    state, engine = state_of(request), engine_name(request)
    body = await json_body(request)
    state.count_session_write()
    session = state.sessions.create(engine, request.query_params.get("sessionId"), body)
    return _operation(state, session.name, {"@type": TYPE, **session.resource()})


async def list_sessions(request: Request) -> JSONResponse:
    conditions = _filter(request.query_params.get("filter", ""))
    engine = engine_name(request)
    sessions = state_of(request).sessions.of(engine)
    return _page(request, "sessions", [s.resource() for s in sessions if _fits(s, conditions)])


async def get(request: Request) -> JSONResponse:
    return JSONResponse(_session(request).resource())


async def update(request: Request) -> JSONResponse:
    """Update a session. `updateMask` is a list of field names, in either case."""
    state, name = state_of(request), _session_name(request)
    mask = request.query_params.get("updateMask")
    fields = None if mask is None else {_field(each) for each in mask.split(",") if each}
    body = await json_body(request)
    state.count_session_write()
    return JSONResponse(state.sessions.update(name, body, fields).resource())


async def delete(request: Request) -> JSONResponse:
    state, session = state_of(request), _session(request)
    state.count_session_write()
    state.sessions.delete(session.name)
    empty = {"@type": "type.googleapis.com/google.protobuf.Empty"}
    return _operation(state, session.name, empty)


async def append_event(request: Request) -> JSONResponse:
    """Append an event to a session. The answer is empty."""
    state, session = state_of(request), _session(request)
    event = from_resource(await json_body(request), state.new_id())
    state.count_append()
    session.append(event)
    return JSONResponse({})


async def list_events(request: Request) -> JSONResponse:
    session = _session(request)
    events = _in_range(session.events, request.query_params.get("filter", ""))
    shown = [to_resource(session.name, event) for event in events]
    return _page(request, "sessionEvents", shown)


async def get_operation(request: Request) -> JSONResponse:
    name = f"{request.path_params['parent']}/operations/{request.path_params['id']}"
    found = state_of(request).operations.get(name)
    if found is None:
        raise GoogleError("NOT_FOUND", f"Operation {name} is not found.")
    return JSONResponse(found)


def _field(name: str) -> str:
    head, *rest = name.strip().split("_")
    return head + "".join(part.capitalize() for part in rest)


def _filter(text: str) -> Mapping[str, str]:
    """Parse a filter of sessions: `user_id="u" AND labels.key="v"`. Quotes are optional."""
    conditions = {}
    for condition in re.split(r"\s+AND\s+", text) if text.strip() else []:
        match = _CONDITION.fullmatch(condition)
        if not match or match[1].partition(".")[0] not in {"user_id", "display_name", "labels"}:
            raise GoogleError("INVALID_ARGUMENT", f"Invalid filter: {text}")
        quoted, bare = match[2], match[3]
        conditions[match[1]] = bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    return conditions


def _fits(session: AgentSession, conditions: Mapping[str, str]) -> bool:
    fields = {
        "user_id": session.user_id,
        "display_name": session.display_name,
        **{f"labels.{key}": value for key, value in (session.labels or {}).items()},
    }
    return all(fields.get(name) == value for name, value in conditions.items())


def _in_range(events: Sequence[Event], text: str) -> list[Event]:
    """Return the events that a filter admits: `timestamp>="..." AND timestamp<"..."`.

    Raises GoogleError(INVALID_ARGUMENT).
    """
    found = list(events)
    for condition in re.split(r"\s+AND\s+", text) if text.strip() else []:
        match = _TIMESTAMP.fullmatch(condition)
        if not match:
            raise GoogleError("INVALID_ARGUMENT", f"Invalid filter: {text}")
        operator, limit = match[1], parse_moment(match[2], "filter.timestamp")
        found = [event for event in found if _holds(event["timestamp"], operator, limit)]
    return found


def _holds(moment: float, operator: str, limit: float) -> bool:
    return (
        ("=" in operator and moment == limit)
        or (operator.startswith(">") and moment > limit)
        or (operator.startswith("<") and moment < limit)
    )


def _page(request: Request, member: str, found: Sequence[Any]) -> JSONResponse:
    """Answer one page. As in protobuf's JSON, an empty list and an empty token are left out."""
    asked, token = request.query_params.get("pageSize", "0"), request.query_params.get("pageToken")
    if not asked.isdecimal() or not (token or "0").isdecimal():
        raise GoogleError("INVALID_ARGUMENT", "Request contains an invalid argument.")
    start = int(token or 0)
    end = start + min(int(asked) or LARGEST_PAGE, LARGEST_PAGE)
    page = {
        **({member: found[start:end]} if found[start:end] else {}),
        **({"nextPageToken": str(end)} if end < len(found) else {}),
    }
    return JSONResponse(page)


ENGINE = "/projects/{project}/locations/{location}/reasoningEngines/{engine}"
SESSION = f"{ENGINE}/sessions/{{session}}"
ROUTES = [
    Route(f"{ENGINE}/sessions", create, methods=["POST"]),
    Route(f"{ENGINE}/sessions", list_sessions, methods=["GET"]),
    Route(f"{SESSION}:appendEvent", append_event, methods=["POST"]),
    Route(SESSION, get, methods=["GET"]),
    Route(SESSION, update, methods=["PATCH"]),
    Route(SESSION, delete, methods=["DELETE"]),
    Route(f"{SESSION}/events", list_events, methods=["GET"]),
    Route("/{parent:path}/operations/{id}", get_operation, methods=["GET"]),
]
