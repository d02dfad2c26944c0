"""A Google account for evaluations: cases whose session has `evaluated_account` write to it.

No call leaves the machine. A writing tool answers as it does for a connected account: with a proposal,
or after a confirmation of exactly these arguments as done.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from google.adk.tools.base_tool import BaseTool
from google.adk.tools.tool_context import ToolContext

from infra.agent.assistant.google.proposals import proposal

STATE_KEY = "evaluated_account"
DONE = {"send_mail": "sent", "create_event": "created", "move_event": "moved"}
CONFIRMED = re.compile(
    r"\[The person said yes to this: .+\. Call (\w+) now, once, with exactly these arguments: (.+)\]$"
)
"""The note that the backend puts before the message of a person who has confirmed."""


def answer_for_account(
    tool: BaseTool, args: dict[str, Any], tool_context: ToolContext
) -> Mapping[str, Any] | None:
    """Answer a writing tool. None: the tool runs itself. A `before_tool_callback` of ADK."""
    if not tool_context.state.get(STATE_KEY) or tool.name not in DONE:
        return None
    if _confirms(tool_context, tool.name, args):
        return {"status": DONE[tool.name]}
    return proposal(tool.name, f"{tool.name} with these arguments", args)


def _confirms(context: ToolContext, tool: str, args: Mapping[str, Any]) -> bool:
    parts = context.user_content.parts if context.user_content else None
    text = (parts[0].text if parts else None) or ""
    found = CONFIRMED.match(text.partition("\n")[0])
    return found is not None and found[1] == tool and json.loads(found[2]) == args
