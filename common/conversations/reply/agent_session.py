"""The agent's memory of a conversation: made at its first message, and again when it is lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common.conversations.reply.history import digest, with_history
from common.conversations.reply.reply_so_far import ReplySession, ReplySoFar
from common.conversations.running_turn import RunningTurn
from common.domain.conversations.branches import Branches, agent_session_name
from common.domain.errors import Unavailable
from common.domain.ids import ConversationId, UserId
from common.ports.agent import SESSION_LIFE, Agent
from common.ports.dependencies import Dependencies
from common.ports.store import Store

SESSION_MARGIN = timedelta(hours=1)


@dataclass(frozen=True)
class AgentRequest:
    """A question to the agent.

    `session` is the id of the agent session; `known` says that it was made before, and lives until
    `expires_at`. Messages before `number` are its history, without those that `branches` says were
    replaced. `is_new`: a branch begins, so that a new session is no loss. `state` is for the
    tools of this turn.
    """

    user: UserId
    conversation: ConversationId
    number: int
    message: str
    session: str
    known: bool
    expires_at: datetime | None
    branches: Branches = field(default_factory=Branches)
    is_new: bool = False
    state: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class AgentMemory:
    """The agent session of one request. Notes in `reply` until when it lives."""

    agent: Agent
    store: Store
    request: AgentRequest
    reply: ReplySoFar
    now: datetime

    @property
    def is_usable(self) -> bool:
        expires_at = self.request.expires_at
        expired = expires_at is not None and expires_at - SESSION_MARGIN <= self.now
        return self.request.known and not expired

    async def prepare(self) -> str:
        """Make the session where there is none yet, or it has expired. Return the message to send."""
        request = self.request
        self.reply.session = ReplySession(request.session, request.expires_at)
        if self.is_usable or (message := await self.make()) is None:
            return request.message
        return message

    async def make(self) -> str | None:
        """Make the session, and return the message with the conversation's history before it.

        None if the session exists already, and is known to have the history.
        """
        request = self.request
        created = await self.agent.create_session(request.user, request.session)
        self.reply.session.expires_at = self.now + SESSION_LIFE
        if not created and not request.is_new:
            return None
        if request.number <= 1:
            return request.message
        self.reply.session.renewed = created and not request.is_new
        try:
            history = await digest(
                self.store, request.conversation, request.number, request.branches
            )
        except Unavailable as error:  # the turn is admitted: its answer must not say otherwise
            why = "its memory of the conversation cannot be restored now"
            raise Unavailable("agent", why, retry_after=error.retry_after) from None
        return with_history(request.message, history)


def memory_of(
    deps: Dependencies, turn: RunningTurn[Any], message: str, state: Mapping[str, Any]
) -> AgentMemory:
    """Return the agent session of a turn: its conversation's, or a new one if a branch begins.

    `message` is sent to the agent, `state` is for its tools in this turn.
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
        is_new=begins is not None,
        state=state,
    )
    return AgentMemory(deps.agent, deps.store, request, turn.reply, deps.clock.now())
