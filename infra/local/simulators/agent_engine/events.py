"""The events of one turn, in the shape in which ADK writes them: snake_case, nulls left out."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.simulators.agent_engine.engine import AgentEngineState
from infra.local.simulators.agent_engine.sessions import lasting
from infra.local.simulators.agent_engine.steps import Line, ToolCall

AUTHOR = "assistant"
MODEL = "simulated-1"
INSTRUCTION_TOKENS = 64
"""What the agent's own instruction adds to every prompt."""

Event = dict[str, Any]
Part = Mapping[str, Any]

_ALONE = "\u3040-\u30ff\u3400-\u9fff"  # scripts without spaces: a character is a token
_TOKEN = re.compile(rf"\s*(?:[{_ALONE}]|[^\W{_ALONE}]+|[^\w\s])|\s+")


def tokens(text: str) -> list[str]:
    """Joined again they are the text; white space goes with the token that follows it."""
    return _TOKEN.findall(text)


def count(parts: Sequence[Part]) -> int:
    return sum(len(tokens(part.get("text") or json.dumps(part))) for part in parts)


def prompt_tokens(events: Sequence[Event]) -> int:
    """A prompt is the instruction and all that was said in the session so far."""
    parts = [event.get("content", {}).get("parts", []) for event in events]
    return INSTRUCTION_TOKENS + sum(map(count, parts))


def usage(prompt: int, parts: Sequence[Part]) -> dict[str, int]:
    candidates = count(parts)
    return {
        "prompt_token_count": prompt,
        "candidates_token_count": candidates,
        "total_token_count": prompt + candidates,
    }


def lines(events: Sequence[Event]) -> Iterator[Line]:
    """What was said, without tools and errors."""
    for event in events:
        content = event.get("content", {})
        text = "".join(part.get("text", "") for part in content.get("parts", []))
        if text:
            yield Line("user" if content["role"] == "user" else "model", text)


@dataclass(frozen=True)
class Invocation:
    """Makes the events of one turn; all of them carry its id."""

    id: str
    world: AgentEngineState

    def user(self, parts: Sequence[Part], state_delta: Mapping[str, Any]) -> Event:
        event = self._event("user", {"role": "user", "parts": list(parts)})
        event["actions"]["state_delta"] = lasting(state_delta)
        return event

    def delta(self, part: Part) -> Event:
        return self._event(AUTHOR, _model([part])) | {"partial": True, "model_version": MODEL}

    def whole(self, parts: Sequence[Part], *, streaming: bool, counted: Mapping[str, int]) -> Event:
        event = self._event(AUTHOR, _model(parts)) | ended(counted)
        return event | ({"partial": False} if streaming else {})

    def tool_answer(self, call_id: str, call: ToolCall) -> Event:
        answer = {"id": call_id, "name": call.name, "response": dict(call.response)}
        return self._event(AUTHOR, {"role": "user", "parts": [{"function_response": answer}]})

    def error(self, code: str, message: str) -> Event:
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
            "id": self.world.new_id(),
            "timestamp": self.world.now(),
        }
        return {key: value for key, value in event.items() if value is not None}


def ended(counted: Mapping[str, int]) -> Event:
    """What the last chunk of a model's answer carries, and the whole answer once more."""
    return {"usage_metadata": dict(counted), "finish_reason": "STOP", "model_version": MODEL}


def _model(parts: Sequence[Part]) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts)}
