from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from google.adk.tools.tool_context import ToolContext

from infra.agent.assistant.google.actions import GoogleActions
from infra.agent.assistant.tools.google_access import turn_state

CalendarTool = Callable[..., Awaitable[Mapping[str, Any]]]


def calendar(actions: GoogleActions) -> Sequence[CalendarTool]:
    """Return the tools `list_events`, `create_event` and `move_event`."""

    async def list_events(begins: str, ends: str, tool_context: ToolContext) -> Mapping[str, Any]:
        """List the events of the user's calendar between two times.

        Args:
            begins: ISO 8601 with an offset, such as 2026-03-02T00:00:00+01:00.
            ends: Likewise.
        """
        return await actions.list_events(turn_state(tool_context), begins, ends)

    async def create_event(
        title: str, begins: str, ends: str, tool_context: ToolContext
    ) -> Mapping[str, Any]:
        """Create an event. The first call creates nothing: it asks the user to confirm.

        After the user has confirmed, call it again with exactly the same arguments.

        Args:
            title: The title of the event.
            begins: ISO 8601 with an offset, such as 2026-03-02T14:00:00+01:00.
            ends: Likewise. An hour later, unless the user says how long it takes.
        """
        return await actions.create_event(turn_state(tool_context), title, begins, ends)

    async def move_event(
        event_id: str, begins: str, ends: str, tool_context: ToolContext
    ) -> Mapping[str, Any]:
        """Move an event to another time. The first call moves nothing: it asks the user to confirm.

        After the user has confirmed, call it again with exactly the same arguments.

        Args:
            event_id: The id that list_events returned.
            begins: The new beginning, ISO 8601 with an offset.
            ends: The new end, likewise.
        """
        return await actions.move_event(turn_state(tool_context), event_id, begins, ends)

    return (list_events, create_event, move_event)
