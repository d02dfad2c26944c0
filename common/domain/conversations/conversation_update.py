"""The change that a turn makes to its conversation when it ends."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.domain.conversation import Conversation
from common.domain.conversations.messages import MessagePlace
from common.domain.turn import TurnRecord


@dataclass(frozen=True)
class ConversationUpdate:
    """The fields that a turn changes in its conversation when its agent stream closes, or it ends."""

    last_prompt: int = 0
    agent_session: str | None = None
    agent_session_expires_at: datetime | None = None
    notes: tuple[dict[str, Any], ...] = ()
    tools: tuple[str, ...] | None = None
    """The tools that ran. Without them: those that the last checkpoint knows."""
    taken_back: bool = False

    def fields(self, conversation: Conversation, record: TurnRecord) -> dict[str, Any]:
        """Return the fields to write. A turn whose branch was replaced changes nothing of the new one.

        A branch that failed before the agent was reached is taken back, unless a newer turn went on.
        """
        found: dict[str, Any] = {}
        branches, tools = conversation.branches, record.tools if self.tools is None else self.tools
        if tools:
            found["tool_runs"] = branches.with_tools(tools, record.number)
        if branches.is_replaced(MessagePlace.of(record.number, "assistant")):
            return found
        if self.taken_back and record.begins is not None:
            return found | (record.begins.restores if conversation.lease == record.id else {})
        if self.last_prompt:
            found["last_prompt"] = self.last_prompt
        session = self.agent_session
        if session is not None and (
            session == conversation.agent_session
            or branches.is_current_session(conversation.id, session)
        ):
            found["agent_session"] = self.agent_session
            found["agent_session_expires_at"] = self.agent_session_expires_at
        if self.notes:
            found["notes"] = conversation.with_notes(list(self.notes))
        return found
