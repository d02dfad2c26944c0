"""The product's parser over the events of real ADK agents: what each case must come out as."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from common.adapters.agent_engine.events import ReplyParser
from common.domain.errors import Failed
from common.ports.agent import Delta, ToolCall
from tests.clients.report import ClientRow


@dataclass
class ParsedReply:
    """A reply as the product reads it."""

    text: str = ""
    tools: list[str] = field(default_factory=list)
    tokens: int | None = None
    failure: str = ""
    unanswered: bool = False

    @classmethod
    def of(cls, events: tuple[Any, ...]) -> "ParsedReply":
        """Parse the events of one turn, each as a line."""
        reply, parser = cls(), ReplyParser()
        try:
            for event in events:
                for part in parser.feed(json.dumps(event).encode()):
                    if isinstance(part, Delta):
                        reply.text += part.text
                    elif isinstance(part, ToolCall):
                        reply.tools.append(part.name)
            finished = parser.finish()
            reply.tokens, reply.unanswered = finished.tokens, finished.unanswered
        except Failed as error:
            reply.failure = str(error)
        return reply


Rule = Callable[[ParsedReply], bool]
NOON = "Let me look.It is noon."

EXPECTED: Mapping[str, Rule] = {
    "text": lambda r: (r.text, r.tokens, r.failure) == ("Hello there.", 13, ""),
    "tool": lambda r: (joined(r.text), r.tools, r.tokens) == (NOON, ["get_time"], 26),
    "text and call in one chunk": lambda r: (
        (joined(r.text), r.tools, r.tokens) == (NOON, ["get_time"], 26)
    ),
    "parallel": lambda r: "Alpha beta." in r.text and "Gamma delta." in r.text and r.tokens == 26,
    "sequential": lambda r: " ".join(r.text.split()) == "Your order is ready. It ships today.",
    "long-running tool": lambda r: r.tools == ["ask_manager"] and not r.failure,
    "confirmation": lambda r: "get_time" in r.tools and not r.failure,
    "thoughts": lambda r: (r.text, r.tokens) == ("Good morning.", 13),
    "empty reply": lambda r: "no text" in r.failure,
    "nothing after a tool": lambda r: r.unanswered or bool(r.failure),
    "cut at the token limit": lambda r: r.text == "A long answer" and "MAX_TOKENS" in r.failure,
}
"""The rule of each case. Tokens are 13 for each call of the model."""


def joined(text: str) -> str:
    """Return a text without the white space between its sentences."""
    return text.replace(". ", ".").replace(".\n", ".").strip()


def judge(row: ClientRow) -> ClientRow:
    """Return the row of a case with its result."""
    reply = ParsedReply.of(row.events)
    holds = EXPECTED[row.call](reply)
    return replace(row, result="ok" if holds else "failed", detail="" if holds else str(reply))
