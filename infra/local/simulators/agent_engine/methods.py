"""The class methods of the engine: what `:query` and `:streamQuery` can name, and their schemas."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.simulators.agent_engine.engine import AgentEngineState
from infra.local.simulators.agent_engine.google_api import GoogleError
from infra.local.simulators.agent_engine.requests import Call, execution_failed
from infra.local.simulators.agent_engine.sessions import Session
from infra.local.simulators.agent_engine.turn import Turn


@dataclass(frozen=True)
class Engine:
    """One reasoning engine: its full resource name, and the world that it lives in."""

    name: str
    world: AgentEngineState

    def query(self, call: Call) -> Any:  # noqa: ANN401 - what a method returns is any JSON
        method = QUERIES.get(call.method)
        if method is None:
            raise execution_failed(f"Method `{call.method}` not found.")
        return method(self, call)

    def turn(self, call: Call) -> Turn:
        """Raises GoogleError before anything is streamed."""
        if call.method not in STREAMS:
            raise execution_failed(f"Method `{call.method}` not found.")
        return Turn(
            world=self.world,
            parts=call.message(),
            session=self._session_for_turn(call),
            state_delta=call.mapping("state_delta"),
            streaming=call.streaming(),
        )

    def session(self, call: Call) -> Session:
        """The user's own session. Somebody else's is as unknown as a missing one."""
        name = f"{self.name}/sessions/{call.text('session_id')}"
        session = self.world.sessions.find(name)
        if session is None or session.user_id != call.text("user_id"):
            why = "Exception: Session not found. Please create it using .create_session()"
            raise execution_failed(why)
        return session

    def create_session(self, call: Call) -> Session:
        fields = {
            "userId": call.text("user_id"),
            "sessionState": call.mapping("state"),
            "ttl": call.optional("ttl"),
            "expireTime": call.optional("expire_time"),
        }
        self.world.count_session_write()
        return self.world.sessions.create(self.name, call.optional("session_id"), fields)

    def sessions_of(self, user_id: str) -> list[Session]:
        return [s for s in self.world.sessions.of(self.name) if s.user_id == user_id]

    def _session_for_turn(self, call: Call) -> Session:
        user_id, wanted = call.text("user_id"), call.optional("session_id")
        name = f"{self.name}/sessions/{wanted}"
        session = self.world.sessions.find(name) if wanted else None
        if session and session.user_id == user_id:
            return session
        if wanted is None or (session is None and self.world.unknown_session == "fresh"):
            return self.world.sessions.create(self.name, wanted, {"userId": user_id})
        raise GoogleError("NOT_FOUND", f"Session not found: {wanted}")


def _create(engine: Engine, call: Call) -> Any:  # noqa: ANN401 - JSON
    try:
        return engine.create_session(call).dump(events=True)
    except GoogleError as error:
        if error.status == "RESOURCE_EXHAUSTED":
            raise
        raise execution_failed(f"Exception: {error.message}") from None


def _get(engine: Engine, call: Call) -> Any:  # noqa: ANN401 - JSON
    return engine.session(call).dump(events=True)


def _list(engine: Engine, call: Call) -> Any:  # noqa: ANN401 - JSON
    sessions = engine.sessions_of(call.text("user_id"))
    return {"sessions": [session.dump(events=False) for session in sessions]}


def _delete(engine: Engine, call: Call) -> None:
    session = engine.session(call)
    engine.world.count_session_write()
    engine.world.sessions.delete(session.name)


_ON_SESSIONS: Mapping[str, Callable[[Engine, Call], Any]] = {
    "create_session": _create,
    "get_session": _get,
    "list_sessions": _list,
    "delete_session": _delete,
}
QUERIES = {**_ON_SESSIONS, **{f"async_{name}": method for name, method in _ON_SESSIONS.items()}}
STREAMS = ("stream_query", "async_stream_query")


def schemas() -> list[dict[str, Any]]:
    """`spec.classMethods`: what Google's client makes an engine's methods from."""
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


def _schema(name: str, mode: str) -> dict[str, Any]:
    required, optional = _ARGUMENTS[name.removeprefix("async_")]
    properties = {
        **{argument: {"type": "string"} for argument in required},
        **{argument: dict(_OPTIONAL[argument]) for argument in optional},
    }
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    about = f"{name} of the simulated assistant."
    return {"name": name, "api_mode": mode, "description": about, "parameters": parameters}
