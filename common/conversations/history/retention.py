"""The sweep's work on conversations: finish deletions, and delete what is kept long enough."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from common.conversations.history.deletion import ConversationDeletion
from common.domain.conversation import unused_conversations
from common.domain.conversations.deleted_conversation import COLLECTION, DeletedConversation
from common.domain.documents import Document, Query, due_documents
from common.domain.errors import NotFound
from common.domain.ids import ConversationId, UserId


@dataclass(frozen=True)
class FinishDeletions:
    """Finishes deletions whose process died (a sessions/due_work.py `DueWork`)."""

    deletion: ConversationDeletion

    def due(self, now: datetime, limit: int) -> Query:
        return due_documents(COLLECTION, now, limit)

    async def finish(self, document: Document, counts: Counter[str]) -> None:
        found = DeletedConversation.read(document)
        if found is None or found.state == "deleted":
            return
        after = await self.deletion.finish(found)
        counts["deleted"] += after.state == "deleted"


@dataclass(frozen=True)
class DeleteOldConversations:
    """Deletes conversations that were not used for `days` (a sessions/due_work.py `DueWork`)."""

    deletion: ConversationDeletion
    days: int | None

    def due(self, now: datetime, limit: int) -> Query | None:
        if self.days is None:
            return None
        return unused_conversations(now - timedelta(days=self.days), limit)

    async def finish(self, document: Document, counts: Counter[str]) -> None:
        if self.days is None:
            return
        since = self.deletion.deps.clock.now() - timedelta(days=self.days)
        user, conversation = UserId(document.get("uid", "")), ConversationId(document.id)
        try:
            after = await self.deletion.delete(user, conversation, "retention", since)
        except NotFound:  # deleted meanwhile
            return
        counts["deleted"] += after is not None and after.state == "deleted"
