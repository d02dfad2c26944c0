"""Read a request: token, trace, idempotency key, body and query. A refusal names the wrong field."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest

from common.domain import deadlines
from common.domain.errors import Invalid, Unauthenticated
from common.observability.request_trace import TraceParent
from common.schemas.base import Request

MAX_BYTES = 64 * 1024
MAX_ERRORS = 20
"""Wrong fields that one refusal names. The answer must not grow with the request."""
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
"""`traceparent` of W3C Trace Context: trace id, span id and flags, in hexadecimal digits."""
CLOUD_TRACE = re.compile(r"([0-9a-f]{32})(?:/([0-9]{1,20}))?(?:;o=([0-9]))?")
"""`X-Cloud-Trace-Context` of Google: trace id, span id as a decimal number, and the sampling flag."""
ZEROS = re.compile("0+")
KEY = re.compile(r"[\x21-\x7e]{1,200}")

Model = TypeVar("Model", bound=Request)


@dataclass(frozen=True)
class BodyKind:
    """A way to send the fields of a request in its body.

    `parse` returns the fields by name, or raises `Invalid`.
    """

    media_type: str
    max_bytes: int
    parse: Callable[[bytes], dict[str, Any]]


def bearer_token(request: HttpRequest) -> str:
    """Return the token of the Authorization header. Raises `Unauthenticated`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send your ID token: `Authorization: Bearer <token>`.")
    return token.strip()


def trace_parent(request: HttpRequest) -> TraceParent:
    """Return the caller's trace and span. Without a valid header the request begins a trace."""
    if found := TRACEPARENT.fullmatch(request.headers.get("traceparent", "")):
        trace, span, flags = found.groups()
        caller = TraceParent(trace, span, sampled=bool(int(flags, 16) & 1))
    elif found := CLOUD_TRACE.fullmatch(request.headers.get("x-cloud-trace-context", "").lower()):
        number = int(found[2] or 0)
        caller = TraceParent(
            found[1], f"{number:016x}" if 0 < number < 1 << 64 else "", found[3] == "1"
        )
    else:
        return TraceParent()
    return TraceParent() if ZEROS.fullmatch(caller.trace) else caller


def idempotency_key(request: HttpRequest) -> str | None:
    """Return the Idempotency-Key header, None if absent. Raises `Invalid` (400)."""
    key = request.headers.get("idempotency-key")
    if key is not None and not KEY.fullmatch(key):
        raise Invalid(
            "Invalid Idempotency-Key.",
            status=400,
            fields=[("Idempotency-Key", "must be 1 to 200 printable ASCII characters, no spaces")],
        )
    return key


async def read_body(request: HttpRequest, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the body.

    Raises `Invalid`: 413 above `max_bytes`, 408 if the body does not arrive within `deadlines.BODY`,
    400 if the caller disconnects before its end.
    """
    announced = request.headers.get("content-length", "")
    _check_size(int(announced) if announced.isdecimal() else 0, max_bytes)
    body = bytearray()
    try:
        async with asyncio.timeout(deadlines.BODY):
            async for chunk in request.stream():
                body += chunk
                _check_size(len(body), max_bytes)
    except TimeoutError:
        fields = [("body", "did not arrive in time")]
        raise Invalid("Incomplete body.", status=408, fields=fields) from None
    except ClientDisconnect:
        raise Invalid("Incomplete body.", status=400, fields=[("body", "is incomplete")]) from None
    return bytes(body)


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise Invalid(
            "Body too large.", status=413, fields=[("body", f"must be at most {max_bytes} bytes")]
        )


def parse_json(body: bytes) -> dict[str, Any]:
    """Return the members of a JSON object. An empty body is an empty object.

    Raises `Invalid` (400) for anything else, and for a member that occurs twice.
    """
    try:
        value = json.loads(
            body.decode() or "{}", parse_constant=_refuse_constant, object_pairs_hook=_unique
        )
    except UnicodeDecodeError:
        _refuse_body("is not UTF-8")
    except (ValueError, RecursionError):
        _refuse_body("is not JSON")
    if not isinstance(value, dict):
        _refuse_body("is not a JSON object")
    return value


JSON = BodyKind("application/json", MAX_BYTES, parse_json)


def parse_body(
    body: bytes,
    model: type[Model],
    parameters: Mapping[str, str] | None = None,
    *,
    parse: Callable[[bytes], dict[str, Any]] = parse_json,
) -> Model:
    """Build the request model of the body's fields and the path's parameters.

    Raises `Invalid`: 400 if the body cannot be parsed, 422 if the fields do not fit the model.
    """
    return _validate([*parse(body).items(), *(parameters or {}).items()], model)


def parse_query(
    query: Sequence[tuple[str, str]],
    model: type[Model],
    parameters: Mapping[str, str] | None = None,
) -> Model:
    """Build the request model of a query and the path's parameters. The text `true` is a boolean.

    Raises `Invalid`: 400 for a field that occurs twice, 422 if the fields do not fit the model.
    """
    return _validate([*query, *(parameters or {}).items()], model, strict=False)


def _validate(
    fields: Sequence[tuple[str, Any]], model: type[Model], *, strict: bool | None = None
) -> Model:
    try:
        return model.model_validate(_unique(fields), strict=strict)
    except ValidationError as error:
        found = json.loads(
            error.json(include_input=False, include_url=False, include_context=False)
        )
        raise Invalid(
            "Invalid fields.",
            fields=[
                (_name(problem["loc"]), _problem(problem["msg"])) for problem in found[:MAX_ERRORS]
            ],
        ) from None


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse duplicate names: a gateway may check one value while the function uses the other."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Invalid("Duplicate field.", status=400, fields=[(_name([name]), "occurs twice")])
        found[name] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    """Refuse `NaN` and `Infinity`, which Python's parser accepts and JSON does not have."""
    raise ValueError(name)


def _refuse_body(problem: str) -> NoReturn:
    raise Invalid("The body must be a JSON object.", status=400, fields=[("body", problem)])


def _name(location: Sequence[str | int]) -> str:
    """Return the field's path in ASCII, at most 100 characters: the caller chose the names in it."""
    name = ".".join(str(part) for part in location) or "body"
    return name.encode("ascii", "backslashreplace").decode()[:100]


def _problem(message: str) -> str:
    return message.removeprefix("Value error, ")
