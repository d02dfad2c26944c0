"""Access to the user's Google account, for mail and calendar tools.

The caller of a turn passes a short-lived access token in `state_delta`. ADK gives keys that begin
with `temp:` to the tools of this turn and never stores them. Do not copy the token to another key.
"""

from google.adk.tools.tool_context import ToolContext

TOKEN = "temp:google_access_token"  # noqa: S105 - a key, not a token


def access_token(context: ToolContext) -> str | None:
    """Return the access token, or None if the user has not connected an account."""
    token = context.state.get(TOKEN)
    return token if isinstance(token, str) and token else None
