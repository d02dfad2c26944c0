"""Parts that the simulated Google REST APIs share: errors, callers, quotas and JSON bodies."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
}
"""HTTP status of each canonical code that the simulators answer with (google.rpc.Code)."""

_NAMES = {404: "NOT_FOUND", 405: "UNIMPLEMENTED"}
"""Canonical code of each HTTP error that Starlette raises itself."""


class GoogleError(Exception):
    """An error in Google's envelope, `{"error": {"code", "message", "status"}}`.

    `status` is a key of `STATUS`.
    """

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def body(self) -> dict[str, Any]:
        """Return the envelope as JSON."""
        error = {"code": STATUS[self.status], "message": self.message, "status": self.status}
        return {"error": error}

    def response(self) -> JSONResponse:
        """Return the HTTP response."""
        return JSONResponse(self.body(), STATUS[self.status])


async def answer_error(_request: Request, error: Exception) -> JSONResponse:
    """Render an exception in Google's envelope. An unexpected one is `INTERNAL`."""
    if isinstance(error, GoogleError):
        return error.response()
    status = error.status_code if isinstance(error, HTTPException) else 500
    name = _NAMES.get(status, "INTERNAL")
    return JSONResponse({"error": {"code": status, "message": str(error), "status": name}}, status)


ERRORS: Mapping[Any, Any] = {GoogleError: answer_error, HTTPException: answer_error}
"""Value for Starlette's `exception_handlers`."""


@dataclass
class Bearer:
    """Middleware that answers `refusal` to a request without a bearer token.

    The token's content is not checked.
    """

    app: ASGIApp
    refusal: GoogleError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _token(Headers(scope=scope)):
            await self.refusal.response()(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _token(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


@dataclass
class PerMinute:
    """A quota over the last 60 seconds. A refused call does not count."""

    metric: str
    taken: deque[float] = field(default_factory=deque)

    def take(self, limit: int | None, moment: float) -> None:
        """Count one call at `moment` (seconds). `limit` None means no limit.

        Raises GoogleError(RESOURCE_EXHAUSTED).
        """
        while self.taken and self.taken[0] <= moment - 60:
            self.taken.popleft()
        if limit is not None and len(self.taken) >= limit:
            message = f"Quota exceeded for quota metric '{self.metric}': {limit} per minute."
            raise GoogleError("RESOURCE_EXHAUSTED", message)
        self.taken.append(moment)


async def json_body(request: Request) -> dict[str, Any]:
    """Return the body, a JSON object. An empty body is `{}`.

    Raises GoogleError(INVALID_ARGUMENT).
    """
    raw = await request.body()
    try:
        body = await request.json() if raw else {}
        json.dumps(body, ensure_ascii=False).encode()  # refuses a lone surrogate
    except (ValueError, RecursionError):
        message = "Invalid JSON payload received. Unexpected token or encoding."
        raise GoogleError("INVALID_ARGUMENT", message) from None
    if not isinstance(body, dict):
        raise GoogleError("INVALID_ARGUMENT", "Invalid JSON payload received. Expected an object.")
    return body
