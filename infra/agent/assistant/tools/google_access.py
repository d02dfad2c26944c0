"""Access to the user's Google account, for mail and calendar tools.

The caller of a turn passes a short-lived access token in `state_delta`. ADK gives keys that begin
with `temp:` to the tools of this turn and never stores them. Do not copy the token to another key.
"""

from google.adk.tools.tool_context import ToolContext

from infra.agent.assistant.google.turn_state import TurnState


def access_token(context: ToolContext) -> str | None:
    """Return the access token, or None if the user has not connected an account."""
    return turn_state(context).token


def turn_state(context: ToolContext) -> TurnState:
    """Return what the caller passed to the tools of this turn."""
    return TurnState.of(context.state, context.invocation_id)
