"""The agent's memory of a conversation: made at its first message, and again when it is lost.

    expired, or lost ──► commit: expired ──► session made ──► asked, with the history ──► kept

A session is kept for the next turn once the agent has answered in it. A turn that dies or fails before
that leaves an expired session: the next turn gives the history again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common.conversations.reply.history import digest, with_history
from common.conversations.reply.reply_so_far import ReplySession
from common.conversations.running_turn import RunningTurn
from common.conversations.turn_book import TurnBook
from common.domain.conversation import Conversation, conversation_path
from common.domain.conversations.branches import Branches, agent_session_name
from common.domain.errors import Ambiguous, Unavailable, Upstream, UpstreamNotFound
from common.domain.ids import ConversationId, TurnId, UserId
from common.ports.agent import SESSION_LIFE, Agent
from common.ports.dependencies import Dependencies
from common.transactions.transaction import Decision, Documents

SESSION_MARGIN = timedelta(hours=1)
"""A session that expires this soon may be gone before the turn ends: whether it exists is asked."""


@dataclass(frozen=True)
class AgentRequest:
    """A question to the agent.

    `session` is the id of the agent session; `known` says that it was made before, and lives until
    `expires_at`. Messages before `number` are its history, without those that `branches` says were
    replaced. `is_up_to_date`: a session that exists has them, from turns that ended just now.
    `state` is for the tools of this turn.
    """

    user: UserId
    conversation: ConversationId
    number: int
    message: str
    session: str
    known: bool
    expires_at: datetime | None
    branches: Branches = field(default_factory=Branches)
    is_up_to_date: bool = False
    state: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class BeginRenewal:
    """Note that the agent session must be made again, before it is (a `Transaction`).

    If this process dies then, the next turn finds the session expired, and gives it the history. The
    result is False if a newer turn took over: it makes the session.
    """

    turn: TurnId
    conversation: ConversationId

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [conversation_path(self.conversation)]

    def decide(self, documents: Documents, now: datetime) -> Decision[bool]:
        document = documents[conversation_path(self.conversation)]
        conversation = Conversation.of(document) if document.exists else None
        if conversation is None or conversation.lease != self.turn:
            return Decision(result=False)
        return Decision(result=True, writes=[conversation.expire_agent_session(now)])


@dataclass(frozen=True)
class AgentMemory:
    """The agent session of one request. Notes in the turn's reply until when it lives."""

    agent: Agent
    book: TurnBook
    turn: RunningTurn[Any]
    request: AgentRequest
    now: datetime

    async def prepare(self) -> str | None:
        """Return the message to send. Make the session first if there is none, or it has expired.

        None: a newer turn took over.
        """
        request, expires_at = self.request, self.request.expires_at
        self.turn.reply.session = ReplySession(request.session, expires_at)
        if not request.known:
            created = await self.agent.create_session(request.user, request.session)
            if not created and request.is_up_to_date:
                self.turn.reply.session.expires_at = self.now + SESSION_LIFE
                return request.message
            return await self._with_history(is_lost=False)
        if expires_at is None or self.now < expires_at - SESSION_MARGIN:
            return request.message
        if not await self._begin_renewal():
            return None
        created = await self.agent.create_session(request.user, request.session)
        if not created and self.now < expires_at:
            self.turn.reply.session.expires_at = expires_at
            return request.message
        return await self._with_history(is_lost=True)

    async def renew(self, error: Upstream) -> str | None:
        """Make a session again that turned out to be lost. Return the message to send.

        None if `error` has another cause, or a newer turn took over.
        """
        request = self.request
        if not request.known or self.turn.reply.session.renewed or isinstance(error, Unavailable):
            return None
        if not await self._begin_renewal():
            return None
        created = await self.agent.create_session(request.user, request.session)
        if not created and not isinstance(error, UpstreamNotFound):
            self.turn.reply.session.expires_at = request.expires_at or self.now + SESSION_LIFE
            return None
        return await self._with_history(is_lost=True)

    async def _begin_renewal(self) -> bool:
        """Return False if a newer turn took over: it makes the session. The turn then ends."""
        begin = BeginRenewal(self.turn.record.id, self.request.conversation)
        try:
            begun = await self.book.transactions.run(begin)
        except (Unavailable, Ambiguous) as error:
            raise _not_restored(error) from None
        self.book.learn(begun.documents[conversation_path(self.request.conversation)])
        self.turn.reply.session.expires_at = None
        if not begun.result:
            self.turn.interruption.request("interrupted")
        return begun.result

    async def _with_history(self, *, is_lost: bool) -> str:
        """Return the message with the conversation's history before it."""
        session = self.turn.reply.session
        try:
            history = await self._history()
        except Unavailable as error:
            raise _not_restored(error) from None
        session.has_history, session.renewed = False, is_lost
        session.expires_at = self.now + SESSION_LIFE
        return with_history(self.request.message, history)

    async def _history(self) -> str:
        request = self.request
        if request.number <= 1:
            return ""
        store = self.book.transactions.store
        return await digest(store, request.conversation, request.number, request.branches)


def _not_restored(error: Upstream) -> Unavailable:
    """Return the failure of a turn that is admitted: its answer must not say otherwise."""
    why = "its memory of the conversation cannot be restored now"
    return Unavailable("agent", why, retry_after=error.retry_after)


def memory_of(
    deps: Dependencies,
    book: TurnBook,
    turn: RunningTurn[Any],
    message: str,
    state: Mapping[str, Any],
    *,
    is_up_to_date: bool,
) -> AgentMemory:
    """Return the agent session of a turn: its conversation's, or a new one if a branch begins.

    `message` is sent to the agent, `state` is for its tools in this turn. `is_up_to_date` is as in
    `AgentRequest`.
    """
    record, before = turn.record, turn.admitted.conversation
    begins, branches = record.begins, before.branches if before else Branches()
    known = before.agent_session if before and begins is None else None
    branch = begins.number if begins else branches.count
    request = AgentRequest(
        user=record.uid,
        conversation=record.conversation_id,
        number=begins.history_before if begins else record.number,
        message=message,
        session=known or agent_session_name(record.conversation_id, branch),
        known=known is not None,
        expires_at=before.agent_session_expires_at if before and known else None,
        branches=branches,
        is_up_to_date=is_up_to_date and begins is None,
        state=state,
    )
    return AgentMemory(deps.agent, book, turn, request, deps.clock.now())
