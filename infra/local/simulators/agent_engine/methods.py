"""Class methods of an engine, called by `:query` and `:streamQuery`, and their schemas."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.simulators.agent_engine.arguments import (
    CREATE,
    MethodCall,
    StreamArguments,
    StreamFailure,
    execution_failed,
)
from infra.local.simulators.agent_engine.events import Event
from infra.local.simulators.agent_engine.lost_session import lost_session_lines
from infra.local.simulators.agent_engine.sessions import AgentSession
from infra.local.simulators.agent_engine.state import AgentEngineState
from infra.local.simulators.agent_engine.turn import SimulatedTurn
from infra.local.simulators.google_api import GoogleError


@dataclass(frozen=True)
class Engine:
    """One reasoning engine. `name` is its full resource name."""

    name: str
    state: AgentEngineState

    def query(self, call: MethodCall) -> Any:  # noqa: ANN401 - a method returns any JSON
        """Call a method that answers once. Raises GoogleError."""
        method = QUERIES.get(call.method)
        if method is None:
            raise execution_failed(f"Method `{call.method}` not found.")
        return method(self, call)

    def stream(self, call: MethodCall) -> AsyncGenerator[Event, None]:
        """Call a method that streams and return its events.

        Raises GoogleError for an error before the stream begins.
        """
        if call.method not in STREAMS:
            raise execution_failed(f"Method `{call.method}` not found.")
        call.require("message", "user_id")
        arguments = StreamArguments(call)
        try:
            parts = arguments.parts()
            arguments.check()
            session = self._session_for_turn(call)
        except StreamFailure as failure:
            return _lines([failure.line()])
        if session is None:
            name = self.session_name(call.text("session_id"))
            return _lines(lost_session_lines(self.state.lost_session, name))
        return SimulatedTurn(
            state=self.state,
            parts=parts,
            session=session,
            state_delta=call.mapping("state_delta"),
            streaming=arguments.streaming(),
        ).events()

    def session_name(self, session_id: str) -> str:
        """Return the resource name of a session."""
        return f"{self.name}/sessions/{session_id}"

    def find_session(self, call: MethodCall) -> AgentSession | None:
        """Return the session that the call names, if it exists.

        Raises GoogleError if it belongs to another user.
        """
        user_id, session_id = call.text("user_id"), call.text("session_id")
        session = self.state.sessions.find(self.session_name(session_id))
        if session and session.user_id != user_id:
            raise execution_failed(f"ValueError: {_foreign(session_id, user_id)}")
        return session

    def create_session(self, call: MethodCall) -> AgentSession:
        """Create a session. Raises GoogleError."""
        fields = {
            "userId": call.text("user_id"),
            "sessionState": call.mapping("state"),
            "ttl": call.optional("ttl"),
            "expireTime": call.optional("expire_time"),
            "displayName": call.optional("display_name"),
            "labels": call.mapping("labels") or None,
        }
        self.state.count_session_write()
        return self.state.sessions.create(self.name, call.optional("session_id"), fields)

    def sessions_of(self, user_id: str) -> list[AgentSession]:
        """Return the user's sessions, oldest first."""
        return [s for s in self.state.sessions.of(self.name) if s.user_id == user_id]

    def _session_for_turn(self, call: MethodCall) -> AgentSession | None:
        """Return the turn's session: the named one, or a new one. None: it is lost.

        Raises StreamFailure if it belongs to another user.
        """
        user_id, wanted = call.text("user_id"), call.optional("session_id")
        session = self.state.sessions.find(self.session_name(wanted)) if wanted else None
        if session is None:
            if wanted is None or self.state.lost_session == "fresh":
                return self.state.sessions.create(self.name, wanted, {"userId": user_id})
            return None
        if session.user_id != user_id:
            raise StreamFailure(_foreign(session.id, user_id))
        return session


def _foreign(session_id: str, user_id: str) -> str:
    return f"Session {session_id} does not belong to user {user_id}."


async def _lines(lines: Iterable[Mapping[str, Any]]) -> AsyncGenerator[Event, None]:
    for line in lines:
        yield dict(line)


def _create(engine: Engine, call: MethodCall) -> Any:  # noqa: ANN401 - JSON
    call.require("user_id")
    call.refuse_others("user_id", "session_id", "state", *CREATE, function=call.method)
    try:
        return engine.create_session(call).dump(events=True)
    except GoogleError as error:
        if error.status == "RESOURCE_EXHAUSTED":
            raise
        raise execution_failed(f"Exception: {error.message}") from None


def _get(engine: Engine, call: MethodCall) -> Any:  # noqa: ANN401 - JSON
    call.require("user_id", "session_id")
    call.refuse_others("user_id", "session_id", "config", function="get_session")
    session = engine.find_session(call)
    if session is None:
        why = "Session not found. Please create it using .create_session()"
        raise execution_failed(f"RuntimeError: {why}")
    return session.dump(events=True)


def _list(engine: Engine, call: MethodCall) -> Any:  # noqa: ANN401 - JSON
    call.require("user_id")
    call.refuse_others("user_id", function="list_sessions")
    sessions = engine.sessions_of(call.text("user_id"))
    return {"sessions": [session.dump(events=False) for session in sessions]}


def _delete(engine: Engine, call: MethodCall) -> None:
    """Delete a session. A session that does not exist is no error."""
    call.require("user_id", "session_id")
    call.refuse_others("user_id", "session_id", function="delete_session")
    session = engine.find_session(call)
    if session:
        engine.state.count_session_write()
        engine.state.sessions.delete(session.name)


_ON_SESSIONS: Mapping[str, Callable[[Engine, MethodCall], Any]] = {
    "create_session": _create,
    "get_session": _get,
    "list_sessions": _list,
    "delete_session": _delete,
}
QUERIES = {**_ON_SESSIONS, **{f"async_{name}": method for name, method in _ON_SESSIONS.items()}}
STREAMS = ("stream_query", "async_stream_query")


def schemas() -> list[dict[str, Any]]:
    """Return `spec.classMethods`, from which Google's client makes an engine's methods."""
    return [
        *(_schema(name, "async" if name.startswith("async_") else "") for name in QUERIES),
        _schema("stream_query", "stream"),
        _schema("async_stream_query", "async_stream"),
    ]


_OPTIONAL: Mapping[str, Mapping[str, Any]] = {
    "session_id": {"type": "string", "nullable": True},
    "state": {"type": "object", "nullable": True},
    "run_config": {"type": "object", "nullable": True},
}
_ARGUMENTS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "create_session": (["user_id"], ["session_id", "state"]),
    "get_session": (["user_id", "session_id"], []),
    "list_sessions": (["user_id"], []),
    "delete_session": (["user_id", "session_id"], []),
    "stream_query": (["message", "user_id"], ["session_id", "run_config"]),
}
"""Required and optional arguments of each method."""


def _schema(name: str, mode: str) -> dict[str, Any]:
    required, optional = _ARGUMENTS[name.removeprefix("async_")]
    properties = {
        **{argument: {"type": "string"} for argument in required},
        **{argument: dict(_OPTIONAL[argument]) for argument in optional},
    }
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    about = f"{name} of the simulated assistant."
    return {"name": name, "api_mode": mode, "description": about, "parameters": parameters}
