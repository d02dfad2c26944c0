"""What `adk eval` takes: the agent, and beside it the cases and how they are judged (README.md)."""

from infra.agent.assistant.agent import root_agent

__all__ = ["root_agent"]
