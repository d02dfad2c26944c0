from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from common.conversations.history.deletion import ConversationDeletion
from common.conversations.history.listing import list_conversations, summary
from common.conversations.history.messages import RateMessage, list_messages
from common.conversations.history.reading import read_conversation
from common.domain.conversation import Conversation, conversation_path
from common.domain.documents import Document
from common.domain.errors import NotFound
from common.domain.ids import ConversationId, UserId
from common.domain.user import User
from common.ports.dependencies import Dependencies
from common.schemas.conversations import (
    ConversationAnswer,
    ConversationList,
    ConversationSummary,
    DeleteConversationRequest,
    DeletedAnswer,
    ListConversationsRequest,
    ListMessagesRequest,
    MessageList,
    RateMessageRequest,
    ReadConversationRequest,
    RenameConversationRequest,
    StoredMessage,
)
from common.transactions.transaction import Decision, Documents, Transactions


@dataclass(frozen=True)
class RenameConversation:
    """Give a conversation a title (a `Transaction`). The result is its summary."""

    user: UserId
    request: RenameConversationRequest

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [conversation_path(ConversationId(self.request.conversation_id))]

    def decide(self, documents: Documents, now: datetime) -> Decision[ConversationSummary]:
        (path,) = self.paths(now)
        write = Conversation.read(documents[path], self.user).rename(self.request.title)
        renamed = Document(path, {**(documents[path].fields or {}), **write.fields})
        return Decision(summary(renamed), [write])


@dataclass(frozen=True)
class ConversationHistory:
    """A user's conversations: listed, read, renamed, rated and deleted.

    Every method raises NotFound for a conversation that is missing, and for another user's.
    """

    deps: Dependencies
    deletion: ConversationDeletion

    async def page(self, caller: User, request: ListConversationsRequest) -> ConversationList:
        return await list_conversations(self.deps.store, caller.uid, request)

    async def read(self, caller: User, request: ReadConversationRequest) -> ConversationAnswer:
        return await read_conversation(self.deps, caller, ConversationId(request.conversation_id))

    async def messages(self, caller: User, request: ListMessagesRequest) -> MessageList:
        return await list_messages(self.deps.store, caller.uid, request)

    async def rename(self, caller: User, request: RenameConversationRequest) -> ConversationSummary:
        return (await self._transactions.run(RenameConversation(caller.uid, request))).result

    async def rate(self, caller: User, request: RateMessageRequest) -> StoredMessage:
        return (await self._transactions.run(RateMessage(caller.uid, request))).result

    async def delete(self, caller: User, request: DeleteConversationRequest) -> DeletedAnswer:
        """Delete a conversation. A second call returns how far the deletion has come."""
        conversation = ConversationId(request.conversation_id)
        deletion = await self.deletion.delete(caller.uid, conversation)
        if deletion is None:
            raise NotFound("There is no such conversation.")
        return DeletedAnswer(conversation_id=deletion.id, state=deletion.state)

    @property
    def _transactions(self) -> Transactions:
        return Transactions(self.deps.store, self.deps.clock, self.deps.pause)
