"""Agent Engine on one's own machine: `agent_engine_app(AgentWorld())`, see `app` and `world`."""

from infra.local.simulators.agent_engine.app import agent_engine_app
from infra.local.simulators.agent_engine.engine import AgentEngineState
from infra.local.simulators.agent_engine.steps import (
    Break,
    Error,
    Line,
    Message,
    Pause,
    Script,
    Step,
    Text,
    ToolCall,
)

__all__ = [
    "AgentEngineState",
    "Break",
    "Error",
    "Line",
    "Message",
    "Pause",
    "Script",
    "Step",
    "Text",
    "ToolCall",
    "agent_engine_app",
]
