"""Events of a turn in the form in which ADK writes them: snake_case, without nulls."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.simulators.agent_engine.assistant.steps import Line, ToolRun
from infra.local.simulators.agent_engine.sessions import drop_temporary
from infra.local.simulators.agent_engine.state import AgentEngineState

AUTHOR = "assistant"
MODEL = "simulated-1"
INSTRUCTION_TOKENS = 64
"""Tokens that the agent's own instruction adds to every prompt."""

Event = dict[str, Any]
Part = Mapping[str, Any]

_UNSPACED = "\u3040-\u30ff\u3400-\u9fff"  # scripts without spaces: a character is a token
_TOKEN = re.compile(rf"\s*(?:[{_UNSPACED}]|[^\W{_UNSPACED}]+|[^\w\s])|\s+")


def tokens(text: str) -> list[str]:
    """Split a text into tokens. White space belongs to the token that follows it."""
    return _TOKEN.findall(text)


def count(parts: Sequence[Part]) -> int:
    """Return the number of tokens of some parts."""
    return sum(len(tokens(part.get("text") or json.dumps(part))) for part in parts)


def prompt_tokens(events: Sequence[Event]) -> int:
    """Return the tokens of a prompt: the instruction and the session so far."""
    parts = [event.get("content", {}).get("parts", []) for event in events]
    return INSTRUCTION_TOKENS + sum(map(count, parts))


def usage(prompt: int, parts: Sequence[Part]) -> dict[str, int]:
    """Return the `usage_metadata` of a model message."""
    candidates = count(parts)
    return {
        "prompt_token_count": prompt,
        "candidates_token_count": candidates,
        "total_token_count": prompt + candidates,
    }


def lines(events: Sequence[Event]) -> Iterator[Line]:
    """Yield the messages of a session, without tool calls and errors."""
    for event in events:
        content = event.get("content", {})
        text = "".join(part.get("text", "") for part in content.get("parts", []))
        if text:
            yield Line("user" if content.get("role") == "user" else "model", text)


@dataclass(frozen=True)
class EventFactory:
    """Makes the events of one invocation. All of them carry its id."""

    id: str
    state: AgentEngineState

    def user(self, parts: Sequence[Part], state_delta: Mapping[str, Any]) -> Event:
        """Make the event of the user's message."""
        event = self._event("user", {"role": "user", "parts": list(parts)})
        event["actions"]["state_delta"] = drop_temporary(state_delta)
        return event

    def delta(self, part: Part) -> Event:
        """Make the event of one delta."""
        return self._event(AUTHOR, _model([part])) | {"partial": True, "model_version": MODEL}

    def whole(self, parts: Sequence[Part], *, streaming: bool, counted: Mapping[str, int]) -> Event:
        """Make the event of a whole model message."""
        event = self._event(AUTHOR, _model(parts)) | end_of_message(counted)
        return event | ({"partial": False} if streaming else {})

    def tool_response(self, call_id: str, run: ToolRun) -> Event:
        """Make the event of a tool's response."""
        response = {"id": call_id, "name": run.name, "response": dict(run.response)}
        return self._event(AUTHOR, {"role": "user", "parts": [{"function_response": response}]})

    def error(self, code: str, message: str) -> Event:
        """Make the event of an error of the model."""
        return self._event(AUTHOR, None) | {"error_code": code, "error_message": message}

    def _event(self, author: str, content: Mapping[str, Any] | None) -> Event:
        actions: dict[str, Any] = {
            "state_delta": {},
            "artifact_delta": {},
            "requested_auth_configs": {},
        }
        event = {
            "content": content,
            "invocation_id": self.id,
            "author": author,
            "actions": actions,
            "id": self.state.new_id(),
            "timestamp": self.state.now(),
        }
        return {key: value for key, value in event.items() if value is not None}


def end_of_message(counted: Mapping[str, int]) -> Event:
    """Return the fields of a model message's last delta, and of the whole message."""
    return {"usage_metadata": dict(counted), "finish_reason": "STOP", "model_version": MODEL}


def _model(parts: Sequence[Part]) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts)}
