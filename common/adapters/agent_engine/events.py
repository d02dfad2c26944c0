"""Lines of an agent's stream to events. Pure: no I/O, no clock.

A line is one JSON object, an ADK event. With streaming on, the text of a model message comes as
`partial` deltas, and then once more, whole, in an event that is not partial; a turn may have
several messages (text, a tool call, text), and each is repeated by itself. A repeat says nothing
new, and brings the tool calls and the usage.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import from_json

from common.domain import errors
from common.ports.agent import AgentEvent, Delta, Finished, ToolCall, ToolResult

SERVICE = "agent"

TELLING_CODES = frozenset(
    {
        *("BLOCKLIST", "LANGUAGE", "MALFORMED_FUNCTION_CALL", "MAX_TOKENS", "OTHER"),
        *("PROHIBITED_CONTENT", "RECITATION", "SAFETY", "SPII", "UNEXPECTED_TOOL_CALL"),
        *("CANCELLED", "DEADLINE_EXCEEDED", "INTERNAL", "INVALID_ARGUMENT", "NOT_FOUND"),
        *("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "UNAVAILABLE", "UNKNOWN"),
        *("400", "403", "404", "429", "499", "500", "503", "504"),
    }
)
"""The error codes that an error of ours may repeat. Any other could be text of anybody's."""

NOT_FOUND = {"NOT_FOUND", "404"}


class ReplyParser:
    """What has been read of one reply. Feed it the lines in order, then ask it to `finish`."""

    def __init__(self) -> None:
        self._said: dict[str, str] = {}
        """By author: the deltas of the message that its repeat has not confirmed."""
        self._calls: set[str] = set()
        self._begun = False
        self._tokens: int | None = None

    def feed(self, line: bytes) -> Iterator[AgentEvent]:
        """Raises `Failed`: `broken` for what is no event, `failed` for an error event (after what
        the event says besides); `Missing` if that says at once that there is no such session."""
        event = _event(line)
        if event is None:
            return
        author = str(event.get("author", ""))
        if author != "user":
            yield from self._content(author, event)
        self._usage(event)
        if code := _error(event):
            raise self._failure(code)

    def finish(self) -> Finished:
        """Raises `Failed`: `empty` if the agent said nothing, `broken` if it stopped in the middle
        of a message."""
        if not self._begun:
            raise errors.Failed(SERVICE, "the reply has no text", kind="empty")
        if any(self._said.values()):
            raise errors.Failed(SERVICE, "the reply is not whole", kind="broken")
        return Finished(self._tokens)

    def _content(self, author: str, event: dict[str, Any]) -> Iterator[AgentEvent]:
        parts = _parts(event)
        partial = event.get("partial") is True
        skip = 0 if partial else self._repeated(author, "".join(map(_text, parts)))
        for part in parts:
            text = _text(part)
            fresh, skip = text[skip:], max(0, skip - len(text))
            if fresh:
                self._begun = True
                yield Delta(_whole(fresh))
            if partial:
                self._said[author] = self._said.get(author, "") + fresh
            else:
                yield from self._tools(part)
        if parts and not partial:
            self._said[author] = ""

    def _repeated(self, author: str, text: str) -> int:
        """How many characters of a whole message's text were said already.

        Where text and deltas differ the deltas stand: they were spoken.
        """
        said = self._said.get(author, "")
        return len(said) if text.startswith(said) else len(text)

    def _tools(self, part: dict[str, Any]) -> Iterator[AgentEvent]:
        call = part.get("function_call")
        if isinstance(call, dict):
            made = ToolCall(str(call.get("id", "")), str(call.get("name", "")))
            if not made.id or made.id not in self._calls:
                self._calls.add(made.id)
                yield made
        result = part.get("function_response")
        if isinstance(result, dict):
            yield ToolResult(str(result.get("id", "")), str(result.get("name", "")))

    def _usage(self, event: dict[str, Any]) -> None:
        """Of whole messages, each of which was a call of the model: partial ones repeat it."""
        usage = event.get("usage_metadata")
        if event.get("partial") is not True and isinstance(usage, dict):
            total = usage.get("total_token_count")
            if isinstance(total, int):
                self._tokens = (self._tokens or 0) + total

    def _failure(self, code: str) -> errors.Upstream:
        if code in NOT_FOUND and not self._begun:
            return errors.UpstreamNotFound(SERVICE, "no such session")
        why = code if code in TELLING_CODES else "an error"
        return errors.Failed(SERVICE, f"the reply ended with {why}")


def _event(line: bytes) -> dict[str, Any] | None:
    """None: a line that keeps the connection awake, or a field of SSE that is not data."""
    text = line.strip()
    if not text or text.startswith((b":", b"event:", b"id:", b"retry:")):
        return None
    event = _json(text.removeprefix(b"data:"))
    if not isinstance(event, dict):
        raise errors.Failed(SERVICE, "a line is no event", kind="broken")
    return event


def _json(data: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """None where it is not JSON. What pydantic's parser, the faster one, does not take may hold half a
    character."""
    try:
        return from_json(data)
    except ValueError:
        pass
    try:
        return json.loads(data.decode())
    except (ValueError, RecursionError):
        return None


def _parts(event: dict[str, Any]) -> Sequence[dict[str, Any]]:
    content = event.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _text(part: dict[str, Any]) -> str:
    """What is meant for the user: a thought is not."""
    text = part.get("text")
    return text if isinstance(text, str) and part.get("thought") is not True else ""


def _whole(text: str) -> str:
    """JSON may hold half a character (a lone surrogate), which neither store nor socket takes."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _error(event: dict[str, Any]) -> str | None:
    """The code of an error, whether the model's or of the service around it; or None."""
    inner = event.get("error")
    if isinstance(inner, dict):
        return str(inner.get("status") or inner.get("code") or "error")
    if "content" not in event and "code" in event and "message" in event:
        return str(event["code"])
    if event.get("error_code") or event.get("error_message"):
        return str(event.get("error_code") or "error")
    return None
