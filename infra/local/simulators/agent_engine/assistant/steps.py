"""Input of an assistant, and the steps of which a reply consists."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from infra.agent.assistant.google.actions import GoogleActions


@dataclass(frozen=True)
class Line:
    """An earlier message of the session, without tool calls."""

    role: Literal["user", "model"]
    text: str


@dataclass(frozen=True)
class Message:
    """The message of one turn.

    `state` holds the session's state and this turn's `temp:` keys. `now` has a time zone. `google`
    are the tools of mail and calendar, where the stack has a simulator of Google.
    """

    text: str
    user_id: str
    session_id: str
    now: datetime
    history: tuple[Line, ...] = ()
    state: Mapping[str, Any] = field(default_factory=dict)
    google: GoogleActions | None = None
    invocation_id: str = ""


@dataclass(frozen=True)
class Text:
    """Text of the model. It is streamed token by token if the caller asked for streaming."""

    text: str


@dataclass(frozen=True)
class ToolRun:
    """A tool call: the call is sent, the tool runs in silence, its response is sent.

    `seconds` is the duration of the tool; None means `AgentEngineState.tool_seconds`. With `effect`
    the run is recorded in `AgentEngineState.effects` when it begins, as an effect that cannot be
    undone. Text before the call belongs to the model's first message, text after it to the next one.
    `run` makes the response where it is given. `outcome` holds the response afterwards.
    """

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    response: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    effect: bool = False
    run: Callable[[], Awaitable[Mapping[str, Any]]] | None = None
    outcome: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Error:
    """An event with `error_code` and `error_message`, without content. More steps may follow."""

    code: str
    message: str


@dataclass(frozen=True)
class Pause:
    """Silence of the given seconds."""

    seconds: float


@dataclass(frozen=True)
class Break:
    """The connection is cut: the chunked body has no end."""


Step = Text | ToolRun | Error | Pause | Break
Script = Callable[[Message], Iterable[Step]]
