"""Input of `adk eval`: the agent here, cases and criteria in the files of this folder (README.md)."""

from infra.agent.assistant.agent import root_agent

__all__ = ["root_agent"]
