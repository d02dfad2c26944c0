"""The one client through which every HTTP call leaves.

httpx has no total time-out (a server that sends a byte now and then held a call with `timeout=2`
for 19.6 s) and reads a body of any size. So each call here names its deadline in seconds, its size
cap in bytes and its retry class.

No part of a body, a header, a query or a key reaches an error, a log line or a repr. Errors are
built from fixed words, and are raised outside of `except`, so that a log that follows `__context__`
does not find the transport's exception, which quotes the request.
"""

import asyncio
import http.cookiejar
import json
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import urlencode

import httpx

from common.adapters.http.pools import transport
from common.adapters.http.request import HttpAnswer, LineSplitter, OutboundRequest, Retry
from common.adapters.http.response import (
    TransportFailure,
    call_error,
    read_response,
    read_stream,
    stream_error,
    stream_refusal,
)

MAX_ATTEMPTS = 3
MAX_PAUSE = 2.0
"""Seconds. If a service asks for a longer pause, the call ends with `Busy`."""
FIRST_PAUSE = 0.2
"""Seconds, an upper bound. Each further pause may be twice as long."""
CONNECT_SECONDS = 3.0

REFUSED_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
UNSENDABLE = (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError)


class Attempt(Protocol):
    async def __call__(self, until: float, *, fresh: bool) -> HttpAnswer | TransportFailure: ...


class HttpClient:
    """HTTP client of the process, used from one event loop. The first call opens the connections.

    Tests replace `transport`, `chance` (returns 0 to 1, for the jitter) and `sleep`.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        chance: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._transport = transport
        self._chance = chance
        self._sleep = sleep
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def call(
        self, request: OutboundRequest, *, deadline: float, cap: int, retry: Retry
    ) -> HttpAnswer:
        """Send a request and return the answer, whatever its status.

        Raises:
            Unavailable: The request was not executed, or it changes nothing.
            Ambiguous: The request may have been executed.
            Failed: The request could not be written.
        """
        ends = _time() + deadline

        async def attempt(until: float, *, fresh: bool) -> HttpAnswer | TransportFailure:
            return await self._exchange(request, until, cap=cap, fresh=fresh)

        outcome = await self._attempt(request, attempt, ends, retry)
        if isinstance(outcome, TransportFailure):
            raise call_error(request, outcome)
        return outcome

    async def stream_lines(
        self,
        request: OutboundRequest,
        take: Callable[[bytes], None],
        *,
        idle: float,
        deadline: float,
        cap: int,
        retry: Retry,
    ) -> None:
        """Call `take` with each line of a 2xx answer as it arrives.

        The connection is closed in every case, also when `take` raises. `retry` applies until the
        answer begins.

        Raises:
            Busy, UpstreamNotFound, Unavailable, Failed: The answer has another status.
            Failed: With kind `silent` if nothing came for `idle` seconds or the answer did not end
                within `deadline`; with kind `broken` if it was cut or is longer than `cap`.
        """
        ends = _time() + deadline

        async def attempt(until: float, *, fresh: bool) -> HttpAnswer | TransportFailure:
            until = min(until, _time() + idle)
            return await self._exchange(request, until, cap=None, fresh=fresh)

        answer = await self._attempt(request, attempt, ends, retry)
        if isinstance(answer, TransportFailure):
            raise stream_error(request.service, answer)
        if answer.response is None:
            raise stream_refusal(request, answer)
        failure = await read_stream(answer.response, LineSplitter(cap), take, idle, ends)
        if failure is not None:
            raise stream_error(request.service, failure)

    async def _attempt(
        self, request: OutboundRequest, attempt: Attempt, ends: float, retry: Retry
    ) -> HttpAnswer | TransportFailure:
        for number in range(MAX_ATTEMPTS):
            # A lost answer can be followed by another attempt only if there is time left for it.
            share = MAX_ATTEMPTS - number if retry.lost else 1
            until = _time() + (ends - _time()) / share
            outcome = await attempt(until, fresh=False)
            if isinstance(outcome, HttpAnswer) and outcome.status == 401 and request.auth:  # noqa: PLR2004 - unauthorised
                outcome = await attempt(until, fresh=True)
            pause = self._pause(outcome, retry, number)
            if pause is None or _time() + pause >= ends:
                break
            await self._sleep(pause)
        return outcome

    def _pause(
        self, outcome: HttpAnswer | TransportFailure, retry: Retry, number: int
    ) -> float | None:
        """Return the seconds until the next attempt, or None if there is none."""
        least = 0
        match outcome:
            case HttpAnswer():
                again, least = outcome.status in retry.statuses, outcome.retry_after or 0
            case TransportFailure.UNREACHABLE:
                again = retry.connect
            case TransportFailure.SILENT | TransportFailure.BROKEN:
                again = retry.lost
            case _:
                again = False
        if not again or number + 1 >= MAX_ATTEMPTS or least > MAX_PAUSE:
            return None
        return max(float(least), self._chance() * FIRST_PAUSE * (1 << number))

    async def _exchange(
        self, request: OutboundRequest, ends: float, *, cap: int | None, fresh: bool
    ) -> HttpAnswer | TransportFailure:
        """Make one attempt. With `cap` None, leave the body of a 2xx answer unread and open."""
        late = TransportFailure.UNSENT
        try:
            async with asyncio.timeout_at(ends):
                message = await self._message(request, fresh=fresh)
                late = TransportFailure.SILENT
                response = await self._open().send(message, stream=True)
                return await read_response(response, cap)
        except TimeoutError:
            return late
        except REFUSED_CONNECTION:
            return TransportFailure.UNREACHABLE
        except UNSENDABLE:
            return TransportFailure.UNWRITABLE
        except (httpx.HTTPError, httpx.StreamError):
            return TransportFailure.BROKEN

    async def _message(self, request: OutboundRequest, *, fresh: bool) -> httpx.Request:
        # The size of a compressed body is not known before it is decompressed.
        headers = {"accept-encoding": "identity", **request.headers}
        if request.auth is not None:
            headers |= await request.auth(fresh)
        content = None
        if request.body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(request.body).encode()
        elif request.form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
            content = urlencode(request.form).encode()
        return self._open().build_request(
            request.method, request.url, headers=headers, content=content
        )

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            for name in ("httpx", "httpcore"):  # they log URLs at INFO, headers at DEBUG
                logging.getLogger(name).setLevel(logging.WARNING)
            no_cookies = http.cookiejar.DefaultCookiePolicy(allowed_domains=[])
            self._client = httpx.AsyncClient(
                transport=self._transport or transport(),
                timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),  # the deadline is the call's
                cookies=http.cookiejar.CookieJar(no_cookies),  # one client serves all users
                follow_redirects=False,
                trust_env=False,  # a .netrc would replace our credentials
            )
        return self._client


def _time() -> float:
    return asyncio.get_running_loop().time()
