# Generated from ../asynchronous by infra/docs/client_modules.py.
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..calls import delete, get, path_of, send
from ..models import (
    ConversationAnswer,
    ConversationList,
    ConversationSummary,
    DeletedAnswer,
    MessageList,
    RateMessageRequest,
    RenameConversationRequest,
    StoredMessage,
)
from .transport import Transport

ROOT = "conversations"


@dataclass(frozen=True)
class Conversations:
    """The conversations of the person. Every method raises ApiError."""

    _transport: Transport

    def list(
        self, *, q: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> ConversationList:
        """Return a page of conversations, newest first. `q`: words of the title begin with it."""
        call = get(path_of(ROOT), q=q, limit=limit, cursor=cursor)
        return self._transport.ask(call, ConversationList)

    def all(self, *, q: str | None = None) -> Iterator[ConversationSummary]:
        """Yield every conversation, newest first."""
        page = self.list(q=q)
        while True:
            for conversation in page.conversations:
                yield conversation
            if page.next is None:
                return
            page = self.list(q=q, cursor=page.next)

    def read(self, conversation_id: str) -> ConversationAnswer:
        """Return a conversation with its running avatar and its newest turn."""
        return self._transport.ask(get(path_of(ROOT, conversation_id)), ConversationAnswer)

    def rename(self, conversation_id: str, title: str) -> ConversationSummary:
        call = send("PATCH", path_of(ROOT, conversation_id), RenameConversationRequest(title=title))
        return self._transport.ask(call, ConversationSummary)

    def delete(self, conversation_id: str) -> DeletedAnswer:
        """Delete a conversation. `deleting`: it is gone from every list, the rest follows."""
        return self._transport.ask(delete(path_of(ROOT, conversation_id)), DeletedAnswer)

    def messages(
        self,
        conversation_id: str,
        *,
        limit: int | None = None,
        before: str | None = None,
        after: str | None = None,
    ) -> MessageList:
        """Return a page of messages, oldest first. The newest page without `before` and `after`."""
        path = path_of(ROOT, conversation_id, "messages")
        call = get(path, limit=limit, before=before, after=after)
        return self._transport.ask(call, MessageList)

    def rate(
        self,
        conversation_id: str,
        message_id: str,
        rating: Literal["good", "bad"] | None,
        comment: str | None = None,
    ) -> StoredMessage:
        """Rate a message of the assistant. None takes the rating back."""
        path = path_of(ROOT, conversation_id, "messages", message_id, "feedback")
        body = RateMessageRequest(rating=rating, comment=comment)
        return self._transport.ask(send("PUT", path, body, nulls=True), StoredMessage)
