import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal
from uuid import uuid4

from infra.local.simulators.agent_engine.google_api import PerMinute
from infra.local.simulators.agent_engine.sessions import Sessions
from infra.local.simulators.agent_engine.steps import Script


def _new_id() -> str:
    return uuid4().hex


@dataclass
class AgentEngineState:
    """All that the simulator knows and can be told. Settings may be changed while it runs."""

    script: Script | None = None
    """What answers; None is the small assistant."""
    token_seconds: float = 0.025
    tool_seconds: float = 1.5
    unknown_session: Literal["raise", "fresh"] = "raise"
    """What a turn in a session that does not exist meets: 404, or in silence a new one."""
    engines: frozenset[str] | None = None
    """The ids that exist; None: every id does."""
    queries_a_minute: int | None = None
    """query and streamQuery together; Google's own figure is 90. None: no limit."""
    session_writes_a_minute: int | None = None
    """Google's own figure is 100."""
    zone: tzinfo = UTC
    """Where the assistant's clock hangs."""
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    new_id: Callable[[], str] = _new_id

    turns: int = 0
    """Streams that began."""
    open_streams: int = 0
    cut_short: int = 0
    """Streams that their caller left before the end."""
    sessions: Sessions = field(init=False)
    operations: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.now, self.new_id)
        self._queries = PerMinute(
            "aiplatform.googleapis.com/reasoning_engine_service_query_requests"
        )
        self._writes = PerMinute("aiplatform.googleapis.com/session_write_requests")

    def clock(self) -> datetime:
        return datetime.fromtimestamp(self.now(), self.zone)

    def count_query(self) -> None:
        """Raises GoogleError(RESOURCE_EXHAUSTED) over the limit."""
        self._queries.take(self.queries_a_minute, self.now())

    def count_session_write(self) -> None:
        """Raises GoogleError(RESOURCE_EXHAUSTED) over the limit."""
        self._writes.take(self.session_writes_a_minute, self.now())
