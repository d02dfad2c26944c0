"""Read a request: token, trace, idempotency key, body and query. A refusal names the wrong field."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl

from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest

from common.api.field_problems import describe_problem
from common.api.multipart import parse_multipart
from common.domain import deadlines
from common.domain.errors import Invalid, Unauthenticated
from common.observability.request_trace import TraceParent
from common.schemas.base import COMBINATION, Request

MAX_BYTES = 64 * 1024
MAX_AUDIO_BYTES = 2 * 1024 * 1024
"""A recording. 60 seconds of WAV at 16,000 Hz are 1.9 MB."""
MULTIPART = "multipart/form-data"
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

    `parse` takes the body and its Content-Type, and returns the fields by name, or raises `Invalid`.
    `with_query`: fields that the body has no place for are in the query. `json_part` is the
    part of a multipart body that holds the other fields as JSON.
    """

    media_types: tuple[str, ...]
    max_bytes: int
    parse: Callable[[bytes, str], dict[str, Any]]
    with_query: bool = False
    json_part: str | None = None


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
    """Return the Idempotency-Key header, None if absent.

    Raises `Invalid` (400), also for two of them: a gateway may join them, or drop one.
    """
    keys = request.headers.getlist("idempotency-key")
    key = keys[0] if keys else None
    if key is not None and (len(keys) > 1 or not KEY.fullmatch(key)):
        raise Invalid(
            "Invalid Idempotency-Key.",
            status=400,
            fields=[("Idempotency-Key", "must be 1 to 200 printable ASCII characters, no spaces")],
        )
    return key


def query_fields(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the names and values of the query. Raises `Invalid` (400) for one that is not UTF-8."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True, errors="surrogateescape")
    for pair in pairs:
        if any("\ud800" <= char <= "\udfff" for text in pair for char in text):
            fields = [(_name([pair[0]]), "is not UTF-8")]
            raise Invalid("Invalid query.", status=400, fields=fields)
    return pairs


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


def refuse_body(body: bytes) -> None:
    """Raise `Invalid` for a body that has fields. `{}` is admitted: some clients send one always."""
    if names := list(parse_json(body)):
        fields = [(_name([name]), "is not a field of this request") for name in names[:MAX_ERRORS]]
        raise Invalid("This request has no body.", fields=fields)


def parse_audio(body: bytes, _content_type: str) -> dict[str, Any]:
    return {"audio": body}


def parse_audio_form(body: bytes, content_type: str) -> dict[str, Any]:
    """Return the parts of a form: the recording `audio`, and texts.

    Raises `Invalid`: 400, or 413 if the recording is too large.
    """
    return {
        name: _recording(content) if name == "audio" else _text_part(name, content)
        for name, content in parse_multipart(body, content_type).items()
    }


def parse_spoken_request(body: bytes, content_type: str) -> dict[str, Any]:
    """Return the fields of the part `request`, a JSON object, and the recording `audio`.

    Raises `Invalid`: 400 for another part or one that is missing, 413 if the recording is too large.
    """
    parts = parse_multipart(body, content_type)
    for name in parts.keys() - {"request", "audio"}:
        unknown = (_name([name]), "is not a part of this request")
        raise Invalid("Unknown part.", status=400, fields=[unknown])
    if "audio" not in parts:
        raise Invalid("No recording.", status=400, fields=[("audio", "is missing")])
    fields = parse_json(parts.get("request", b""))
    return _unique([*fields.items(), ("audio", _recording(parts["audio"]))])


def _recording(content: bytes) -> bytes:
    if len(content) > MAX_AUDIO_BYTES:
        fields = [("audio", f"must be at most {MAX_AUDIO_BYTES} bytes")]
        raise Invalid("Recording too large.", status=413, fields=fields)
    return content


def _text_part(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Invalid(
            "Invalid part.", status=400, fields=[(_name([name]), "is not UTF-8")]
        ) from None


JSON = BodyKind(("application/json",), MAX_BYTES, lambda body, _: parse_json(body))
AUDIO = BodyKind(("audio/wav", "audio/webm"), MAX_AUDIO_BYTES, parse_audio, with_query=True)
AUDIO_FORM = BodyKind((MULTIPART,), MAX_AUDIO_BYTES + MAX_BYTES, parse_audio_form)
SPOKEN_REQUEST = BodyKind(
    (MULTIPART,), MAX_AUDIO_BYTES + MAX_BYTES, parse_spoken_request, json_part="request"
)


def kind_of_body(content_type: str, kinds: Sequence[BodyKind]) -> BodyKind:
    """Return the kind that the Content-Type names, else the first: `curl -d` names a form."""
    media_type = content_type.partition(";")[0].strip().lower()
    return next((kind for kind in kinds if media_type in kind.media_types), kinds[0])


def parse_body(
    body: bytes,
    model: type[Model],
    parameters: Mapping[str, str] | None = None,
    *,
    kind: BodyKind = JSON,
    content_type: str = "",
    query: Sequence[tuple[str, str]] = (),
) -> Model:
    """Build the request model of the body's fields and the path's parameters.

    `query` is read if the kind of the body leaves fields to it. Raises `Invalid`: 400 if the body
    cannot be parsed, 422 if the fields do not fit the model.
    """
    fields = [*kind.parse(body, content_type).items(), *(parameters or {}).items()]
    return _validate([*fields, *(query if kind.with_query else ())], model)


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
        found = json.loads(error.json(include_input=False, include_url=False))
        fields = [wrong for each in found[:MAX_ERRORS] for wrong in _wrong_fields(each, model)]
        raise Invalid("Invalid fields.", fields=fields) from None


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


def _wrong_fields(problem: Mapping[str, Any], model: type[Request]) -> list[tuple[str, str]]:
    """Return the path of each wrong field, and its problem.

    An unknown field within another one is a part of a value, which no refusal repeats: the other
    field is named, with the names that it has.
    """
    place: Sequence[str | int] = problem["loc"]
    if problem["type"] == COMBINATION:
        return [*problem["ctx"]["fields"].items()]
    if problem["type"] != "extra_forbidden" or len(place) == 1:
        return [(_name(place), describe_problem(problem))]
    outer = model.model_fields.get(str(place[0]))
    known = getattr(outer.annotation, "model_fields", {}) if outer and len(place) == 2 else {}  # noqa: PLR2004 - the field, and the unknown one in it
    has = f": it has {', '.join(known)}" if known else ""
    return [(_name(place[:-1]), f"has an unknown field{has}")]


def _name(location: Sequence[str | int]) -> str:
    """Return the field's path in ASCII, at most 100 characters: the caller chose the names in it."""
    name = ".".join(str(part) for part in location) or "body"
    return name.encode("ascii", "backslashreplace").decode()[:100]
