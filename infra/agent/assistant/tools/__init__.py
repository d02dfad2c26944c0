"""Tools of the agent.

A new tool needs a module in this folder and an entry in `TOOLS`. A tool is a function. The model
sees its docstring and its types. ADK passes a parameter `tool_context: ToolContext` by itself and
hides it from the model; `google_access` reads the user's Google access token from it. A tool
returns a mapping. After a failure it returns `{"error": ...}`, with a text that the model can tell
the user.
"""

from collections.abc import Callable, Mapping
from typing import Any

from google.adk.tools.base_tool import BaseTool

from infra.agent.assistant.tools.clock import clock

Tool = Callable[..., Mapping[str, Any]] | BaseTool

TOOLS: tuple[Tool, ...] = (clock(),)
