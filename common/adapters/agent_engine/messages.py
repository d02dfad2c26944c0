"""The text of a reply, put together from the messages of several agents. Pure.

Agents that run in parallel interleave their deltas. The text of one message is passed on as it
comes; the text of other agents is held until that message is complete.
"""

from dataclasses import dataclass, field

from common.adapters.agent_engine.wire import replace_surrogates
from common.ports.agent import AgentEvent, Delta, ToolResult

PARAGRAPH = "\n\n"


@dataclass(slots=True)
class HeldText:
    """Text that waits for another agent's message. `begins`: it begins a message."""

    text: str
    begins: bool


@dataclass(slots=True, eq=False)
class Author:
    """One agent, and the message that it writes."""

    deltas: list[str] = field(default_factory=list)
    """Text of the open message. Empty where none is open."""
    used_tool: bool = False
    """A tool answered while the message was open."""
    begins: bool = True
    """The next text begins a message."""
    held: list[HeldText | ToolResult] = field(default_factory=list)


class Paragraphs:
    """Puts the texts of the authors in order. Each method returns what may be passed on now."""

    def __init__(self) -> None:
        self.has_text = False
        self._writer: Author | None = None
        """The author whose text was passed on last."""
        self._waiting: list[Author] = []
        """Authors with held events, in the order of the first one."""
        self._ends_with_space = False
        self._tool_answered = False
        """A tool result was passed on after the last text."""

    def write(self, author: Author, text: str) -> list[AgentEvent]:
        """Add text to the author's message."""
        begins, author.begins = author.begins, False
        if author is not self._writer and self._is_held(author):
            self._hold(author, HeldText(text, begins))
            return []
        return [self._delta(author, text, begins=begins)]

    def answer_tool(self, author: Author, result: ToolResult) -> list[AgentEvent]:
        """Add a tool's result, which has its place between the texts of its author."""
        if self._is_held(author):
            self._hold(author, result)
            return []
        self._tool_answered = True
        return [result]

    def close(self, author: Author) -> list[AgentEvent]:
        """End the author's message.

        Pass on the held texts of the other authors, up to the first one whose message is open.
        """
        author.deltas, author.used_tool, author.begins = [], False, True
        events: list[AgentEvent] = []
        while self._waiting and not (self._writer and self._writer.deltas):
            events += self._release(self._waiting.pop(0))
        return events

    def release_all(self) -> list[AgentEvent]:
        """Return every held event. Used where the reply breaks."""
        waiting, self._waiting = self._waiting, []
        return [event for author in waiting for event in self._release(author)]

    def is_open(self) -> bool:
        """Return True while an author whose text is passed on has an open message."""
        return bool(self._waiting or (self._writer and self._writer.deltas))

    def _is_held(self, author: Author) -> bool:
        if author.held:
            return True
        writer = self._writer
        return writer is not None and writer is not author and bool(writer.deltas)

    def _hold(self, author: Author, event: HeldText | ToolResult) -> None:
        if not author.held:
            self._waiting.append(author)
        author.held.append(event)

    def _release(self, author: Author) -> list[AgentEvent]:
        held, author.held = author.held, []
        events: list[AgentEvent] = []
        for event in held:
            if isinstance(event, HeldText):
                events.append(self._delta(author, event.text, begins=event.begins))
            else:
                self._tool_answered = True
                events.append(event)
        return events

    def _delta(self, author: Author, text: str, *, begins: bool) -> Delta:
        """Return the text, set apart from the text before it where a message begins.

        The caller sets text apart that follows a tool result.
        """
        if begins and self.has_text:
            is_apart = self._tool_answered or self._ends_with_space or text[:1].isspace()
            if author is not self._writer or not is_apart:
                text = PARAGRAPH + text
        self._writer, self._tool_answered = author, False
        self._ends_with_space = text[-1].isspace()
        if not self.has_text:
            self.has_text = not text.isspace()
        return Delta(text if text.isascii() else replace_surrogates(text))


def count_repeated(text: str, deltas: str) -> int:
    """Return how many characters of a whole message came as deltas before.

    Deltas cannot be taken back: they were shown and spoken. White space may differ. A text that
    differs otherwise is skipped as a variant if at least half of the deltas agree with it. Else it
    is another text, such as that of a callback, and all of it is new: the return value is 0.
    """
    if text.startswith(deltas):
        return len(deltas)
    at, agreed = 0, 0
    expected = "".join(deltas.split())
    for character in expected:
        while text[at : at + 1].isspace():
            at += 1
        if text[at : at + 1] != character:
            break
        at, agreed = at + 1, agreed + 1
    if agreed == len(expected):
        rest = text[at:]
        return len(text) - len(rest.lstrip() if deltas[-1].isspace() else rest)
    return len(text) if 2 * agreed >= len(expected) else 0
