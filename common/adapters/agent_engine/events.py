"""Parsing of an agent's stream: lines to events. Pure: no I/O, no clock.

A line is one JSON object, an ADK event. With streaming on, the text of a model message arrives as
`partial` deltas, and then again as a whole in an event that is not partial. That repeated event
adds no text, but carries the tool calls and the usage. A reply may have several messages (text, a
tool call, text) of several agents, each with its own repeated event.
"""

from collections.abc import Iterator

from common.adapters.agent_engine.messages import Author, Paragraphs, count_repeated
from common.adapters.agent_engine.tools import ToolLedger
from common.adapters.agent_engine.usage import TokenCount
from common.adapters.agent_engine.wire import (
    MAX_ERROR,
    OPENINGS,
    SERVICE,
    Json,
    answer_text,
    cut_reason,
    error_code,
    field,
    is_json,
    is_thought,
    name_of,
    parse_line,
    parts_of,
    retry_delay,
    usage_of,
)
from common.domain import errors
from common.ports.agent import AgentEvent, Finished

BUSY = {"RESOURCE_EXHAUSTED", "429"}
UNAVAILABLE = {"UNAVAILABLE", "503"}
NOT_FOUND = {"NOT_FOUND", "404"}
EMPTY = "MODEL_RETURNED_NO_CONTENT"


class ReplyParser:
    """Parses one reply. Feed it the lines in order, then call `finish`."""

    def __init__(self) -> None:
        self.has_begun = False
        """The agent ran: an event came that is not an error, or an event was passed on."""
        self._authors: dict[str, Author] = {}
        self._paragraphs = Paragraphs()
        self._tools = ToolLedger()
        self._tokens = TokenCount()
        self._passed = False
        """An event was passed on."""
        self._lines = b""
        """The lines of an error that goes on."""
        self._seen: set[int] = set()
        """Hashes of the lines of whole events."""

    def feed(self, line: bytes) -> Iterator[AgentEvent]:
        """Yield the events of a line.

        Raises, after the other events of the line:
            UpstreamNotFound: The first event is an error: there is no such session.
            Busy, Unavailable: An error event says so, and the agent did not run, or an event was
                passed on.
            Failed: With kind `broken` for a line that is no event; with kind `failed` for another
                error event.
        """
        if self._lines or line.strip().removeprefix(b"data:").strip() in OPENINGS:
            line = self._join(line)
        event = parse_line(line)
        if event is None or self._is_repeated(event, line):
            return
        code = error_code(event)
        if events := self._read(event, is_error=code is not None):
            self._passed = self.has_begun = True
            yield from events
        if code is None and event.get("partial") is not True:
            code = cut_reason(event)
        if code is not None and code != EMPTY:
            yield from self.release()
            raise self._failure(code, retry_delay(event))

    def release(self) -> list[AgentEvent]:
        """Return the text that waits for another agent's message, where the reply breaks."""
        return self._paragraphs.release_all()

    def finish(self) -> Finished:
        """Return the last event of a complete reply.

        Raises `Failed` with kind `empty` if the reply has no text and waits for nothing, or
        `broken` if it ended in the middle of a message.
        """
        if self._paragraphs.is_open() or self._lines:
            raise errors.Failed(SERVICE, "the reply is incomplete", kind="broken")
        waiting = self._tools.waiting
        if not self._paragraphs.has_text and not waiting:
            raise errors.Failed(SERVICE, "the reply has no text", kind="empty")
        tokens = self._tokens
        return Finished(tokens.tokens, tokens.prompt, waiting, self._tools.unanswered)

    def _join(self, line: bytes) -> bytes:
        """Return the lines of an error once it is complete or too long, b"" before."""
        joined = self._lines + line.strip().removeprefix(b"data:") + b"\n"
        is_whole = line.rstrip().endswith((b"}", b"]")) and is_json(joined)
        self._lines = b"" if is_whole or len(joined) > MAX_ERROR else joined
        return b"" if self._lines else joined

    def _is_repeated(self, event: Json, line: bytes) -> bool:
        """Return True for a whole event that came before: it was sent twice.

        Deltas are never repeated: two that are equal, with one id and one time, are text.
        """
        if "id" not in event or "timestamp" not in event or event.get("partial") is True:
            return False
        number, before = hash(line), len(self._seen)
        self._seen.add(number)
        return len(self._seen) == before

    def _read(self, event: Json, *, is_error: bool) -> list[AgentEvent]:
        name = name_of(event.get("author"))
        if name == "user":
            return []
        parts = parts_of(event)
        if parts or not is_error:
            self.has_begun = True
        if "branch" in event:
            name = f"{name_of(event['branch'])}/{name}"
        partial = event.get("partial") is True
        author = self._authors.get(name)
        if author is None:
            author = self._authors[name] = Author()
        if partial:
            events = self._read_partial(author, name, parts)
        else:
            events = self._read_whole(author, name, parts, event)
        usage = usage_of(event)
        if usage is not None or name in self._tokens.calls:
            has_content = _has_content(parts)
            events += self._tokens.add(name, usage, partial=partial, content=has_content)
        return events

    def _read_partial(self, author: Author, name: str, parts: list[Json]) -> list[AgentEvent]:
        events: list[AgentEvent] = []
        if author.used_tool and parts:  # the whole of the message before did not come
            events += self._paragraphs.close(author)
            self._tokens.end_call(name)
        for part in parts:
            if text := answer_text(part):
                events += self._write(author, text)
                author.deltas.append(text)
        return events

    def _read_whole(
        self, author: Author, name: str, parts: list[Json], event: Json
    ) -> list[AgentEvent]:
        events: list[AgentEvent] = []
        text = "".join(map(answer_text, parts))
        skip = 0
        if text and author.deltas:
            skip = count_repeated(text, "".join(author.deltas))
            if not skip:
                events += self._paragraphs.close(author)
        is_last = False
        for part in parts:
            text = answer_text(part)
            if fresh := text[skip:]:
                events += self._write(author, fresh)
            skip = max(0, skip - len(text))
            response = field(part, "function_response", "functionResponse")
            if isinstance(response, dict):
                if called := self._tools.call_of(response):
                    events.append(called)
                events += self._paragraphs.answer_tool(author, self._tools.answer(response, event))
                self._end_call(author, name)
            elif not is_thought(part):
                is_last = True
            call = field(part, "function_call", "functionCall")
            if isinstance(call, dict) and (tool := self._tools.call(call, event)):
                events.append(tool)
        if is_last or field(event, "finish_reason", "finishReason"):
            events += self._paragraphs.close(author)
        return events

    def _end_call(self, author: Author, name: str) -> None:
        """End the model call, unless the whole of its message is still to come."""
        if author.deltas:
            author.used_tool = True
        else:
            self._tokens.end_call(name)

    def _write(self, author: Author, text: str) -> list[AgentEvent]:
        if not text.isspace():
            self._tools.text_came()
        return self._paragraphs.write(author, text)

    def _failure(self, code: str, delay: int | None) -> errors.Upstream:
        why = f"the reply ended with {code}"
        if not self.has_begun and code in NOT_FOUND:
            return errors.UpstreamNotFound(SERVICE, "no such session")
        if self._passed or not self.has_begun:
            if code in BUSY:
                return errors.Busy(SERVICE, why, retry_after=delay)
            if code in UNAVAILABLE:
                return errors.Unavailable(SERVICE, why, retry_after=delay)
        return errors.Failed(SERVICE, why)


def _has_content(parts: list[Json]) -> bool:
    """Return True if the parts hold text, a thought or a tool call."""
    return any(part.get("text") or field(part, "function_call", "functionCall") for part in parts)
