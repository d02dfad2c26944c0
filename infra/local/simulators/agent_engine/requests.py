"""What callers ask of an engine's class methods: `{"class_method", "input"}`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.local.simulators.agent_engine.google_api import GoogleError

_FAILED = (
    "Reasoning Engine Execution failed.\nPlease refer to our documentation "
    "(https://cloud.google.com/vertex-ai/generative-ai/docs/agent-engine/troubleshooting/use) "
    "for checking logs and other troubleshooting tips.\nError Details: "
)


def execution_failed(why: str) -> GoogleError:
    """What a caller sees of an exception in the agent's own code: 400 FAILED_PRECONDITION."""
    detail = f'{{"detail":"Agent Engine Error: An error occurred during invocation. {why}"}}'
    return GoogleError("FAILED_PRECONDITION", _FAILED + detail)


@dataclass(frozen=True)
class Call:
    method: str
    input: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, body: Mapping[str, Any], default: str) -> "Call":
        method = body.get("class_method") or body.get("classMethod") or default
        arguments = body.get("input") or {}
        if not isinstance(method, str) or not isinstance(arguments, dict):
            raise GoogleError("INVALID_ARGUMENT", "Invalid JSON payload received.")
        return cls(method, arguments)

    def text(self, name: str) -> str:
        value = self.input.get(name)
        if not isinstance(value, str) or not value:
            raise execution_failed(f"{self.method}() needs {name}, a string")
        return value

    def optional(self, name: str) -> str | None:
        return None if self.input.get(name) is None else self.text(name)

    def mapping(self, name: str) -> Mapping[str, Any]:
        value = self.input.get(name) or {}
        if not isinstance(value, dict):
            raise execution_failed(f"{self.method}(): {name} must be an object")
        return value

    def message(self) -> Sequence[Mapping[str, Any]]:
        """The parts of the message: a string, or a Content with parts."""
        message = self.input.get("message")
        if isinstance(message, str) and message:
            return [{"text": message}]
        parts = message.get("parts") if isinstance(message, dict) else None
        if not parts or not all(isinstance(part, dict) for part in parts):
            raise execution_failed("message must be a string or a Content object.")
        return list(parts)

    def streaming(self) -> bool:
        """Without `run_config`, and with another mode, nothing streams."""
        mode = self.mapping("run_config").get("streaming_mode")
        if mode not in {None, "sse", "bidi", "none", "SSE", "BIDI", "NONE"}:
            raise execution_failed(f"run_config.streaming_mode {mode!r} is not known")
        return str(mode).lower() == "sse"
