"""Counting of tokens: once for each call of a model. Pure.

Events do not name the model call that they belong to. Every partial event of a call may carry its
usage so far, and up to two whole events carry its final usage (seen with ADK 1.18).
"""

from typing import NamedTuple

from common.adapters.agent_engine.wire import ModelUsage
from common.ports.agent import UsageSoFar


class ModelCall(NamedTuple):
    """The current model call of one author.

    `is_whole`: a whole event gave its usage.
    """

    usage: ModelUsage
    is_whole: bool


class TokenCount:
    """The tokens of a reply. `tokens` is None until an event gives a usage."""

    def __init__(self) -> None:
        self.tokens: int | None = None
        self.prompt = 0
        self.calls: dict[str, ModelCall] = {}
        """By author: the current model call, once an event gave its usage."""

    def add(
        self, author: str, usage: ModelUsage | None, *, partial: bool, content: bool
    ) -> list[UsageSoFar]:
        """Count an event of an author. Return the running figure if it changed.

        `content`: the event has text or a tool call. The largest usage of a call counts. After a whole
        event a new call begins with a partial event, or with a whole event that has content and
        another usage.
        """
        call = self.calls.get(author)
        if call is not None and call.is_whole and content:
            differs = usage is not None and usage != call.usage
            if partial or differs:
                call = None
                del self.calls[author]
        if usage is None:
            return []
        before, is_whole = (call.usage.total, call.is_whole) if call is not None else (0, False)
        usage = usage._replace(total=max(usage.total, before))  # what was used stays used
        self.calls[author] = ModelCall(usage, is_whole or not partial)
        tokens, self.tokens = self.tokens, (self.tokens or 0) + usage.total - before
        self.prompt = usage.prompt or self.prompt
        return [] if tokens == self.tokens else [UsageSoFar(self.tokens, self.prompt)]

    def end_call(self, author: str) -> None:
        """End the author's current model call. A tool's result ends it."""
        self.calls.pop(author, None)
