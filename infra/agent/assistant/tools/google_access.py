"""The user's own Google account, for the tools of mail and calendar.

The caller of a turn puts a short-lived access token into the turn's `state_delta`. ADK shows `temp:`
keys to the tools of that turn and stores them nowhere: it must not be copied to another key.
"""

from google.adk.tools.tool_context import ToolContext

TOKEN = "temp:google_access_token"  # noqa: S105 - where it is, not what it is


def access_token(context: ToolContext) -> str | None:
    """None where the user has not connected their account."""
    token = context.state.get(TOKEN)
    return token if isinstance(token, str) and token else None
