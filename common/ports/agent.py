from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from common.domain.ids import ConversationId, UserId


@dataclass(frozen=True)
class Delta:
    """More text of the reply, in order, nothing twice."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    id: str
    name: str


@dataclass(frozen=True)
class ToolResult:
    id: str
    name: str


@dataclass(frozen=True)
class Finished:
    """The reply is whole. `tokens` is what the agent says it used, prompt and reply together; None
    where it did not say."""

    tokens: int | None


AgentEvent = Delta | ToolCall | ToolResult | Finished
OnEvent = Callable[[AgentEvent], None]
"""Called with each event at the moment when it comes. A task and a generator for each would cost a
token more than all that is done with it."""


class Agent(Protocol):
    async def create_session(self, user: UserId, session: ConversationId) -> None:
        """The agent's memory of a conversation, under the conversation's own id. Made already: fine."""

    async def delete_session(self, user: UserId, session: ConversationId) -> None:
        """Gone already: fine."""

    async def reply(
        self, user: UserId, session: ConversationId, message: str, take: OnEvent
    ) -> None:
        """Gives the reply to `take` as it is written; `Finished` is the last event of a whole one.

        Before the first event: `Busy` (after a few tries), `Missing` (no such session; it was not
        made again), `Failed`. Later: `Failed` with kind `broken`, `silent`, `empty` or `failed`.
        Cancelled, it closes the agent's stream.
        """
