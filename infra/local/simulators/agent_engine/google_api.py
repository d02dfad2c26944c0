"""What every Google REST API has in common: who may call, how often, and how it says no."""

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
"""The HTTP status of each of Google's canonical codes that we answer with (google.rpc.Code)."""


class GoogleError(Exception):
    """Rendered as `{"error": {"code", "message", "status"}}`; `status` is a key of `STATUS`."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def response(self) -> JSONResponse:
        code = STATUS[self.status]
        error = {"code": code, "message": self.message, "status": self.status}
        return JSONResponse({"error": error}, code)


async def answer_error(_request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, GoogleError):
        return error.response()
    status = error.status_code if isinstance(error, HTTPException) else 500
    body = {"code": status, "message": str(error), "status": "NOT_FOUND"}
    return JSONResponse({"error": body}, status)


ERRORS: Mapping[Any, Any] = {GoogleError: answer_error, HTTPException: answer_error}
"""For Starlette's `exception_handlers`: no answer leaves without Google's envelope."""


@dataclass
class Bearer:
    """Lets a request through that carries any bearer token; every other one gets `refusal`."""

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
    """A quota over the last 60 seconds; what is refused is not counted."""

    metric: str
    taken: deque[float] = field(default_factory=deque)

    def take(self, limit: int | None, moment: float) -> None:
        """`limit` None is no limit. Raises GoogleError(RESOURCE_EXHAUSTED)."""
        while self.taken and self.taken[0] <= moment - 60:
            self.taken.popleft()
        if limit is not None and len(self.taken) >= limit:
            message = f"Quota exceeded for quota metric '{self.metric}': {limit} per minute."
            raise GoogleError("RESOURCE_EXHAUSTED", message)
        self.taken.append(moment)


async def json_body(request: Request) -> dict[str, Any]:
    """Raises GoogleError(INVALID_ARGUMENT) where the body is no JSON object; empty is {}."""
    raw = await request.body()
    try:
        body = await request.json() if raw else {}
        json.dumps(body, ensure_ascii=False).encode()  # refuses a lone surrogate
    except ValueError:
        message = "Invalid JSON payload received. Unexpected token or encoding."
        raise GoogleError("INVALID_ARGUMENT", message) from None
    if not isinstance(body, dict):
        raise GoogleError("INVALID_ARGUMENT", "Invalid JSON payload received. Expected an object.")
    return body
