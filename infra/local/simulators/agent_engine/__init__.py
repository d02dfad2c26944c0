"""A simulated Vertex AI Agent Engine: `agent_engine_app(AgentEngineState())`."""

from infra.local.simulators.agent_engine.app import agent_engine_app
from infra.local.simulators.agent_engine.assistant.steps import (
    Break,
    Error,
    Line,
    Message,
    Pause,
    Script,
    Step,
    Text,
    ToolRun,
)
from infra.local.simulators.agent_engine.effects import Effect
from infra.local.simulators.agent_engine.lost_session import LOST_SESSION_FORMS, LostSession
from infra.local.simulators.agent_engine.state import AgentEngineState

__all__ = [
    "LOST_SESSION_FORMS",
    "AgentEngineState",
    "Break",
    "Effect",
    "Error",
    "Line",
    "LostSession",
    "Message",
    "Pause",
    "Script",
    "Step",
    "Text",
    "ToolRun",
    "agent_engine_app",
]
