"""The branches of a conversation: which messages were replaced, and which agent session goes on.

To answer again, or to replace an earlier message, begins a branch. The messages of the old branch
stay where they are, and their places are noted in the conversation: one write, however many they
are. The agent goes on in a new session, which has not seen them.
"""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Self

from common.domain.conversations.messages import MessagePlace
from common.domain.documents import Document
from common.domain.ids import ConversationId

MOST_RANGES = 500
"""Ranges of replaced messages that a conversation keeps. Neighbours are one range."""


def agent_session_name(conversation: ConversationId, branch: int) -> str:
    """Return the name of the agent session of a branch. Branch 0 is the first one."""
    return conversation if branch == 0 else f"{conversation}-{branch}"


@dataclass(frozen=True)
class Branches:
    """`count` branches began after the first one.

    `replaced` holds the first and the last position of each range of replaced messages, in order.
    `wrote_at` is the number of the last turn in which a tool ran that changes something outside.
    """

    count: int = 0
    replaced: tuple[int, ...] = ()
    wrote_at: int = 0

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls(
            count=document.get("branches", 0),
            replaced=tuple(document.get("replaced") or ()),
            wrote_at=document.get("wrote_at", 0),
        )

    def is_replaced(self, place: MessagePlace) -> bool:
        return self._range(place.position) is not None

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
