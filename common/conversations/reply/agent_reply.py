"""One reply of the agent: its session, its stream, and what the agent must be told first."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common.conversations.reply.history import digest, primed
from common.domain.errors import OprinaError, Unavailable, Upstream, UpstreamNotFound
from common.domain.google.proposal import Proposal
from common.domain.ids import ConversationId, UserId
from common.domain.turn import Progress
from common.observability.request_trace import stopwatch
from common.ports.agent import (
    Agent,
    AgentEvent,
    Delta,
    Finished,
    OnEvent,
    ProposedAction,
    ToolResult,
    UsageSoFar,
)
from common.ports.store import Store
from common.speech.speech_output import MayAct

SESSION_LIFE = timedelta(days=30)
"""Agent Engine keeps a session this long: the `ttl` that adapters/agent_engine/client.py asks
for."""
SESSION_MARGIN = timedelta(hours=1)


@dataclass
class ReplySoFar:
    """The reply as far as the agent has sent it. Checkpoints and settlement read it."""

    texts: list[str] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    events: int = 0
    told: int | None = None
    prompt: int = 0
    finished: Finished | None = None
    error: OprinaError | None = None
    session_id: str | None = None
    session_expires_at: datetime | None = None
    proposed: list[ProposedAction] = field(default_factory=list)
    unauthorized: bool = False
    """Google refused the access token of the turn."""
    renewed: bool = False
    """The agent's memory was lost or had expired, and was made again from the stored messages."""

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def reached(self) -> bool:
        """Return False if the agent certainly did not run.

        It was not asked, or it said so before any event.
        """
        did_not_run = self.events == 0 and isinstance(self.error, Unavailable | UpstreamNotFound)
        return self.asked.is_set() and not did_not_run

    def note(self, event: AgentEvent) -> None:
        """Count an event, and keep the usage that it reports."""
        self.events += 1
        match event:
            case UsageSoFar(tokens, prompt):
                self.told, self.prompt = tokens, prompt
            case Finished(tokens, prompt):
                self.finished = event
                self.told = tokens if tokens is not None else self.told
                self.prompt = prompt or self.prompt
            case ToolResult(proposal=proposal, unauthorized=unauthorized):
                self.proposed += [proposal] if proposal else []
                self.unauthorized |= unauthorized

    def progress(
        self, spoken: str = "", characters: int = 0, proposals: tuple[Proposal, ...] = ()
    ) -> Progress:
        asked = self.asked.is_set()
        return Progress(asked, self.told, self.prompt, self.text, spoken, characters, proposals)


@dataclass(frozen=True)
class AgentRequest:
    """A question to the agent.

    `session` is the id of the agent session; `known` says that it was made before, and lives until
    `expires_at`. `number` is the message's: earlier ones are its history. `state` is for the tools
    of this turn.
    """

    user: UserId
    conversation: ConversationId
    number: int
    message: str
    session: str
    known: bool
    expires_at: datetime | None
    state: Mapping[str, Any] = field(default_factory=dict, repr=False)


async def read_reply(
    agent: Agent,
    store: Store,
    request: AgentRequest,
    reply: ReplySoFar,
    take: OnEvent,
    guard: MayAct,
    now: datetime,
) -> None:
    """Ask the agent, if the turn may still act, and pass each event to `take`.

    Raises the `Upstream` error that broke the reply.

    A session that was not made yet, or has expired, is made first. A session that turns out to be
    lost is made again: the first event is an error, and creating the session succeeds. A session
    that was made again is primed with the stored messages.
    """
    reply.session_id, reply.session_expires_at = request.session, request.expires_at
    expired = request.expires_at is not None and request.expires_at - SESSION_MARGIN <= now
    usable = request.known and not expired
    message = request.message
    if not usable and await _create_session(agent, request, reply, now):
        message = await _primed(store, request, reply)
    try:
        await _ask(agent, request, message, reply, take, guard)
    except Upstream as error:
        if reply.events or isinstance(error, Unavailable) or not usable:
            raise
        if not await _create_session(agent, request, reply, now):
            raise
        await _ask(agent, request, await _primed(store, request, reply), reply, take, guard)


async def _create_session(
    agent: Agent, request: AgentRequest, reply: ReplySoFar, now: datetime
) -> bool:
    created = await agent.create_session(request.user, request.session)
    reply.session_expires_at = now + SESSION_LIFE
    return created


async def _primed(store: Store, request: AgentRequest, reply: ReplySoFar) -> str:
    """Return the message with the history before it. A first message has no history."""
    if request.number <= 1:
        return request.message
    reply.renewed = True
    return primed(request.message, await digest(store, request.conversation, request.number))


async def _ask(
    agent: Agent,
    request: AgentRequest,
    message: str,
    reply: ReplySoFar,
    take: OnEvent,
    guard: MayAct,
) -> None:
    if not await guard.may_act():
        return
    first_token = stopwatch("agent_first_token")
    is_first = True

    def on_event(event: AgentEvent) -> None:
        nonlocal is_first
        if is_first and isinstance(event, Delta):
            is_first = False
            first_token()
        reply.note(event)
        take(event)

    reply.asked.set()
    state = (request.state,) if request.state else ()
    await agent.reply(request.user, request.session, message, on_event, *state)
