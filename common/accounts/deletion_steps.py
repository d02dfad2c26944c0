"""The steps of the deletion of an account, in the order in which they run."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from common.accounts.pages import delete_found, read_all
from common.domain.accounts import belongings
from common.domain.avatar_session import AvatarSession
from common.domain.documents import Delete, Document
from common.domain.errors import NotFound
from common.domain.ids import UserId
from common.domain.turn import STOP, SWEEP, TurnRecord, supersede
from common.ports.clock import Clock
from common.ports.dependencies import Dependencies
from common.sessions.end import SessionEnder, always

AGENT_WRITES = 50
"""Agent sessions that deletions of accounts delete in a minute: half of Agent Engine's write quota
(100 a minute). The other half is for conversations that begin."""
MINUTE = timedelta(minutes=1)


class ForgetsUsers(Protocol):
    async def forget_user(self, user: UserId) -> None: ...


@dataclass(frozen=True)
class EndSessions:
    """Ends avatar sessions, and deletes their tokens, their records and their logs."""

    deps: Dependencies
    ender: SessionEnder

    async def delete(self, user: UserId) -> bool:
        store = self.deps.store
        for document in await store.query(belongings.owned("avatar_sessions", user)):
            session = AvatarSession.read(document)
            try:
                after = await self.ender.end(session.id, always("user"))
            except NotFound:  # deleted meanwhile
                continue
            if after.state != "ended":
                return False
        if await store.query(belongings.owned("avatar_sessions", user)):
            return False
        while page := await store.query(belongings.owned("ended_sessions", user)):
            for document in page:
                await self._delete(document)
        return True

    async def _delete(self, record: Document) -> None:
        session = AvatarSession.read(record)
        if session.secret_left:
            await self.deps.vault.forget(session.id)
        await delete_found(self.deps.store, belongings.events_of(session.id))
        await self.deps.store.commit([Delete(record.path)])


@dataclass(frozen=True)
class DisconnectGoogle:
    """Revokes the Google connection, and deletes its secrets and documents."""

    google: ForgetsUsers

    async def delete(self, user: UserId) -> bool:
        await self.google.forget_user(user)
        return True


@dataclass
class WriteQuota:
    """At most `most` writes in any minute, by this process."""

    clock: Clock
    most: int
    _writes: deque[datetime] = field(default_factory=deque)

    def take(self) -> bool:
        """Count a write. Return False, and count nothing, if the minute has no more."""
        now = self.clock.now()
        while self._writes and self._writes[0] <= now - MINUTE:
            self._writes.popleft()
        if len(self._writes) >= self.most:
            return False
        self._writes.append(now)
        return True


class DeleteConversations:
    """Deletes conversations with their messages and agent sessions."""

    def __init__(self, deps: Dependencies, most: int = AGENT_WRITES) -> None:
        self._deps = deps
        self._quota = WriteQuota(deps.clock, most)

    async def delete(self, user: UserId) -> bool:
        async for conversation in read_all(
            self._deps.store, belongings.owned("conversations", user)
        ):
            if not self._quota.take():
                return False
            agent_session = conversation.get("agent_session") or conversation.id
            await self._deps.agent.delete_session(user, agent_session)
            await delete_found(self._deps.store, belongings.messages_of(conversation.id))
            await self._deps.store.commit([Delete(conversation.path)])
        return True


@dataclass(frozen=True)
class DeleteTurns:
    """Deletes the turns that are over. One that still works is stopped, and left to a later sweep."""

    deps: Dependencies

    async def delete(self, user: UserId) -> bool:
        now, is_over = self.deps.clock.now(), True
        async for document in read_all(self.deps.store, belongings.owned("turns", user)):
            turn = TurnRecord.read(document)
            if turn is None:
                continue
            late = (
                turn.settled_by == SWEEP and turn.deadline_at is not None and now < turn.deadline_at
            )
            if turn.in_use or (turn.state == "settled" and late):
                is_over = False
                if turn.in_use and turn.superseded_by is None:
                    await self.deps.store.commit([supersede(turn.id, STOP)])
            else:
                await self.deps.store.commit([Delete(turn.path)])
        return is_over
