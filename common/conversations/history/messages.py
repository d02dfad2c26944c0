"""Pages of a conversation's messages, and what a person thinks of one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from common.conversations.answers import turn_end
from common.domain.conversation import Conversation, conversation_path
from common.domain.conversations.branches import Branches
from common.domain.conversations.messages import MessagePlace, message_page, messages_path, rate
from common.domain.documents import NEVER, Document
from common.domain.errors import Invalid, NotFound
from common.domain.ids import ConversationId, UserId
from common.ports.store import Store
from common.schemas.conversations import (
    ListMessagesRequest,
    MessageFeedback,
    MessageList,
    RateMessageRequest,
    StoredMessage,
)
from common.transactions.transaction import Decision, Documents

NO_MESSAGE = "There is no such message."


async def list_messages(store: Store, user: UserId, request: ListMessagesRequest) -> MessageList:
    """Return a page of messages, the oldest first. Raises NotFound.

    A page costs the conversation's document and at most `limit` + 1 messages, wherever it lies.
    """
    conversation_id = ConversationId(request.conversation_id)
    (document,) = await store.get([conversation_path(conversation_id)])
    conversation = Conversation.read(document, user)
    before, after = _place(request.before), _place(request.after)
    query = message_page(conversation_id, request.limit + 1, before=before, after=after)
    found = await store.query(query)
    if before is not None and after is not None:
        found = [each for each in found if each.id < before.id]
    page = [stored_message(each, conversation.branches) for each in found[: request.limit]]
    if query.descending:
        page.reverse()
    return MessageList(messages=page, more=len(found) > request.limit)


@dataclass(frozen=True)
class RateMessage:
    """Keep or take back a rating (a `Transaction`). The result is the message."""

    user: UserId
    request: RateMessageRequest

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [conversation_path(self._conversation), self._message]

    def decide(self, documents: Documents, now: datetime) -> Decision[StoredMessage]:
        path = conversation_path(self._conversation)
        conversation = Conversation.read(documents[path], self.user)
        message = documents[self._message]
        if not message.exists:
            raise NotFound(NO_MESSAGE)
        if message.get("role") != "assistant":
            fields = [("message_id", "must be a message of the assistant")]
            raise Invalid("Invalid fields.", fields=fields)
        write, feedback = rate(message, self.request.rating, self.request.comment, now)
        rated = Document(message.path, {**(message.fields or {}), "feedback": feedback})
        return Decision(stored_message(rated, conversation.branches), [write])

    @property
    def _conversation(self) -> ConversationId:
        return ConversationId(self.request.conversation_id)

    @property
    def _message(self) -> str:
        return f"{messages_path(self._conversation)}/{self.request.message_id}"


def stored_message(document: Document, branches: Branches) -> StoredMessage:
    place, feedback = MessagePlace.parse(document.id), document.get("feedback")
    ended = document.get("ended")
    return StoredMessage(
        message_id=document.id,
        role=document.get("role", "user"),
        text=document.get("text", ""),
        created_at=document.get("at", NEVER),
        turn_id=document.get("turn_id"),
        ended=turn_end(ended) if ended else None,
        spoken=document.get("spoken"),
        tokens=document.get("tokens"),
        feedback=MessageFeedback(**feedback) if feedback and "rating" in feedback else None,
        replaced=place is not None and branches.is_replaced(place),
    )


def _place(message: str | None) -> MessagePlace | None:
    """Return the place of a message, which may be gone. Raises NotFound for a text that is no id."""
    if message is None:
        return None
    place = MessagePlace.parse(message)
    if place is None:
        raise NotFound(NO_MESSAGE)
    return place
