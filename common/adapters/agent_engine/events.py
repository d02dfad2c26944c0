"""Parsing of an agent's stream: lines to events. Pure: no I/O, no clock.

A line is one JSON object, an ADK event. With streaming on, the text of a model message arrives as
`partial` deltas, and then again as a whole in an event that is not partial. That repeated event
adds no text, but carries the tool calls and the usage. A turn may have several messages (text, a
tool call, text), each with its own repeated event.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import from_json

from common.domain import errors
from common.ports.agent import AgentEvent, Delta, Finished, ToolCall, ToolResult, UsageSoFar

SERVICE = "agent"

KNOWN_CODES = frozenset(
    {
        *("BLOCKLIST", "LANGUAGE", "MALFORMED_FUNCTION_CALL", "MAX_TOKENS", "OTHER"),
        *("PROHIBITED_CONTENT", "RECITATION", "SAFETY", "SPII", "UNEXPECTED_TOOL_CALL"),
        *("CANCELLED", "DEADLINE_EXCEEDED", "INTERNAL", "INVALID_ARGUMENT", "NOT_FOUND"),
        *("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "UNAVAILABLE", "UNKNOWN"),
        *("400", "403", "404", "429", "499", "500", "503", "504"),
    }
)
"""Error codes that our errors may repeat. Any other text could hold a user's data."""

NOT_FOUND = {"NOT_FOUND", "404"}


class ReplyParser:
    """Parses one reply. Feed it the lines in order, then call `finish`."""

    def __init__(self) -> None:
        self._deltas: dict[str, str] = {}
        """By author: the text of deltas whose repeated event has not arrived yet."""
        self._calls: set[str] = set()
        self._has_text = False
        self._tokens: int | None = None
        self._prompt = 0

    def feed(self, line: bytes) -> Iterator[AgentEvent]:
        """Yield the events of a line.

        Raises:
            UpstreamNotFound: The first error event says that there is no such session.
            Failed: With kind `broken` for a line that is no event; with kind `failed` for an error
                event, after the other events of the line.
        """
        event = _event(line)
        if event is None:
            return
        author = str(event.get("author", ""))
        if author != "user":
            yield from self._content(author, event)
        yield from self._usage(event)
        if code := _error(event):
            raise self._failure(code)

    def finish(self) -> Finished:
        """Return the last event of a complete reply.

        Raises `Failed` with kind `empty` if the reply has no text, or `broken` if it ended in the
        middle of a message.
        """
        if not self._has_text:
            raise errors.Failed(SERVICE, "the reply has no text", kind="empty")
        if any(self._deltas.values()):
            raise errors.Failed(SERVICE, "the reply is incomplete", kind="broken")
        return Finished(self._tokens, self._prompt)

    def _content(self, author: str, event: dict[str, Any]) -> Iterator[AgentEvent]:
        parts = _parts(event)
        partial = event.get("partial") is True
        skip = 0 if partial else self._count_repeated(author, "".join(map(_text, parts)))
        for part in parts:
            text = _text(part)
            fresh, skip = text[skip:], max(0, skip - len(text))
            if fresh:
                self._has_text = True
                yield Delta(_replace_surrogates(fresh))
            if partial:
                self._deltas[author] = self._deltas.get(author, "") + fresh
            else:
                yield from self._tools(part)
        if parts and not partial:
            self._deltas[author] = ""

    def _count_repeated(self, author: str, text: str) -> int:
        """Return how many characters of a repeated event's text came as deltas before.

        If text and deltas differ, the whole text is skipped: the deltas were spoken already.
        """
        deltas = self._deltas.get(author, "")
        return len(deltas) if text.startswith(deltas) else len(text)

    def _tools(self, part: dict[str, Any]) -> Iterator[AgentEvent]:
        call = part.get("function_call")
        if isinstance(call, dict):
            event = ToolCall(str(call.get("id", "")), str(call.get("name", "")))
            if not event.id or event.id not in self._calls:
                self._calls.add(event.id)
                yield event
        result = part.get("function_response")
        if isinstance(result, dict):
            yield ToolResult(str(result.get("id", "")), str(result.get("name", "")))

    def _usage(self, event: dict[str, Any]) -> Iterator[AgentEvent]:
        """Report the tokens so far. Those of a partial event are repeated, and so not kept."""
        usage = event.get("usage_metadata")
        if not isinstance(usage, dict):
            return
        total, prompt = usage.get("total_token_count"), usage.get("prompt_token_count")
        if isinstance(prompt, int):
            self._prompt = prompt
        if isinstance(total, int):
            tokens = (self._tokens or 0) + total
            if event.get("partial") is not True:
                self._tokens = tokens
            yield UsageSoFar(tokens, self._prompt)

    def _failure(self, code: str) -> errors.Upstream:
        if code in NOT_FOUND and not self._has_text:
            return errors.UpstreamNotFound(SERVICE, "no such session")
        why = code if code in KNOWN_CODES else "an error"
        return errors.Failed(SERVICE, f"the reply ended with {why}")


def _event(line: bytes) -> dict[str, Any] | None:
    """Parse a line. Return None for an SSE comment or an SSE field that is not data."""
    text = line.strip()
    if not text or text.startswith((b":", b"event:", b"id:", b"retry:")):
        return None
    event = _json(text.removeprefix(b"data:"))
    if not isinstance(event, dict):
        raise errors.Failed(SERVICE, "a malformed event", kind="broken")
    return event


def _json(data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Parse JSON, or return None.

    pydantic's parser is faster, but refuses lone surrogates; Python's parser is tried after it.
    """
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
    """Return the text of a part, or "" for a thought, which is not meant for the user."""
    text = part.get("text")
    return text if isinstance(text, str) and part.get("thought") is not True else ""


def _replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which JSON may hold but stores and sockets refuse."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _error(event: dict[str, Any]) -> str | None:
    """Return the code of an error of the model or of the service around it, or None."""
    inner = event.get("error")
    if isinstance(inner, dict):
        return str(inner.get("status") or inner.get("code") or "error")
    if "content" not in event and "code" in event and "message" in event:
        return str(event["code"])
    if event.get("error_code") or event.get("error_message"):
        return str(event.get("error_code") or "error")
    return None
