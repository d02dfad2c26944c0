"""Tools of the agent.

A new tool needs a module in this folder and an entry in `TOOLS`. A tool is a function. The model
sees its docstring and its types. ADK passes a parameter `tool_context: ToolContext` by itself and
hides it from the model; `google_access` reads the user's Google access token from it. A tool
returns a mapping. After a failure it returns `{"error": ...}`, with a text that the model can tell
the user. `summary` in the mapping is shown to the user beside the name of the tool. A tool that
changes something returns a `proposal` until the user has confirmed it (`google/proposals.py`).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from google.adk.tools.base_tool import BaseTool

from infra.agent.assistant.google.actions import GoogleActions
from infra.agent.assistant.tools.calendar import calendar
from infra.agent.assistant.tools.clock import clock
from infra.agent.assistant.tools.mail import mail

Tool = Callable[..., Mapping[str, Any] | Awaitable[Mapping[str, Any]]] | BaseTool

ACTIONS = GoogleActions()
TOOLS: tuple[Tool, ...] = (clock(), *mail(ACTIONS), *calendar(ACTIONS))
