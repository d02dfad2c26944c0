from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from common.domain.ids import UserId


@dataclass(frozen=True)
class Delta:
    """More text of the reply, in order, nothing twice.

    A message of another agent begins a paragraph, and is whole before the next agent's begins.
    """

    text: str


@dataclass(frozen=True)
class ToolCall:
    id: str
    name: str


@dataclass(frozen=True)
class ProposedAction:
    """An action that a tool will take only after a person has confirmed it."""

    tool: str
    title: str
    arguments: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True)
class ToolResult:
    """The end of a tool. `summary` says in a few words what it found or did.

    `unauthorized`: Google refused the access token of the turn.
    """

    id: str
    name: str
    summary: str | None = None
    proposal: ProposedAction | None = None
    unauthorized: bool = False


@dataclass(frozen=True)
class UsageSoFar:
    """The use of the reply until now.

    `tokens` counts all model calls, each one once, prompt and output together. `prompt` is that of
    the last call, and 0 where it is unknown.
    """

    tokens: int
    prompt: int


@dataclass(frozen=True)
class Finished:
    """The stream ended well. `tokens` is the use that the agent reported, None if it reported none.

    `waiting`: a long-running tool or a confirmation is pending, so that no text may have come.
    `unanswered`: a tool call has no result, or no text followed the last result.
    """

    tokens: int | None
    prompt: int = 0
    waiting: bool = False
    unanswered: bool = False


AgentEvent = Delta | ToolCall | ToolResult | UsageSoFar | Finished
OnEvent = Callable[[AgentEvent], None]
"""Called with each event as it comes, in the task that reads the socket (ADR 10)."""


SESSION_LIFE = timedelta(days=30)
"""How long an agent session lives after it was created."""


class Agent(Protocol):
    async def create_session(self, user: UserId, session: str) -> bool:
        """Create an agent session with this id. Return False if it exists already."""

    async def delete_session(self, user: UserId, session: str) -> None:
        """Delete an agent session. Succeeds if it does not exist."""

    async def reply(
        self,
        user: UserId,
        session: str,
        message: str,
        take: OnEvent,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        """Pass the reply to `take` as it is written; `Finished` is the last event of a whole one.

        The tools of this turn read `state`, whose keys begin with `temp:`. It is stored nowhere.

        Raises before the first event: `Busy` or `Unavailable` (the agent did not run),
        `UpstreamNotFound` (no such session), `Failed`, `Ambiguous` (it may have run). Raises later:
        `Failed` with kind `broken`, `silent`, `empty` or `failed`; `Busy` where the agent says so.
        Cancelling it closes the agent's stream.
        """
