"""Calendar as far as the assistant uses it: list, read, insert and change events."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from infra.local.simulators.google_accounts.accounts import GoogleAccountsState, GoogleUser
from infra.local.simulators.google_accounts.api import (
    GoogleApiError,
    admit,
    answer_api_error,
    json_object,
    page_of,
)

READ = ("calendar", "calendar.events", "calendar.readonly", "calendar.events.readonly")
WRITE = ("calendar", "calendar.events")
LARGEST_PAGE = 2500
WRITABLE = {
    *("summary", "description", "location", "start", "end", "attendees", "status"),
    *("colorId", "reminders", "recurrence", "transparency", "visibility"),
}
"""Fields of an event that a client may write."""


def calendar_app(state: GoogleAccountsState) -> Starlette:
    """Return the app to mount in place of `https://www.googleapis.com`, for Calendar."""
    events = "/calendar/v3/calendars/{calendar}/events"
    app = Starlette(
        routes=[
            Route(events, list_events, methods=["GET"]),
            Route(events, insert_event, methods=["POST"]),
            Route(f"{events}/{{id}}", get_event, methods=["GET"]),
            Route(f"{events}/{{id}}", patch_event, methods=["PATCH"]),
        ],
        exception_handlers={GoogleApiError: answer_api_error},
    )
    app.state.simulator = state
    return app


def _admit(request: Request, *scopes: str) -> tuple[GoogleAccountsState, GoogleUser]:
    state, user = admit(request, scopes)
    if request.path_params["calendar"] not in {"primary", user.email}:
        raise GoogleApiError(404, "Not Found")
    return state, user


async def list_events(request: Request) -> JSONResponse:
    state, user = _admit(request, *READ)
    query = request.query_params
    begins, ends = _limit(query.get("timeMin")), _limit(query.get("timeMax"))
    if query.get("orderBy") == "startTime" and query.get("singleEvents") != "true":
        raise GoogleApiError(
            400, "The requested ordering is not available for the particular query."
        )
    words = query.get("q", "").lower()
    found = [
        event
        for event in user.events.values()
        if (ends is None or _moment(event["start"]) < ends)
        and (begins is None or _moment(event["end"]) > begins)
        and words in str(event.get("summary", "")).lower()
        and event["status"] != "cancelled"
    ]
    found.sort(key=lambda event: (_moment(event["start"]), event["id"]))
    start, size = page_of(request, "maxResults", LARGEST_PAGE)
    body: dict[str, Any] = {
        "kind": "calendar#events",
        "summary": user.email,
        "updated": datetime.fromtimestamp(state.now(), UTC).isoformat(),
        "timeZone": "UTC",
        "accessRole": "owner",
        "items": found[start : start + size],
    }
    if start + size < len(found):
        body["nextPageToken"] = str(start + size)
    return JSONResponse(body)


async def get_event(request: Request) -> JSONResponse:
    _, user = _admit(request, *READ)
    return JSONResponse(_find(user, request.path_params["id"]))


async def insert_event(request: Request) -> JSONResponse:
    state, user = _admit(request, *WRITE)
    body = _writable(await json_object(request))
    if "start" not in body or "end" not in body:
        raise GoogleApiError(400, "Missing end time.")
    _check_times(body)
    return JSONResponse(state.insert_event(user, body))


async def patch_event(request: Request) -> JSONResponse:
    state, user = _admit(request, *WRITE)
    event = _find(user, request.path_params["id"])
    changed = {**event, **_writable(await json_object(request))}
    _check_times(changed)
    changed["updated"] = datetime.fromtimestamp(state.now(), UTC).isoformat()
    changed["etag"] = f'"{state.next_id()}"'
    user.events[event["id"]] = changed
    return JSONResponse(changed)


def _find(user: GoogleUser, event_id: str) -> dict[str, Any]:
    event = user.events.get(event_id)
    if event is None:
        raise GoogleApiError(404, "Not Found")
    return event


def _writable(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name in WRITABLE}


def _check_times(body: dict[str, Any]) -> None:
    if _moment(body["end"]) < _moment(body["start"]):
        raise GoogleApiError(400, "The specified time range is empty.")


def _moment(place: Any) -> datetime:  # noqa: ANN401 - any JSON value
    """Return the start or end of an event: `dateTime`, or `date` of a whole day.

    Raises GoogleApiError(400).
    """
    try:
        if "date" in place:
            return datetime.fromisoformat(place["date"]).replace(tzinfo=UTC)
        moment = datetime.fromisoformat(place["dateTime"])
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(place["timeZone"]))
    except (TypeError, ValueError, KeyError, OSError):
        raise GoogleApiError(400, "Invalid start or end time.") from None


def _limit(text: str | None) -> datetime | None:
    """Return `timeMin` or `timeMax`, which must have an offset. Raises GoogleApiError(400)."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise GoogleApiError(400, "Bad Request") from None
    if moment.tzinfo is None:
        raise GoogleApiError(400, "Bad Request")
    return moment
