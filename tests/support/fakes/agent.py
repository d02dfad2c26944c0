import asyncio
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.domain import errors
from common.domain.ids import UserId
from common.ports.agent import (
    AgentEvent,
    Delta,
    Finished,
    OnEvent,
    ToolCall,
    ToolResult,
    UsageSoFar,
)
from tests.support.simulation.journal import CURRENT_REQUEST


@dataclass(frozen=True)
class ToolEffect:
    """A tool that takes `seconds` and changes something outside. Once begun, it finishes, also when
    the caller closes the stream meanwhile."""

    name: str
    seconds: float = 0.0


Step = AgentEvent | ToolEffect | str | float | errors.Upstream
"""`str`: a `Delta`. `float`: a pause in seconds. An error is raised."""


@dataclass(frozen=True)
class AgentCall:
    user: UserId
    session: str
    message: str


class FakeAgent:
    """Replies with the next script of `replies`, or else with the message that it was asked.

    A script without `Finished` ends with `Finished(10)`.
    """

    def __init__(self, *replies: Sequence[Step], strict: bool = True) -> None:
        """`strict`: a reply in a session that was not created raises `UpstreamNotFound`."""
        self.replies = deque(replies)
        self.asked: list[AgentCall] = []
        self.states: list[dict[str, Any]] = []
        """The state of each call, for the tools of its turn."""
        self.sessions: set[tuple[UserId, str]] = set()
        self.made: list[str] = []
        self.deleted: list[str] = []
        self.ended = 0
        """Replies that ended or failed."""
        self.left = 0
        """Replies that were cancelled before their end."""
        self.effects: list[tuple[str, str]] = []
        """Effects of tools: the request's label and the tool's name."""
        self.streams: Counter[str] = Counter()
        """Open streams by session."""
        self.most_streams: Counter[str] = Counter()
        """The most streams that were open at once, by session."""
        self._strict = strict

    async def create_session(self, user: UserId, session: str) -> bool:
        self.made.append(session)
        is_new = (user, session) not in self.sessions
        self.sessions.add((user, session))
        return is_new

    async def delete_session(self, user: UserId, session: str) -> None:
        self.deleted.append(session)
        self.sessions.discard((user, session))

    async def reply(
        self,
        user: UserId,
        session: str,
        message: str,
        take: OnEvent,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        self.asked.append(AgentCall(user, session, message))
        self.states.append(dict(state or {}))
        if self._strict and (user, session) not in self.sessions:
            raise errors.UpstreamNotFound("agent", "no such session")
        script = self.replies.popleft() if self.replies else ["You said: ", f"{message}."]
        whole = False
        self.streams[session] += 1
        self.most_streams[session] = max(self.most_streams[session], self.streams[session])
        try:
            for step in script:
                match step:
                    case float() | int():
                        await asyncio.sleep(step)
                    case errors.Upstream():
                        whole = True
                        raise step
                    case str():
                        take(Delta(step))
                    case Finished():
                        whole = True
                        take(step)
                    case ToolEffect(name, seconds):
                        await self._use(name, seconds, take)
                    case Delta() | ToolCall() | ToolResult() | UsageSoFar():
                        take(step)
            if not whole:
                whole = True
                take(Finished(10))
        finally:
            self.streams[session] -= 1
            self.ended += whole
            self.left += not whole

    async def _use(self, name: str, seconds: float, take: OnEvent) -> None:
        call, effect = f"call-{len(self.asked)}", (CURRENT_REQUEST.get(), name)
        take(ToolCall(call, name))
        asyncio.get_running_loop().call_later(seconds, self.effects.append, effect)
        await asyncio.sleep(seconds)
        take(ToolResult(call, name))
