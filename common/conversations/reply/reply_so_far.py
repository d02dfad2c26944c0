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
class ReplySoFar:
    """The reply as far as the agent has sent it. Checkpoints and settlement read it."""

    texts: list[str] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the agent calls a tool, until a checkpoint notes it."""
    calls: dict[str, str] = field(default_factory=dict)
    """Names of the tools that were called, by call. A call that only proposed is left out."""
    is_hidden: bool = False
    """All that the agent wrote since the last tool's result is not for people, such as thoughts."""
    events: int = 0
    told: int | None = None
    prompt: int = 0
    finished: Finished | None = None
    error: OprinaError | None = None
    session_id: str | None = None
    session_expires_at: datetime | None = None
    proposed: list[ProposedAction] = field(default_factory=list)
    """Actions that the tools proposed. `proposals` are the same as stored and shown."""
    proposals: tuple[Proposal, ...] = ()
    unauthorized: bool = False
    """Google refused the access token of the turn."""
    primed: bool = False
    """The message was sent with the conversation's history, to a session that may not have it."""
    renewed: bool = False
    """The agent's memory was lost or had expired, and was made again from the stored messages."""
    _is_shown: bool = False
    """Text for people came since the last tool's result."""

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def tools(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.calls.values()))

    @property
    def kept_session(self) -> str | None:
        """Return the agent session for the next turn: one that has the history, else None."""
        is_known = self.session_expires_at is not None and bool(self.events or not self.primed)
        return self.session_id if is_known else None

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
                self.is_hidden |= not (self._is_shown or text.isspace())
            case ToolCall(id, name):
                self.calls[id] = name
                self.called.set()
            case UsageSoFar(tokens, prompt):
                self.told, self.prompt = tokens, prompt
            case Finished(tokens, prompt):
                self.finished = event
                self.told = tokens if tokens is not None else self.told
                self.prompt = prompt or self.prompt
            case ToolResult(id, proposal=proposal, unauthorized=unauthorized):
                self._is_shown = self.is_hidden = False
                if proposal is not None:  # it changed nothing yet
                    self.calls.pop(id, None)
                self.proposed += [proposal] if proposal else []
                self.unauthorized |= unauthorized

    def show(self, text: str) -> None:
        """Add text that people see."""
        self.texts.append(text)
        if not self._is_shown and not text.isspace():
            self._is_shown, self.is_hidden = True, False

    def progress(self, spoken: str = "", characters: int = 0) -> Progress:
        return Progress(
            self.asked.is_set(),
            self.told,
            self.prompt,
            self.text,
            spoken,
            characters,
            self.tools,
            self.proposals,
            is_final=self.finished is not None,
        )
