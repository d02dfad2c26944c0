"""The provider's envelope of every answer: `{"code", "data", "message"}`."""

from typing import Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.simulators.liveavatar.refusal import RequestRefusedError


def ok(data: Any = None, status: int = 200) -> Response:  # noqa: ANN401 - any JSON
    """Return a success."""
    return JSONResponse({"code": 1000, "data": data, "message": "Success"}, status)


def failure(status: int, code: int, message: str, data: Any = None) -> Response:  # noqa: ANN401
    """Return a failure. `code` is the provider's own."""
    return JSONResponse({"code": code, "data": data, "message": message}, status)


async def on_refusal(_: Request, error: Exception) -> Response:
    """Answer a `RequestRefusedError`."""
    assert isinstance(error, RequestRefusedError)  # noqa: S101 - registered for it
    if error.status == 422:  # noqa: PLR2004 - the status of a bad body
        return failure(422, error.code, "Validation error", [{"message": error.message}])
    return failure(error.status, error.code, error.message)


async def on_invalid(_: Request, error: Exception) -> Response:
    """Answer a bad body, without repeating it: it may hold secrets."""
    assert isinstance(error, ValidationError)  # noqa: S101 - registered for it
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    data = [{"loc": list(each["loc"]), "message": each["msg"]} for each in problems]
    return failure(422, 4220, "Validation error", data)


async def on_http(_: Request, error: Exception) -> Response:
    """Answer an unknown path or method."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    answer = failure(error.status_code, error.status_code, error.detail)
    answer.headers.update(error.headers or {})
    return answer
