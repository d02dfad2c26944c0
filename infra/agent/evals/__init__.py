"""Input of `adk eval`: the agent here, cases and criteria in the files of this folder (README.md)."""

from infra.agent.assistant.agent import root_agent as deployed_agent
from infra.agent.evals.connected_account import answer_for_account

root_agent = deployed_agent.clone({"before_tool_callback": answer_for_account})
"""The deployed agent. Cases with an account of their own get the answers of that account."""

__all__ = ["root_agent"]
