"""From a request to what a use case takes, or to a refusal that names the field."""

import json
import re
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest

from common.domain.errors import Invalid, Unauthenticated
from common.observability.request_trace import TraceParent
from common.schemas.base import Request

CAP = 64 * 1024
"""Bytes in a body."""
NAMED = 20
"""Of the fields that are wrong, so many are named: an answer does not grow with what is sent."""
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
"""W3C's header; Google sends its own, too."""
GOOGLES = re.compile(r"([0-9a-f]{32})(?:/([0-9]{1,20}))?(?:;o=([0-9]))?")
NOWHERE = re.compile("0+")
KEY = re.compile(r"[\x21-\x7e]{1,200}")

Model = TypeVar("Model", bound=Request)


def bearer_token(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send your ID token: `Authorization: Bearer <token>`.")
    return token.strip()


def trace_parent(request: HttpRequest) -> TraceParent:
    """Of the trace that the request belongs to: without one that can be read, a trace begins here."""
    if found := TRACEPARENT.fullmatch(request.headers.get("traceparent", "")):
        trace, span, flags = found.groups()
        caller = TraceParent(trace, span, sampled=bool(int(flags, 16) & 1))
    elif found := GOOGLES.fullmatch(request.headers.get("x-cloud-trace-context", "").lower()):
        number = int(found[2] or 0)
        caller = TraceParent(
            found[1], f"{number:016x}" if 0 < number < 1 << 64 else "", found[3] == "1"
        )
    else:
        return TraceParent()
    return TraceParent() if NOWHERE.fullmatch(caller.trace) else caller


def idempotency_key(request: HttpRequest) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not KEY.fullmatch(key):
        raise Invalid(
            "The Idempotency-Key is not as it should be.",
            status=400,
            fields=[("Idempotency-Key", "1 to 200 printable ASCII characters, without spaces")],
        )
    return key


async def read_body(request: HttpRequest) -> bytes:
    announced = request.headers.get("content-length", "")
    _check_size(int(announced) if announced.isdecimal() else 0)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            _check_size(len(body))
    except ClientDisconnect:
        raise Invalid("The body broke off.", status=400, fields=[("body", "broke off")]) from None
    return bytes(body)


def _check_size(size: int) -> None:
    if size > CAP:
        raise Invalid(
            "The body is too large.", status=413, fields=[("body", f"has at most {CAP} bytes")]
        )


def parse_body(body: bytes, model: type[Model]) -> Model:
    """An empty body is an empty object. 400 for what is no JSON, 422 for what is not `model`."""
    return _fitting(_object(body), model)


def parse_query(query: list[tuple[str, str]], model: type[Model]) -> Model:
    """The same of a query, whose values are words: `true` is True."""
    return _fitting(_each_once(query), model, strict=False)


def _fitting(value: dict[str, Any], model: type[Model], *, strict: bool | None = None) -> Model:
    try:
        return model.model_validate(value, strict=strict)
    except ValidationError as error:
        found = json.loads(
            error.json(include_input=False, include_url=False, include_context=False)
        )
        raise Invalid(
            "Some fields are not as they should be.",
            fields=[(_name(problem["loc"]), _words(problem["msg"])) for problem in found[:NAMED]],
        ) from None


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(
            body.decode() or "{}", parse_constant=_no_constant, object_pairs_hook=_each_once
        )
    except UnicodeDecodeError:
        _not_json("is not UTF-8")
    except (ValueError, RecursionError):
        _not_json("is not JSON")
    if not isinstance(value, dict):
        _not_json("is not a JSON object")
    return value


def _each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values for one name, who checks a request may read one, and who serves it the other."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Invalid(
                "A field stands there twice.",
                status=400,
                fields=[(_name([name]), "is there twice")],
            )
        found[name] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _not_json(problem: str) -> NoReturn:
    raise Invalid("Send a JSON object.", status=400, fields=[("body", problem)])


def _name(location: list[str | int]) -> str:
    """The field's path. What a caller made up is shown cut, and never as anything but ASCII."""
    name = ".".join(str(part) for part in location) or "body"
    return name.encode("ascii", "backslashreplace").decode()[:100]


def _words(message: str) -> str:
    return message.removeprefix("Value error, ")
