"""Delete a conversation, so that any process can finish what another one began.

    mark (invisible from here on) ──► turns stopped ──► avatar session ended ──► messages
        ──► agent sessions ──► turns ──► deleted

The mark deletes the conversation's document and leaves a tombstone. Each later step looks for what is
left and deletes it, so that the whole can be repeated, and can run twice at once. Messages go only
when no turn of the conversation works any more: from then on none can be added.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from common.conversations.running_turns import RunningTurns
from common.domain.conversation import Conversation, conversation_path
from common.domain.conversations.deleted_conversation import (
    DeletedConversation,
    DeletionReason,
    begin_deletion,
    deleted_path,
    turns_of,
)
from common.domain.conversations.messages import message_page
from common.domain.documents import Delete, Document, Update
from common.domain.errors import Conflict, NotFound, OprinaError
from common.domain.ids import ConversationId, UserId
from common.domain.turn import STOP, TurnRecord, supersede, turn_path
from common.observability.log import log
from common.ports.dependencies import Dependencies
from common.sessions.end import SessionEnder, always
from common.transactions.transaction import (
    Decision,
    Documents,
    ReadMore,
    Transactions,
)

BATCH = 200
"""Documents deleted in one commit. Firestore allows 500."""
SESSIONS_AT_ONCE = 10
"""Agent sessions deleted between two notes of how many are left."""
SECONDS = 10.0
"""One process works on one deletion for this long, then leaves the rest to the sweep."""
POLL = 0.2


@dataclass(frozen=True)
class MarkDeleted:
    """Make a conversation invisible, and stop its turn (a `Transaction`).

    The result is the deletion, also one that began before. It is None if the conversation was used
    since `unless_used_since`.
    """

    conversation: ConversationId
    user: UserId
    reason: DeletionReason
    unless_used_since: datetime | None = None

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [conversation_path(self.conversation), deleted_path(self.conversation)]

    def decide(self, documents: Documents, now: datetime) -> Decision[DeletedConversation | None]:
        document, tombstone = (documents[path] for path in self.paths(now))
        known = DeletedConversation.read(tombstone)
        if not document.exists and known is not None and known.uid == self.user:
            return Decision(known)
        conversation = Conversation.read(document, self.user)
        if self._is_used(document):
            return Decision(None)
        deletion, writes = begin_deletion(conversation, self.reason, now, tombstone)
        return Decision(deletion, [*writes, *self._stop(conversation, documents)])

    def _is_used(self, document: Document) -> bool:
        since = self.unless_used_since
        return since is not None and document.get("updated_at") > since

    def _stop(self, conversation: Conversation, documents: Documents) -> Sequence[Update]:
        if conversation.lease is None:
            return []
        path = turn_path(conversation.lease)
        if path not in documents:
            raise ReadMore(path)
        turn = TurnRecord.read(documents[path])
        if turn is None or not turn.in_use or turn.superseded_by is not None:
            return []
        return [supersede(turn.id, STOP)]


@dataclass(frozen=True)
class ConversationDeletion:
    """Deletes conversations. `running` are the turns of this process."""

    deps: Dependencies
    sessions: SessionEnder
    running: RunningTurns

    async def delete(
        self,
        user: UserId,
        conversation: ConversationId,
        reason: DeletionReason = "user",
        unless_used_since: datetime | None = None,
    ) -> DeletedConversation | None:
        """Delete a conversation. Return how far the deletion has come.

        None if the conversation was used since `unless_used_since`. Raises NotFound for one that is
        missing, or another user's.
        """
        mark = MarkDeleted(conversation, user, reason, unless_used_since)
        deletion = (await self._transactions.run(mark)).result
        if deletion is None or deletion.state == "deleted":
            return deletion
        return await self.finish(deletion)

    async def finish(self, deletion: DeletedConversation) -> DeletedConversation:
        """Delete what is left of a conversation. What cannot be deleted now is left to the sweep."""
        until = asyncio.get_running_loop().time() + SECONDS
        try:
            is_over = await self._delete_all(deletion, until)
        except OprinaError as error:
            log.warning(
                "a deletion is not finished: %s",
                error.code,
                extra={"conversation_id": deletion.id},
            )
            is_over = False
        now = self.deps.clock.now()
        note = deletion.finish(now) if is_over else deletion.postpone(now)
        try:
            await self.deps.store.commit([note])
        except OprinaError as error:
            log.warning("a deletion is not noted: %s", error.code)
        (document,) = await self.deps.store.get([deletion.path])
        return DeletedConversation.read(document) or deletion

    async def _delete_all(self, deletion: DeletedConversation, until: float) -> bool:
        """Return True if nothing is left."""
        return (
            await self._turns_are_over(deletion.id, until)
            and await self._end_avatar(deletion)
            and await self._delete_messages(deletion.id, until)
            and await self._delete_agent_sessions(deletion, until)
            and await self._delete_turns(deletion.id, until)
        )

    async def _turns_are_over(self, conversation: ConversationId, until: float) -> bool:
        """Stop the turns that still work, and wait until each is settled."""
        while True:
            working = [turn for turn in await self._turns(conversation) if turn.in_use]
            if not working:
                return True
            for turn in working:
                await self._stop(turn)
            if asyncio.get_running_loop().time() >= until:
                return False
            await asyncio.sleep(POLL)

    async def _turns(self, conversation: ConversationId) -> list[TurnRecord]:
        found = map(TurnRecord.read, await self.deps.store.query(turns_of(conversation, BATCH)))
        return [turn for turn in found if turn is not None]

    async def _stop(self, turn: TurnRecord) -> None:
        if turn.superseded_by is None:
            try:
                await self.deps.store.commit([supersede(turn.id, STOP)])
            except Conflict:  # it is gone
                return
        self.running.stop(turn)

    async def _end_avatar(self, deletion: DeletedConversation) -> bool:
        session = deletion.avatar_session_id
        if session is None:
            return True
        try:
            after = await self.sessions.end(session, always("user"))
        except NotFound:
            return True
        return after.state == "ended"

    async def _delete_messages(self, conversation: ConversationId, until: float) -> bool:
        while asyncio.get_running_loop().time() < until:
            found = await self.deps.store.query(message_page(conversation, BATCH))
            await self.deps.store.commit([Delete(message.path) for message in found])
            if len(found) < BATCH:
                return True
        return False

    async def _delete_agent_sessions(self, deletion: DeletedConversation, until: float) -> bool:
        names = deletion.agent_sessions()
        for at in range(0, len(names), SESSIONS_AT_ONCE):
            if asyncio.get_running_loop().time() >= until:
                return False
            for name in names[at : at + SESSIONS_AT_ONCE]:
                await self.deps.agent.delete_session(deletion.uid, name)
            left = max(0, len(names) - at - SESSIONS_AT_ONCE)
            await self.deps.store.commit([deletion.note_sessions_left(left)])
        return True

    async def _delete_turns(self, conversation: ConversationId, until: float) -> bool:
        """Delete the turns. One that its process may still correct stays for a later sweep."""
        while asyncio.get_running_loop().time() < until:
            found, now = await self._turns(conversation), self.deps.clock.now()
            over = [turn for turn in found if turn.is_final(now)]
            await self.deps.store.commit([Delete(turn.path) for turn in over])
            if len(over) < len(found):
                return False
            if len(found) < BATCH:
                return True
        return False

    @property
    def _transactions(self) -> Transactions:
        return Transactions(self.deps.store, self.deps.clock, self.deps.pause)
