"""Stored messages: their ids, their places in a conversation, and what a person thinks of them.

The id is the number of the message's turn in ten digits, `-`, and 0 for the person or 1 for the
assistant. Ids sort in the order of the conversation.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from common.domain.documents import Document, Query, Update
from common.domain.ids import ConversationId, MessageId

Role = Literal["user", "assistant"]
Rating = Literal["good", "bad"]

_ID = re.compile(r"([0-9]{10})-([01])")
_ROLES: tuple[Role, Role] = ("user", "assistant")


@dataclass(frozen=True, order=True)
class MessagePlace:
    """The place of a message: the number of its turn, then 0 for the person, 1 for the assistant."""

    number: int
    kind: int

    @classmethod
    def of(cls, number: int, role: Role) -> "MessagePlace":
        return cls(number, _ROLES.index(role))

    @classmethod
    def parse(cls, message: str) -> "MessagePlace | None":
        """Return the place of the message with this id, or None if the text is no such id."""
        found = _ID.fullmatch(message)
        return cls(int(found[1]), int(found[2])) if found else None

    @property
    def id(self) -> MessageId:
        return MessageId(f"{self.number:010d}-{self.kind}")

    @property
    def role(self) -> Role:
        return _ROLES[self.kind]

    @property
    def position(self) -> int:
        """A whole number that orders all messages of a conversation."""
        return 2 * self.number + self.kind


def messages_path(conversation: ConversationId) -> str:
    return f"conversations/{conversation}/messages"


def message_page(
    conversation: ConversationId,
    limit: int,
    *,
    before: MessagePlace | None = None,
    after: MessagePlace | None = None,
) -> Query:
    """Return the query of the messages next to a place, nearest first.

    Without a place: the newest ones. The cost depends on `limit` only, wherever the page lies.
    """
    place = after if after is not None else before
    cursor = None
    if place is not None:
        cursor = Document(f"{messages_path(conversation)}/{place.id}", {"number": place.number})
    return Query(
        messages_path(conversation),
        order_by="number",
        descending=after is None,
        limit=limit,
        after=cursor,
    )


def rate(
    message: Document, rating: Rating | None, comment: str | None, now: datetime
) -> tuple[Update, Mapping[str, Any] | None]:
    """Return the write that keeps a person's rating, and the rating. None takes it back."""
    feedback = {"rating": rating, "comment": comment, "at": now} if rating else None
    return Update(message.path, {"feedback": feedback}), feedback
