"""The tombstone of a conversation that was deleted, until everything that belonged to it is gone.

    deleting ──► deleted

The commit that creates it deletes the conversation's document: from then on no request finds the
conversation, no turn of it can begin and no message can be added. `due_at` makes the sweep finish a
deletion whose process died. A finished tombstone stays for a day, as long as an Idempotency-Key of
the conversation's turns may come again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Self

from common.domain.conversation import Conversation
from common.domain.conversations.branches import agent_session_name
from common.domain.documents import (
    Create,
    Delete,
    Document,
    Query,
    Update,
    Where,
    Write,
    read_fields,
)
from common.domain.ids import NO_USER, AvatarSessionId, ConversationId, UserId

COLLECTION = "deleted_conversations"
DUE = timedelta(seconds=30)
"""The process that deletes has this long before the sweep goes on."""
AGAIN = timedelta(seconds=60)
KEPT = timedelta(hours=24)

DeletionState = Literal["deleting", "deleted"]
DeletionReason = Literal["user", "retention", "account"]


def deleted_path(conversation: ConversationId) -> str:
    return f"{COLLECTION}/{conversation}"


def turns_of(conversation: ConversationId, limit: int) -> Query:
    """Return the query of the turns of a conversation."""
    return Query("turns", (Where("conversation_id", "==", conversation),), limit=limit)


@dataclass(frozen=True)
class DeletedConversation:
    """A deletion as it was read. `sessions_left` counts the agent sessions that may still exist."""

    id: ConversationId
    uid: UserId = NO_USER
    state: DeletionState = "deleting"
    reason: DeletionReason = "user"
    requested_at: datetime | None = None
    avatar_session_id: AvatarSessionId | None = None
    sessions_left: int = 0
    due_at: datetime | None = None
    expires_at: datetime | None = None

    @classmethod
    def read(cls, document: Document) -> Self | None:
        """Return the deletion at `document`, or None if there is none."""
        if not document.exists:
            return None
        return cls(id=ConversationId(document.id), **read_fields(cls, document))

    @property
    def path(self) -> str:
        return deleted_path(self.id)

    def agent_sessions(self) -> list[str]:
        """Return the names of the agent sessions that are left, the newest first."""
        numbers = range(self.sessions_left - 1, -1, -1)
        return [agent_session_name(self.id, number) for number in numbers]

    def note_sessions_left(self, left: int) -> Update:
        """Note that only the oldest `left` agent sessions may still exist."""
        return Update(self.path, {"sessions_left": left})

    def postpone(self, now: datetime) -> Update:
        return Update(self.path, {"due_at": now + AGAIN})

    def finish(self, now: datetime) -> Update:
        fields = {"state": "deleted", "due_at": None, "expires_at": now + KEPT}
        return Update(self.path, fields)


def begin_deletion(
    conversation: Conversation, reason: DeletionReason, now: datetime, tombstone: Document
) -> tuple[DeletedConversation, list[Write]]:
    """Return the deletion of a conversation, and the writes that make the conversation invisible."""
    deletion = DeletedConversation(
        id=conversation.id,
        uid=conversation.uid,
        reason=reason,
        requested_at=now,
        avatar_session_id=conversation.avatar.avatar_session_id if conversation.avatar else None,
        sessions_left=conversation.branches.count + 1,
        due_at=now + DUE,
    )
    fields = {name: value for name, value in vars(deletion).items() if name != "id"}
    mark: Write = Create(deletion.path, fields)
    if tombstone.exists:
        mark = Update(deletion.path, fields, read=tombstone.version)
    return deletion, [Delete(conversation.document.path, read=conversation.document.version), mark]
