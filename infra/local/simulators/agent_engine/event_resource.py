"""A session's events in the form of the REST API (SessionEvent), and back."""

import re
from collections.abc import Mapping
from typing import Any

from infra.local.simulators.agent_engine.sessions import parse_moment, rfc3339
from infra.local.simulators.google_api import GoogleError

_EVENT = {
    *("name", "author", "content", "invocationId", "actions", "timestamp"),
    *("errorCode", "errorMessage", "eventMetadata", "rawEvent"),
}
_ACTIONS = {
    *("skipSummarization", "stateDelta", "artifactDelta", "escalate", "requestedAuthConfigs"),
    *("transferAgent", "transferToAgent"),
}
_METADATA = {
    *("groundingMetadata", "partial", "turnComplete", "interrupted", "longRunningToolIds"),
    *("branch", "customMetadata", "inputTranscription", "outputTranscription"),
}
_CONTENT = {"role", "parts"}
_PART = {
    *("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode"),
    *("codeExecutionResult", "thought", "thoughtSignature", "videoMetadata", "mediaResolution"),
}
"""Fields of each message of the API (aiplatform v1beta1 SessionEvent). It refuses others."""


def to_resource(session: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an ADK event as a SessionEvent of the session with resource name `session`.

    Names are camelCase, except in the arguments and responses of tools.
    """
    actions = {_camel(key): value for key, value in event.get("actions", {}).items() if value}
    members = {
        "name": f"{session}/events/{event['id']}",
        "author": event["author"],
        "invocationId": event["invocation_id"],
        "timestamp": rfc3339(event["timestamp"]),
        "content": _content_resource(event["content"]) if "content" in event else None,
        "errorCode": event.get("error_code"),
        "errorMessage": event.get("error_message"),
        "actions": {"stateDelta": {}, **actions},
        "eventMetadata": event.get("event_metadata"),
        "rawEvent": event.get("raw_event"),
    }
    return {key: value for key, value in members.items() if value is not None}


def from_resource(body: Mapping[str, Any], event_id: str) -> dict[str, Any]:
    """Return the ADK event of a SessionEvent that a client appends.

    Names may be camelCase or snake_case. Raises GoogleError(INVALID_ARGUMENT) for a field that the
    API does not have, and for a required one that is missing.
    """
    event = _fields(body, _EVENT, "event")
    for name in ("author", "invocationId", "timestamp"):
        if not event.get(name):
            raise GoogleError("INVALID_ARGUMENT", f"Required field event.{name} is not set.")
    actions = _fields(event.get("actions") or {}, _ACTIONS, "event.actions")
    metadata = _fields(event.get("eventMetadata") or {}, _METADATA, "event.event_metadata")
    members = {
        "content": _content_event(event["content"]) if event.get("content") else None,
        "invocation_id": event["invocationId"],
        "author": event["author"],
        "actions": {"state_delta": {}, **{_snake(key): value for key, value in actions.items()}},
        "id": event_id,
        "timestamp": parse_moment(str(event["timestamp"]), "event.timestamp"),
        "error_code": event.get("errorCode"),
        "error_message": event.get("errorMessage"),
        "event_metadata": metadata or None,
        "raw_event": event.get("rawEvent"),
    }
    return {key: value for key, value in members.items() if value is not None}


def _fields(message: Any, known: set[str], at: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
    if not isinstance(message, Mapping):
        raise GoogleError("INVALID_ARGUMENT", f"Invalid value at '{at}'.")
    for name in message:
        if _camel(name) not in known:
            unknown = f"Invalid JSON payload received. Unknown name \"{name}\" at '{at}'"
            raise GoogleError("INVALID_ARGUMENT", f"{unknown}: Cannot find field.")
    return {_camel(name): value for name, value in message.items() if value is not None}


def _content_resource(content: Mapping[str, Any]) -> dict[str, Any]:
    parts = [{_camel(key): value for key, value in part.items()} for part in content["parts"]]
    return {**({"role": content["role"]} if "role" in content else {}), "parts": parts}


def _content_event(content: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    found = _fields(content, _CONTENT, "event.content")
    parts = [
        _fields(part, _PART, f"event.content.parts[{number}]")
        for number, part in enumerate(found.get("parts", []))
    ]
    snake = [{_snake(key): value for key, value in part.items()} for part in parts]
    return {**({"role": found["role"]} if "role" in found else {}), "parts": snake}


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name)
