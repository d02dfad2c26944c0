"""A call to another service: the request, its retry classes, and the answer.

A repr shows the service, the method and the status, and nothing else of a call.
"""

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import httpx

from common.domain import errors

KB = 1024
MB = 1024 * KB
MAX_RETRY_AFTER = 3600
"""Seconds. A longer `Retry-After` is cut to this."""

Auth = Callable[[bool], Awaitable[Mapping[str, str]]]
"""Returns the headers that authenticate us. The argument is True after a 401: fetch new
credentials."""


class Retry(NamedTuple):
    """The cases in which a call is repeated.

    `connect`: after a refused connection. `lost`: after a lost answer. `statuses`: after an answer with
    one of these.
    """

    connect: bool
    lost: bool
    statuses: frozenset[int]


NO_RETRY = Retry(connect=False, lost=False, statuses=frozenset())
RETRY_UNSENT = Retry(connect=True, lost=False, statuses=frozenset())
"""For calls that create something: repeated only if the request was not sent."""
RETRY_REJECTED = Retry(connect=True, lost=False, statuses=frozenset({429}))
"""For calls that create something: also repeated when the service rejected the request
unprocessed."""
RETRY_BILLED = Retry(connect=True, lost=False, statuses=frozenset({429, 503}))
"""For calls that create nothing but cost money each time."""
RETRY_IDEMPOTENT = Retry(connect=True, lost=True, statuses=frozenset({429, 502, 503, 504}))
"""For calls that have the same effect twice as once."""


@dataclass(frozen=True)
class OutboundRequest:
    """A request to a service.

    `body` is sent as JSON, `form` as a form; at most one of both. `changes`: the request changes
    something there, so a lost answer is `Ambiguous`.
    """

    service: str
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: Auth | None = field(default=None, repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    changes: bool = True

    def lost_answer(self, why: str) -> errors.Upstream:
        """Return the error for an answer that did not arrive."""
        kind = errors.Ambiguous if self.changes else errors.Unavailable
        return kind(self.service, why)


@dataclass(frozen=True)
class HttpAnswer:
    """An answer with any status.

    `retry_after` is in seconds, and None unless the service said it.
    """

    status: int
    retry_after: int | None = None
    body: bytes = field(default=b"", repr=False)
    cache_control: str = ""
    response: httpx.Response | None = field(default=None, repr=False)
    """The open response of a stream. Its reader closes it."""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 - the statuses of success

    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """Return the parsed body, or None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def refusal(request: OutboundRequest, answer: HttpAnswer) -> errors.Upstream:
    """Return the default error for an answer that is not a success."""
    service, why = request.service, f"answered {answer.status}"
    match answer.status:
        case 404:
            return errors.UpstreamNotFound(service, why)
        case 429:
            return errors.Busy(service, why, retry_after=answer.retry_after or 1)
        case 503 if not request.changes:
            return errors.Busy(service, why, retry_after=answer.retry_after or 1)
        case status if status >= 500 or status < 400:  # noqa: PLR2004 - neither success nor refusal
            return request.lost_answer(why)
        case 408 | 499:  # a time-out, or a caller that left: the call may have had its effect
            return errors.Failed(service, why)
    return errors.Rejected(service, why)


def retry_after(response: httpx.Response) -> int | None:
    """Return the seconds of `Retry-After`, at most `MAX_RETRY_AFTER`, or None.

    A date counts from the answer's own `Date`, because the two clocks may differ. Without that header
    it is ignored.
    """
    value = response.headers.get("retry-after", "")
    if value.isascii() and value.isdigit():
        return min(int(value[:9]), MAX_RETRY_AFTER)
    try:
        then = parsedate_to_datetime(value)
        wait = then - parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, TypeError):  # no date; one with a time zone and one without
        return None
    return min(max(0, math.ceil(wait.total_seconds())), MAX_RETRY_AFTER)


class TooLongError(Exception):
    pass


class LineSplitter:
    """Cuts chunks of bytes into lines, at newlines only.

    JSON may hold U+2028 and similar characters unescaped, and a chunk may end inside a character.
    `cap` bounds the bytes of all chunks together.
    """

    def __init__(self, cap: int) -> None:
        self._left = cap
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that are complete now. Raises `TooLongError` beyond the cap."""
        self._left -= len(chunk)
        if self._left < 0:
            raise TooLongError
        if b"\n" not in chunk:
            self._rest += chunk
            return []
        *lines, rest = (bytes(self._rest) + chunk).split(b"\n")
        self._rest = bytearray(rest)
        return lines

    def rest(self) -> bytes:
        """Return the bytes after the last newline."""
        return bytes(self._rest)
