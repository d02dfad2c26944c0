"""The branches of a conversation: which messages were replaced, and which agent session goes on.

To answer again, or to replace an earlier message, begins a branch. The messages of the old branch
stay where they are, and their places are noted in the conversation: one write, however many they
are. The agent goes on in a new session, which has not seen them.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from common.domain.conversations.messages import MessagePlace
from common.domain.documents import Document, known_fields
from common.domain.errors import CannotReplace, NotFound
from common.domain.ids import ConversationId

MOST_TOOLS = 50
OTHER_TOOL = "other"
MOST_RANGES = 500
"""Ranges of replaced messages that a conversation keeps. Neighbours are one range."""


def agent_session_name(conversation: ConversationId, branch: int) -> str:
    """Return the name of the agent session of a branch. Branch 0 is the first one."""
    return conversation if branch == 0 else f"{conversation}-{branch}"


@dataclass(frozen=True)
class Branches:
    """`count` branches began after the first one.

    `replaced` holds the first and the last position of each range of replaced messages, in order.
    `tool_runs` is the number of the last turn in which each tool ran, by the tool's name.
    """

    count: int = 0
    replaced: tuple[int, ...] = ()
    tool_runs: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls(
            count=document.get("branches", 0),
            replaced=tuple(document.get("replaced") or ()),
            tool_runs=document.get("tool_runs") or {},
        )

    def is_replaced(self, place: MessagePlace) -> bool:
        return self._range(place.position) is not None

    def begin(self, branch: "BranchRequest", next_number: int) -> "NewBranch":
        """Return the branch that begins at a message. Raises NotFound, CannotReplace."""
        place = branch.message
        if self.is_replaced(place):
            raise NotFound("There is no such message: it was replaced before.")
        first = place.position + (1 if branch.again else 0)
        replaced = self.replacing(first, 2 * next_number - 1)
        if len(replaced) > 2 * MOST_RANGES:
            raise CannotReplace("Too many messages were replaced. Begin a new conversation.")
        return NewBranch(
            number=self.count + 1,
            history_before=place.number,
            answers=place.number if branch.again else 0,
            replaced=list(replaced),
        )

    def check_tools(
        self, branch: "BranchRequest", writing: Iterable[str], running: Iterable[str]
    ) -> None:
        """Raise CannotReplace if a tool that writes ran at or after the message of a branch.

        `running`: the tools that the running turn has called.
        """
        for tool in writing:
            if self.tool_runs.get(tool, 0) >= branch.message.number or tool in running:
                raise CannotReplace(
                    f"The tool {tool} ran in this part of the conversation, and its effect stays. "
                    "Send a new message instead."
                )

    def with_tools(self, tools: Iterable[str], number: int) -> dict[str, int]:
        """Return `tool_runs` after a turn. Tools beyond the limit count under one name."""
        found = dict(self.tool_runs)
        for tool in tools:
            name = tool if tool in found or len(found) < MOST_TOOLS else OTHER_TOOL
            found[name] = max(number, found.get(name, 0))
        return found

    def is_current_session(self, conversation: ConversationId, session: str) -> bool:
        """Return True if `session` is the agent session of the newest branch."""
        return session == agent_session_name(conversation, self.count)

    def before(self, place: MessagePlace) -> MessagePlace:
        """Return the first place of the replaced range around `place`, or `place` itself."""
        found = self._range(place.position)
        if found is None:
            return place
        number, kind = divmod(self.replaced[found], 2)
        return MessagePlace(number, kind)

    def replacing(self, first: int, last: int) -> tuple[int, ...]:
        """Return the ranges with one more, from position `first` to `last`, where newer ones end."""
        kept = [each for each in self.replaced if each < first]
        if len(kept) % 2:  # `first` lies within a range
            kept.pop()
            return (*kept, self.replaced[len(kept)], last)
        if kept and kept[-1] == first - 1:
            kept.pop()
            return (*kept, last)
        return (*kept, first, last)

    def _range(self, position: int) -> int | None:
        """Return the index of the beginning of the range that holds the position."""
        at = bisect_right(self.replaced, position)
        if at % 2:
            return at - 1
        is_end = at > 0 and self.replaced[at - 1] == position
        return at - 2 if is_end else None


@dataclass(frozen=True)
class BranchRequest:
    """A wish to go on from an earlier message: to answer it `again`, or to replace it."""

    message: MessagePlace
    again: bool


@dataclass(frozen=True)
class NewBranch:
    """The branch that a turn begins, as the turn's document keeps it.

    Messages from number `history_before` on are not its history. `answers` is the number of the
    message that is answered again; 0: the turn has a message of its own. `replaced` are the ranges
    of the conversation with this branch. `restores` are fields of the conversation that come back
    if the turn fails before the agent is reached.
    """

    number: int = 0
    history_before: int = 0
    answers: int = 0
    replaced: list[int] = field(default_factory=list)
    restores: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: dict[str, Any] | None) -> Self | None:
        return cls(**known_fields(cls, stored)) if stored else None

    def fields(self) -> dict[str, Any]:
        return asdict(self)
