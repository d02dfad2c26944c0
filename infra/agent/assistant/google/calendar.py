"""The user's primary calendar: list, create, move events."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from infra.agent.assistant.google.rest import GoogleCallError, GoogleRest

LISTED = 20


def event_arguments(title: str, begins: str, ends: str) -> dict[str, str]:
    """Return the arguments of a new event in one form. Raises GoogleCallError."""
    return {"title": " ".join(title.split()), **_times(begins, ends)}


def move_arguments(event_id: str, begins: str, ends: str) -> dict[str, str]:
    """Return the arguments of a move in one form. Raises GoogleCallError."""
    if not re.fullmatch(r"[\w-]{1,200}", event_id):
        raise GoogleCallError("google_not_found", "There is no such message or event.")
    return {"event_id": event_id, **_times(begins, ends)}


def event_title(arguments: Mapping[str, str]) -> str:
    return f'Create "{arguments["title"]}", {_when(arguments["begins"])}'


async def move_title(rest: GoogleRest, arguments: Mapping[str, str]) -> str:
    """Return what would be moved. Raises GoogleCallError if there is no such event."""
    event = await rest.get(f"{_events(rest)}/{arguments['event_id']}", {})
    return f'Move "{event.get("summary", "an event")}" to {_when(arguments["begins"])}'


async def list_events(rest: GoogleRest, begins: str, ends: str) -> dict[str, Any]:
    """Return the events between two times, in order."""
    times = _times(begins, ends)
    found = await rest.get(
        _events(rest),
        {
            "timeMin": times["begins"],
            "timeMax": times["ends"],
            "singleEvents": "true",
            "orderBy": "startTime",
            "maxResults": LISTED,
        },
    )
    events = [_event(each) for each in found.get("items", [])]
    count = len(events)
    return {"events": events, "summary": f"{count} {'event' if count == 1 else 'events'} found"}


async def create(rest: GoogleRest, arguments: Mapping[str, str]) -> dict[str, Any]:
    """Create an event. It is never repeated."""
    body = {
        "summary": arguments["title"],
        "start": {"dateTime": arguments["begins"]},
        "end": {"dateTime": arguments["ends"]},
    }
    made = await rest.send("POST", _events(rest), body)
    return {"status": "created", **_event(made), "summary": "Event created"}


async def move(rest: GoogleRest, arguments: Mapping[str, str]) -> dict[str, Any]:
    """Give an event another time. It is never repeated."""
    body = {"start": {"dateTime": arguments["begins"]}, "end": {"dateTime": arguments["ends"]}}
    moved = await rest.send("PATCH", f"{_events(rest)}/{arguments['event_id']}", body)
    return {"status": "moved", **_event(moved), "summary": "Event moved"}


def _events(rest: GoogleRest) -> str:
    return f"{rest.addresses.calendar}/calendar/v3/calendars/primary/events"


def _event(event: Mapping[str, Any]) -> dict[str, str]:
    start, end = event.get("start", {}), event.get("end", {})
    return {
        "id": str(event.get("id", "")),
        "title": str(event.get("summary", "")),
        "begins": str(start.get("dateTime") or start.get("date") or ""),
        "ends": str(end.get("dateTime") or end.get("date") or ""),
    }


def _times(begins: str, ends: str) -> dict[str, str]:
    """Return both times in ISO 8601 with an offset. Raises GoogleCallError."""
    try:
        first, last = datetime.fromisoformat(begins), datetime.fromisoformat(ends)
    except ValueError:
        raise GoogleCallError("invalid", "Give times as 2026-03-02T14:00:00+01:00.") from None
    if first.tzinfo is None or last.tzinfo is None:
        raise GoogleCallError("invalid", "Give times with the offset of the user's time zone.")
    if last <= first:
        raise GoogleCallError("invalid", "The end must be after the beginning.")
    return {"begins": first.isoformat(), "ends": last.isoformat()}


def _when(moment: str) -> str:
    found = datetime.fromisoformat(moment)
    return f"{found:%A} {found.day} {found:%B}, {found:%H:%M}"
