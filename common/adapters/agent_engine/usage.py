"""Counting of tokens: once for each call of a model. Pure.

Events do not name the model call that they belong to. Every partial event of a call may carry its
usage so far, and up to two whole events carry its final usage (seen with ADK 1.18).
"""

from dataclasses import dataclass

from common.adapters.agent_engine.wire import Usage
from common.ports.agent import UsageSoFar


@dataclass(slots=True)
class ModelCall:
    """The current model call of one author."""

    usage: Usage | None = None
    is_whole: bool = False
    """A whole event gave its usage."""


class TokenCount:
    """The tokens of a reply. `tokens` is None until an event gives a usage."""

    def __init__(self) -> None:
        self.tokens: int | None = None
        self.prompt = 0
        self._calls: dict[str, ModelCall] = {}

    def add(self, author: str, usage: Usage | None, *, partial: bool, content: bool) -> None:
        """Count an event of an author. `content`: the event has text or a tool call.

        The last usage of a call counts. After a whole event a new call begins with a partial event,
        or with a whole event that has content and another usage.
        """
        call = self._calls.get(author)
        if call is None:
            call = self._calls[author] = ModelCall()
        if call.is_whole and content and (partial or (usage is not None and usage != call.usage)):
            call.usage, call.is_whole = None, False
        if usage is None:
            return
        before = call.usage.total if call.usage is not None else 0
        self.tokens = (self.tokens or 0) + usage.total - before
        self.prompt = usage.prompt or self.prompt
        call.usage, call.is_whole = usage, call.is_whole or not partial

    def end_call(self, author: str) -> None:
        """End the author's current model call. A tool's result ends it."""
        self._calls.pop(author, None)

    def so_far(self) -> UsageSoFar | None:
        """Return the running figure, or None while it is unknown."""
        return None if self.tokens is None else UsageSoFar(self.tokens, self.prompt)
