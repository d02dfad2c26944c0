import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from common.domain.errors import OprinaError, Rejected, Unavailable, UpstreamNotFound
from common.domain.turn import Progress
from common.ports.agent import AgentEvent, Finished, UsageSoFar


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
        refused = isinstance(self.error, Unavailable | UpstreamNotFound | Rejected)
        did_not_run = self.events == 0 and refused
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

    def progress(self, spoken: str = "", characters: int = 0) -> Progress:
        asked = self.asked.is_set()
        return Progress(asked, self.told, self.prompt, self.text, spoken, characters)
