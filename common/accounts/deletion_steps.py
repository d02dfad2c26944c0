"""The steps of the deletion of an account, in the order in which they run."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from common.domain.accounts.belongings import delete_all, documents_of, events_of
from common.domain.avatar_session import AvatarSession
from common.domain.conversation import Conversation
from common.domain.conversations.deleted_conversation import (
    COLLECTION,
    DeletedConversation,
    DeletionReason,
)
from common.domain.documents import Delete, Document, Query
from common.domain.errors import NotFound
from common.domain.ids import ConversationId, UserId
from common.domain.turn import STOP, TurnRecord, supersede
from common.ports.clock import Clock
from common.ports.dependencies import Dependencies
from common.ports.store import Store
from common.sessions.end import SessionEnder, always
from common.transactions.pages import read_all

AGENT_WRITES = 50
"""Agent sessions that deletions of accounts delete in a minute: half of Agent Engine's write quota
(100 a minute). The other half is for conversations that begin."""
MINUTE = timedelta(minutes=1)


async def delete_found(store: Store, query: Query) -> int:
    """Delete all documents of a query. Return their number."""
    deleted = 0
    while page := await store.query(query):
        await store.commit(delete_all(page))
        deleted += len(page)
    return deleted


class UserForgetter(Protocol):
    async def forget_user(self, user: UserId) -> None: ...


@dataclass(frozen=True)
class EndSessions:
    """Ends avatar sessions, and deletes their tokens, their records and their logs."""

    deps: Dependencies
    ender: SessionEnder

    async def delete(self, user: UserId) -> bool:
        store = self.deps.store
        for document in await store.query(documents_of("avatar_sessions", user)):
            session = AvatarSession.read(document)
            try:
                after = await self.ender.end(session.id, always("user"))
            except NotFound:  # deleted meanwhile
                continue
            if after.state != "ended":
                return False
        if await store.query(documents_of("avatar_sessions", user)):
            return False
        while page := await store.query(documents_of("ended_sessions", user)):
            for document in page:
                await self._delete(document)
        return True

    async def _delete(self, record: Document) -> None:
        session = AvatarSession.read(record)
        if session.secret_left:
            await self.deps.vault.forget(session.id)
        await delete_found(self.deps.store, events_of(session.id))
        await self.deps.store.commit([Delete(record.path)])


@dataclass(frozen=True)
class DisconnectGoogle:
    """Revokes the Google connection, and deletes its secrets and documents."""

    google: UserForgetter

    async def delete(self, user: UserId) -> bool:
        await self.google.forget_user(user)
        return True


@dataclass
class WriteQuota:
    """At most `most` writes in any minute, by this process."""

    clock: Clock
    most: int
    _writes: deque[datetime] = field(default_factory=deque)

    def take(self, writes: int) -> bool:
        """Count writes. Return False, and count nothing, if the minute has no more."""
        now = self.clock.now()
        while self._writes and self._writes[0] <= now - MINUTE:
            self._writes.popleft()
        if self._writes and len(self._writes) + writes > self.most:
            return False
        self._writes.extend([now] * writes)
        return True


class ConversationDeleter(Protocol):
    async def delete(
        self, user: UserId, conversation: ConversationId, reason: DeletionReason
    ) -> DeletedConversation | None: ...

    async def finish(self, deletion: DeletedConversation) -> DeletedConversation: ...


class DeleteConversations:
    """Deletes conversations with their messages, turns and agent sessions.

    A conversation counts as many writes at Agent Engine as it may have agent sessions.
    """

    def __init__(
        self, deps: Dependencies, deletion: ConversationDeleter, most: int = AGENT_WRITES
    ) -> None:
        self._deps = deps
        self._deletion = deletion
        self._quota = WriteQuota(deps.clock, most)

    async def delete(self, user: UserId) -> bool:
        return await self._finish_begun(user) and await self._delete_others(user)

    async def _finish_begun(self, user: UserId) -> bool:
        """Finish the deletions that a process began, also one that died."""
        is_over = True
        async for document in read_all(self._deps.store, documents_of(COLLECTION, user)):
            found = DeletedConversation.read(document)
            if found is None or found.state == "deleted":
                continue
            if not self._quota.take(found.sessions_left):
                return False
            after = await self._deletion.finish(found)
            is_over = is_over and after.state == "deleted"
        return is_over

    async def _delete_others(self, user: UserId) -> bool:
        is_over = True
        async for document in read_all(self._deps.store, documents_of("conversations", user)):
            if not self._quota.take(Conversation.of(document).branches.count + 1):
                return False
            try:
                after = await self._deletion.delete(user, ConversationId(document.id), "account")
            except NotFound:  # deleted meanwhile
                continue
            is_over = is_over and after is not None and after.state == "deleted"
        return is_over


@dataclass(frozen=True)
class DeleteTurns:
    """Deletes the turns that are over. One that still works is stopped, and left to a later sweep."""

    deps: Dependencies

    async def delete(self, user: UserId) -> bool:
        now, is_over = self.deps.clock.now(), True
        async for document in read_all(self.deps.store, documents_of("turns", user)):
            turn = TurnRecord.read(document)
            if turn is None:
                continue
            if not turn.is_final(now):
                is_over = False
                if turn.in_use and turn.superseded_by is None:
                    await self.deps.store.commit([supersede(turn.id, STOP)])
            else:
                await self.deps.store.commit([Delete(turn.path)])
        return is_over
