import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any
from uuid import uuid4

from infra.agent.assistant.google.actions import GoogleActions
from infra.local.simulators.agent_engine.assistant.steps import Script
from infra.local.simulators.agent_engine.effects import Effects
from infra.local.simulators.agent_engine.lost_session import LostSession
from infra.local.simulators.agent_engine.sessions import AgentSessions
from infra.local.simulators.google_api import PerMinute


def _new_id() -> str:
    return uuid4().hex


@dataclass
class AgentEngineState:
    """State and settings of the simulator. Settings may be changed while it runs."""

    script: Script | None = None
    """Makes the replies. None is the scripted assistant (`assistant.replies`)."""
    token_seconds: float = 0.025
    tool_seconds: float = 1.5
    lost_session: LostSession = "fresh"
    """Answer to a turn in a session that does not exist or has expired.

    The default is what an agent deployed with AdkApp 2.7.0 does.
    """
    engines: frozenset[str] | None = None
    """Ids of the engines that exist. None: every id exists."""
    queries_a_minute: int | None = None
    """Limit of query and streamQuery together. Google's default is 90. None: no limit."""
    session_writes_a_minute: int | None = None
    """Limit of session creations, updates and deletions. Google's default is 100."""
    event_appends_a_minute: int | None = None
    """Limit of appendEvent. Google's default is 300."""
    google: GoogleActions | None = None
    """The tools of mail and calendar, with the addresses of the simulators of Google."""
    zone: tzinfo = UTC
    """Time zone of the assistant's clock."""
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    new_id: Callable[[], str] = _new_id

    turns: int = 0
    """Turns whose stream began."""
    open_streams: int = 0
    cut_short: int = 0
    """Streams that the caller closed before their end."""
    effects: Effects = field(default_factory=Effects)
    """Effects of tools, oldest first."""
    sessions: AgentSessions = field(init=False)
    operations: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sessions = AgentSessions(self.now, self.new_id)
        prefix = "aiplatform.googleapis.com"
        self._queries = PerMinute(f"{prefix}/reasoning_engine_service_query_requests")
        self._writes = PerMinute(f"{prefix}/session_write_requests")
        self._appends = PerMinute(f"{prefix}/session_event_append_requests")

    def clock(self) -> datetime:
        """Return the time in the assistant's zone."""
        return datetime.fromtimestamp(self.now(), self.zone)

    def count_query(self) -> None:
        """Count a query. Raises GoogleError(RESOURCE_EXHAUSTED)."""
        self._queries.take(self.queries_a_minute, self.now())

    def count_session_write(self) -> None:
        """Count a write of a session. Raises GoogleError(RESOURCE_EXHAUSTED)."""
        self._writes.take(self.session_writes_a_minute, self.now())

    def count_append(self) -> None:
        """Count an appended event. Raises GoogleError(RESOURCE_EXHAUSTED)."""
        self._appends.take(self.event_appends_a_minute, self.now())
