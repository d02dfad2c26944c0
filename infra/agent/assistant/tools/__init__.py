"""What the agent can do besides talking.

A new tool is a module beside this one and a line in `TOOLS`. It is a function: its docstring and its
types are what the model knows of it; a parameter `tool_context: ToolContext` is ADK's own, hidden
from the model, and leads to the user's Google account (`google_access`). It answers with a mapping;
what went wrong is told as `{"error": ...}`, in words that the model can pass on.
"""

from collections.abc import Callable, Mapping
from typing import Any

from google.adk.tools.base_tool import BaseTool

from infra.agent.assistant.tools.clock import clock

Tool = Callable[..., Mapping[str, Any]] | BaseTool

TOOLS: tuple[Tool, ...] = (clock(),)
