"""A request as it is sent, and the loss of its answer."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from .errors import ConnectionLostError

KEY = "idempotency-key"
SAFE = frozenset({"GET", "PUT", "PATCH", "DELETE"})
"""Methods whose requests have the same effect if they are sent twice."""
ANSWER_SECONDS = 60.0
TURN_SECONDS = 600.0
"""The longest turn: the time-out of a deployed function."""
SILENCE_SECONDS = 30.0
"""The longest silence of a stream. The API sends something at least every 15 s."""


@dataclass(frozen=True)
class ApiCall:
    """A request. `seconds` is the longest silence before and in its answer.

    `signed_in`: it needs a token.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    seconds: float = ANSWER_SECONDS
    signed_in: bool = True

    @property
    def repeatable(self) -> bool:
        """Return True if the request has the same effect when it is sent twice."""
        return self.method in SAFE or KEY in self.headers

    @contextmanager
    def losses_reported(self) -> Iterator[None]:
        """Turn the errors of the network into ConnectionLostError."""
        try:
            yield
        except httpx.RequestError as error:
            lost = f"{self.method} {self.path}: {error or type(error).__name__}"
            raise ConnectionLostError(lost) from error


def get(path: str, *, signed_in: bool = True, **query: str | int | None) -> ApiCall:
    """Return a GET request. Members of the query that are None are left out."""
    given = {name: str(value) for name, value in query.items() if value is not None}
    return ApiCall("GET", path, given, signed_in=signed_in)


def send(
    method: str,
    path: str,
    body: BaseModel | None = None,
    *,
    key: str | None = None,
    nulls: bool = False,
    seconds: float = ANSWER_SECONDS,
) -> ApiCall:
    """Return a request with a body as JSON.

    Fields that were not set are left out, and fields that are None unless `nulls`.
    """
    headers = {"content-type": "application/json", **({KEY: key} if key else {})}
    return ApiCall(method, path, {}, headers, json_of(body, nulls=nulls), seconds)


def json_of(body: BaseModel | None, *, nulls: bool = False) -> bytes:
    if body is None:
        return b"{}"
    fields = body.model_dump(mode="json", exclude_unset=True, exclude_none=not nulls)
    return json.dumps(fields).encode()


def delete(path: str) -> ApiCall:
    return ApiCall("DELETE", path)


def multipart(request: BaseModel, recording: bytes, boundary: str) -> tuple[str, bytes]:
    """Return the content type and the body of a spoken message. `boundary` is a random word."""
    parts = (
        ('name="request"', "application/json", json_of(request)),
        ('name="audio"; filename="audio"', kind_of_audio(recording), recording),
    )
    body = b"".join(
        f"--{boundary}\r\ncontent-disposition: form-data; {name}\r\n"
        f"content-type: {kind}\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, kind, content in parts
    )
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


def path_of(*parts: str) -> str:
    """Return a path of parts, of which each is quoted."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def kind_of_audio(recording: bytes) -> str:
    """Return the content type of a recording: WAV, or else WebM."""
    return "audio/wav" if recording.startswith(b"RIFF") else "audio/webm"
