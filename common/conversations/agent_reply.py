import asyncio
from collections.abc import Callable

from common.domain.errors import UpstreamNotFound
from common.domain.ids import ConversationId, UserId
from common.observability.request_trace import stopwatch
from common.ports.agent import Agent, AgentEvent, Delta, OnEvent


class AgentReply:
    """The agent's reply, read from this moment on, whoever comes to take it and when.

    Makes the agent's memory of the conversation where there is none yet, and once more where the
    agent does not know it.
    """

    def __init__(
        self, agent: Agent, user: UserId, conversation: ConversationId, message: str, *, new: bool
    ) -> None:
        self._agent = agent
        self._user = user
        self._conversation = conversation
        self._message = message
        self._early: list[AgentEvent] = []
        self._take: OnEvent = self._early.append
        self._spoke: Callable[[], None] | None = None
        self.remembered = not new
        """Whether the agent has a memory of this conversation."""
        self._reading = asyncio.ensure_future(self._read())

    async def forward_to(self, take: OnEvent) -> None:
        """Gives each event to `take` at the moment when it comes, from the first one on, until the
        last one. Raises the `Upstream` that broke it."""
        for event in self._early:
            take(event)
        self._take = take
        await self._reading

    async def close(self) -> None:
        """Closes the agent's stream, if it is still open."""
        self._reading.cancel()
        await asyncio.wait({self._reading})
        if not self._reading.cancelled():
            self._reading.exception()  # whoever listened has heard of it

    async def _read(self) -> None:
        await self._remember()
        try:
            await self._stream()
        except UpstreamNotFound:
            self.remembered = False
            await self._remember()
            await self._stream()

    async def _remember(self) -> None:
        if not self.remembered:
            await self._agent.create_session(self._user, self._conversation)
            self.remembered = True

    async def _stream(self) -> None:
        self._spoke = stopwatch("agent_first_token")
        await self._agent.reply(self._user, self._conversation, self._message, self._hear)

    def _hear(self, event: AgentEvent) -> None:
        if self._spoke is not None and isinstance(event, Delta):
            self._spoke()
            self._spoke = None
        self._take(event)
