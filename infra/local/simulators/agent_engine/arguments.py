"""Arguments of an engine's class methods, checked as AdkApp 2.7.0 and ADK 2.13 check them.

An argument that Python itself refuses fails the call: HTTP 400. What the methods of AdkApp check
for a stream fails inside the stream: 200 and a line with code 498.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.local.simulators.google_api import GoogleError

STREAM_FAILED = 498
"""Code of the line that reports an exception inside a stream (discuss.google.dev 320488)."""

RUNNER = frozenset({"invocation_id", "state_delta", "yield_user_message", "abort_signal"})
"""Arguments of `Runner.run_async` that a stream may pass on."""
RUN_CONFIG = frozenset(
    {
        *("avatar_config", "context_window_compression", "custom_metadata"),
        *("enable_affective_dialog", "explicit_vad_signal", "get_session_config", "history_config"),
        *("http_options", "include_thoughts_from_other_agents", "input_audio_transcription"),
        *("labels", "max_llm_calls", "model_input_context", "output_audio_transcription"),
        *("proactivity", "realtime_input_config", "response_modalities"),
        *("save_input_blobs_as_artifacts", "save_live_audio", "save_live_blob", "service_tier"),
        *("session_resumption", "speech_config", "streaming_mode", "support_cfc", "telemetry"),
        *("tool_thread_pool_config", "translation_config"),
    }
)
"""Fields of ADK's `RunConfig`. It refuses others."""
STREAMING_MODES = (None, "sse", "bidi")
CREATE = frozenset({"ttl", "expire_time", "display_name", "labels"})
"""Arguments that `create_session` passes on to the session service."""

_FAILED = (
    "Reasoning Engine Execution failed.\nPlease refer to our documentation "
    "(https://cloud.google.com/vertex-ai/generative-ai/docs/agent-engine/troubleshooting/use) "
    "for checking logs and other troubleshooting tips.\nError Details: "
)


def execution_failed(why: str) -> GoogleError:
    """Return the error for an exception in the agent's code: HTTP 400 FAILED_PRECONDITION."""
    detail = f'{{"detail":"Agent Engine Error: An error occurred during invocation. {why}"}}'
    return GoogleError("FAILED_PRECONDITION", _FAILED + detail)


class StreamFailure(Exception):
    """An exception of the agent inside a stream that has begun."""

    def line(self) -> dict[str, Any]:
        """Return the line of the stream that reports the exception."""
        return {"code": STREAM_FAILED, "message": str(self)}


@dataclass(frozen=True)
class MethodCall:
    """A call of a class method: its name and its arguments."""

    method: str
    input: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, body: Mapping[str, Any], default: str) -> "MethodCall":
        """Read the body `{"class_method", "input"}`. Raises GoogleError(INVALID_ARGUMENT)."""
        method = body.get("class_method") or body.get("classMethod") or default
        arguments = body.get("input") or {}
        if not isinstance(method, str) or not isinstance(arguments, dict):
            raise GoogleError("INVALID_ARGUMENT", "Invalid JSON payload received.")
        return cls(method, arguments)

    def require(self, *names: str) -> None:
        """Raise GoogleError unless every argument of these names is given."""
        missing = [name for name in names if name not in self.input]
        if missing:
            quoted = " and ".join(f"'{name}'" for name in missing)
            count = "argument" if len(missing) == 1 else "arguments"
            why = f"missing {len(missing)} required keyword-only {count}: {quoted}"
            raise execution_failed(f"TypeError: AdkApp.{self.method}() {why}")

    def refuse_others(self, *known: str, function: str) -> None:
        """Raise GoogleError if there is an argument that is not `known`."""
        for name in self.input:
            if name not in known:
                why = f"{function}() got an unexpected keyword argument '{name}'"
                raise execution_failed(f"TypeError: {why}")

    def text(self, name: str) -> str:
        """Return an argument that must be a string, not empty. Raises GoogleError."""
        value = self.input.get(name)
        if not isinstance(value, str) or not value:
            raise execution_failed(f"{self.method}() needs {name}, a string")
        return value

    def optional(self, name: str) -> str | None:
        """Return an optional string. Raises GoogleError."""
        return None if self.input.get(name) is None else self.text(name)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return an optional object; `{}` if it is not given. Raises GoogleError."""
        value = self.input.get(name) or {}
        if not isinstance(value, dict):
            raise execution_failed(f"{self.method}(): {name} must be an object")
        return value


@dataclass(frozen=True)
class StreamArguments:
    """Arguments of `stream_query` and `async_stream_query`."""

    call: MethodCall

    def parts(self) -> Sequence[Mapping[str, Any]]:
        """Return the parts of the message: a string, or a Content. Raises StreamFailure."""
        message = self.call.input["message"]
        if isinstance(message, str):
            return [{"text": message}]
        if not isinstance(message, dict):
            raise StreamFailure(
                "message must be a string or a dictionary representing a Content object."
            )
        parts = message.get("parts") or []
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            raise StreamFailure("1 validation error for Content\nparts.0\n  Input should be valid")
        return parts

    def check(self) -> None:
        """Check every other argument. Raises StreamFailure."""
        known = {"message", "user_id", "session_id", "session_events", "run_config", *RUNNER}
        for name in self.call.input:
            if name not in known:
                raise StreamFailure(
                    f"Runner.run_async() got an unexpected keyword argument '{name}'"
                )
        if self.call.input.get("session_id") and self.call.input.get("session_events"):
            raise StreamFailure("Only one of session_id and session_events should be specified.")
        self._check_run_config()

    def streaming(self) -> bool:
        """Return whether text comes in deltas. Without a `run_config` it does not."""
        return (self.call.input.get("run_config") or {}).get("streaming_mode") == "sse"

    def _check_run_config(self) -> None:
        config = self.call.input.get("run_config")
        if config is None:
            return
        if not isinstance(config, dict):
            raise StreamFailure("run_config must be a dictionary representing a RunConfig object.")
        for name in config:
            if name not in RUN_CONFIG:
                raise StreamFailure(
                    f"1 validation error for RunConfig\n{name}\n  Extra inputs are not permitted"
                )
        if config.get("streaming_mode") not in STREAMING_MODES:
            raise StreamFailure(
                "1 validation error for RunConfig\nstreaming_mode\n"
                "  Input should be None, 'sse' or 'bidi'"
            )
