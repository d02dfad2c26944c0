"""What an assistant is told, and the steps of which it makes a reply."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True)
class Line:
    """Something that was said in the session before."""

    role: Literal["user", "model"]
    text: str


@dataclass(frozen=True)
class Message:
    """One turn's message. `state` holds the session's state and this turn's `temp:` keys."""

    text: str
    user_id: str
    session_id: str
    now: datetime
    history: tuple[Line, ...] = ()
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Text:
    """Streamed token by token where the caller asked for streaming."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """The call goes out, silence for `seconds` (None: the world's), then the tool's answer.

    Text before it belongs to the model's first answer, text after it to its next one.
    """

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    response: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None


@dataclass(frozen=True)
class Error:
    """An event with `error_code` and `error_message`, without content. More steps may follow."""

    code: str
    message: str


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Break:
    """The connection is cut: no end of the chunked body, nothing more."""


Step = Text | ToolCall | Error | Pause | Break
Script = Callable[[Message], Iterable[Step]]
