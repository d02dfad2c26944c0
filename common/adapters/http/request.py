"""A call to a service behind us: what is asked, when it is asked again, and what came back.

Nothing of it but service, method and status shows in a repr.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx

from common.domain import errors

KB = 1024
MB = 1024 * KB

Auth = Callable[[bool], Awaitable[Mapping[str, str]]]
"""The headers that say who we are. Asked again with True, once a try, after a 401."""


class Retry(NamedTuple):
    """When a call is made again: after a refused connection, after an answer that got lost, and
    after which statuses."""

    connect: bool
    lost: bool
    statuses: frozenset[int]


NO_RETRY = Retry(connect=False, lost=False, statuses=frozenset())
RETRY_UNSENT = Retry(connect=True, lost=False, statuses=frozenset())
"""Creates something, and was not sent."""
RETRY_REJECTED = Retry(connect=True, lost=False, statuses=frozenset({429}))
"""Creates something, and the service said that it did not begin."""
RETRY_BILLED = Retry(connect=True, lost=False, statuses=frozenset({429, 503}))
"""Creates nothing, but is paid by the call."""
RETRY_IDEMPOTENT = Retry(connect=True, lost=True, statuses=frozenset({429, 502, 503, 504}))
"""Twice is as good as once."""


@dataclass(frozen=True)
class OutboundRequest:
    """`changes`: an answer that got lost leaves open whether something happened (`Ambiguous`)."""

    service: str
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: Auth | None = field(default=None, repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    changes: bool = True

    def lost(self, why: str) -> errors.Upstream:
        kind = errors.Ambiguous if self.changes else errors.Unavailable
        return kind(self.service, why)


@dataclass(frozen=True)
class HttpAnswer:
    """Whatever status it has. `retry_after` in seconds, where the service named whole ones."""

    status: int
    retry_after: int | None = None
    body: bytes = field(default=b"", repr=False)
    response: httpx.Response | None = field(default=None, repr=False)
    """Open still, where it is streamed; its reader closes it."""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 - the statuses of success

    def json(self) -> Any:  # noqa: ANN401 - JSON is anything
        """None where it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def refusal(request: OutboundRequest, answer: HttpAnswer) -> errors.Upstream:
    """What an answer that is no success means, where the caller has no better word for it."""
    service, why = request.service, f"answered {answer.status}"
    match answer.status:
        case 404:
            return errors.UpstreamNotFound(service, why)
        case 429:
            return errors.Busy(service, why, retry_after=answer.retry_after or 1)
        case 503 if not request.changes:
            return errors.Busy(service, why, retry_after=answer.retry_after or 1)
        case status if status >= 500 or status < 400:  # noqa: PLR2004 - neither yes nor no
            return request.lost(why)
    return errors.Failed(service, why)


def retry_after(response: httpx.Response) -> int | None:
    """Seconds. The form with a date is left aside: it would need both clocks to agree."""
    value = response.headers.get("retry-after", "")
    return min(int(value[:9]), 3600) if value.isascii() and value.isdigit() else None


class TooLongError(Exception):
    pass


class LineSplitter:
    """Cuts chunks into lines, at newlines only: JSON may hold U+2028 and its kind as they are, and
    a chunk may end inside a character. `cap` bounds the bytes of all chunks together.
    """

    def __init__(self, cap: int) -> None:
        self._left = cap
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that are whole now. `TooLongError`: past the cap."""
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
        """What came after the last newline."""
        return bytes(self._rest)
