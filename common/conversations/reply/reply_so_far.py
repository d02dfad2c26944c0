"""The reply of one turn as far as the agent has sent it. Checkpoints and settlement read it."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from common.domain.errors import OprinaError, Rejected, Unavailable, UpstreamNotFound
from common.domain.google.proposal import Proposal
from common.domain.turn import Progress
from common.ports.agent import (
    AgentEvent,
    Delta,
    Finished,
    ProposedAction,
    ToolCall,
    ToolResult,
    UsageSoFar,
)


@dataclass
class ShownText:
    """The text of a reply that people see."""

    parts: list[str] = field(default_factory=list)
    is_hidden: bool = False
    """All that the agent wrote since the last tool's result is not for people, such as thoughts."""
    _is_shown: bool = False
    """Text for people came since the last tool's result."""

    def receive(self, written: str) -> None:
        """Count text of the agent, before it is known which part people see."""
        self.is_hidden |= not (self._is_shown or written.isspace())

    def show(self, text: str) -> None:
        """Add text that people see."""
        self.parts.append(text)
        if not self._is_shown and not text.isspace():
            self._is_shown, self.is_hidden = True, False

    def begin_after_tool(self) -> None:
        """Count anew whether people see what follows a tool's result."""
        self._is_shown = self.is_hidden = False


@dataclass
class ToolUse:
    """The tools that ran for a reply, and what they proposed."""

    calls: dict[str, str] = field(default_factory=dict)
    """Names of the tools that were called, by call. A call that only proposed is left out."""
    called: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the agent calls a tool, until a checkpoint notes it."""
    proposed: list[ProposedAction] = field(default_factory=list)
    """Actions that the tools proposed. `proposals` are the same as stored and shown."""
    proposals: tuple[Proposal, ...] = ()
    unauthorized: bool = False
    """Google refused the access token of the turn."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.calls.values()))

    def call(self, call: ToolCall) -> None:
        self.calls[call.id] = call.name
        self.called.set()

    def receive(self, result: ToolResult) -> None:
        if result.proposal is not None:  # it changed nothing yet
            self.calls.pop(result.id, None)
            self.proposed.append(result.proposal)
        self.unauthorized |= result.unauthorized


@dataclass
class ReplySession:
    """The agent session of a reply. `expires_at` is None until it was made or is known to live."""

    id: str | None = None
    expires_at: datetime | None = None
    has_history: bool = True
    """False: the history goes with the message, and is known once the agent answers."""
    renewed: bool = False
    """It was lost or had expired, and was made again from the stored messages."""


@dataclass
class ReplySoFar:
    """The reply as far as the agent has sent it.

    `events` counts what the agent sent. `tokens` and `prompt` are the usage that it reported last, in
    tokens: of the whole turn, and of its last prompt.
    """

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    events: int = 0
    shown: ShownText = field(default_factory=ShownText)
    tools: ToolUse = field(default_factory=ToolUse)
    session: ReplySession = field(default_factory=ReplySession)
    tokens: int | None = None
    prompt: int = 0
    finished: Finished | None = None
    error: OprinaError | None = None

    @property
    def text(self) -> str:
        return "".join(self.shown.parts)

    @property
    def kept_session(self) -> str | None:
        """Return the agent session for the next turn: one that has the history, else None."""
        session = self.session
        is_known = session.has_history or self.events > 0
        return session.id if session.expires_at is not None and is_known else None

    @property
    def reached(self) -> bool:
        """Return False if the agent certainly did not run.

        It was not asked, or it said so before any event.
        """
        refused = isinstance(self.error, Unavailable | UpstreamNotFound | Rejected)
        did_not_run = self.events == 0 and refused
        return self.asked.is_set() and not did_not_run

    def note(self, event: AgentEvent) -> None:
        """Count an event, and keep the usage that it reports."""
        self.events += 1
        match event:
            case Delta(text):
                self.shown.receive(text)
            case ToolCall():
                self.tools.call(event)
            case ToolResult():
                self.shown.begin_after_tool()
                self.tools.receive(event)
            case UsageSoFar(tokens, prompt):
                self.tokens, self.prompt = tokens, prompt
            case Finished(tokens, prompt):
                self.finished = event
                self.tokens = tokens if tokens is not None else self.tokens
                self.prompt = prompt or self.prompt

    def progress(self, spoken: str = "", characters: int = 0) -> Progress:
        return Progress(
            self.asked.is_set(),
            self.tokens,
            self.prompt,
            self.text,
            spoken,
            characters,
            self.tools.names,
            self.tools.proposals,
            is_final=self.finished is not None,
        )
