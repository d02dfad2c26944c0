"""The one place through which every HTTP call leaves.

httpx has no total time-out (a server that drips bytes held a call with `timeout=2` for 19.6 s) and
reads a body of any size, so each call here names its deadline in seconds, its cap in bytes and its
retry class. Nothing of a body, a header, a query or a key reaches an error, a log or a repr: errors
are built from fixed words, and are raised outside of `except`, so that no log that follows
`__context__` finds the exception of the transport, which does quote what it was sent.
"""

import asyncio
import http.cookiejar
import json
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Protocol

import httpx

from common.adapters.http.request import HttpAnswer, LineSplitter, OutboundRequest, Retry
from common.adapters.http.response import (
    TransportFailure,
    call_lost,
    read_response,
    stream_lost,
    stream_refused,
    streamed,
)
from common.adapters.http.transport import HttptoolsTransport

TRIES = 3
PATIENCE = 2.0
"""Seconds that one pause between two tries may last. Who is asked for more answers `Busy`."""
FIRST_PAUSE = 0.2
"""Seconds, at most; the next one is twice as long."""
CONNECT_SECONDS = 3.0

REFUSED_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
UNSENDABLE = (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError)


class Attempt(Protocol):
    async def __call__(self, *, fresh: bool) -> HttpAnswer | TransportFailure: ...


class HttpClient:
    """`transport`, `chance` (0 to 1, for the jitter) and `sleep` are what a test puts in place.

    One to a process, used from one event loop; the connections are opened by the first call.
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
        """Any status comes back as an `HttpAnswer`. `Unavailable`: it certainly did not happen (or
        `changes` nothing); `Ambiguous`: no telling; `Failed`: it could not even be written."""
        ends = _time() + deadline

        async def attempt(*, fresh: bool) -> HttpAnswer | TransportFailure:
            return await self._exchange(request, ends, cap=cap, fresh=fresh)

        outcome = await self._persist(request, attempt, ends, retry)
        if isinstance(outcome, TransportFailure):
            raise call_lost(request, outcome)
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
        """Gives the lines of a 2xx answer to `take` as they come. However it ends, the connection is
        closed; what `take` raises ends it. `retry` holds only until the answer begins.

        Any other status is raised: `Busy`, `Missing`, `Unavailable`, `Failed`. Later it is `Failed`
        with kind `silent`: nothing came for `idle` seconds, or it did not end within `deadline`; or
        `broken`: it was cut, or passed `cap`.
        """
        ends = _time() + deadline

        async def attempt(*, fresh: bool) -> HttpAnswer | TransportFailure:
            until = min(ends, _time() + idle)
            return await self._exchange(request, until, cap=None, fresh=fresh)

        answer = await self._persist(request, attempt, ends, retry)
        if isinstance(answer, TransportFailure):
            raise stream_lost(request.service, answer)
        if answer.response is None:
            raise stream_refused(request, answer)
        loss = await streamed(answer.response, LineSplitter(cap), take, idle, ends)
        if loss is not None:
            raise stream_lost(request.service, loss)

    async def _persist(
        self, request: OutboundRequest, attempt: Attempt, ends: float, retry: Retry
    ) -> HttpAnswer | TransportFailure:
        for tried in range(TRIES):
            outcome = await attempt(fresh=False)
            if isinstance(outcome, HttpAnswer) and outcome.status == 401 and request.auth:  # noqa: PLR2004 - unauthorised
                outcome = await attempt(fresh=True)
            pause = self._pause(outcome, retry, tried)
            if pause is None or _time() + pause >= ends:
                break
            await self._sleep(pause)
        return outcome

    def _pause(
        self, outcome: HttpAnswer | TransportFailure, retry: Retry, tried: int
    ) -> float | None:
        """Seconds until the next try; None where there is none."""
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
        if not again or tried + 1 >= TRIES or least > PATIENCE:
            return None
        return max(float(least), self._chance() * FIRST_PAUSE * (1 << tried))

    async def _exchange(
        self, request: OutboundRequest, ends: float, *, cap: int | None, fresh: bool
    ) -> HttpAnswer | TransportFailure:
        """One try. Without a `cap` the body of a 2xx answer is left unread, and open."""
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
        # Unpacked answers would have no size that is known before they are unpacked.
        headers = {"accept-encoding": "identity", **request.headers}
        if request.auth is not None:
            headers |= await request.auth(fresh)
        content = None
        if request.body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(request.body).encode()
        return self._open().build_request(
            request.method, request.url, headers=headers, content=content
        )

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            for chatty in ("httpx", "httpcore"):  # they log URLs at INFO, headers at DEBUG
                logging.getLogger(chatty).setLevel(logging.WARNING)
            no_cookies = http.cookiejar.DefaultCookiePolicy(allowed_domains=[])
            self._client = httpx.AsyncClient(
                transport=self._transport or HttptoolsTransport(connect_seconds=CONNECT_SECONDS),
                cookies=http.cookiejar.CookieJar(no_cookies),  # one client serves all users
                follow_redirects=False,
                trust_env=False,  # a .netrc would replace our credentials
            )
        return self._client


def _time() -> float:
    return asyncio.get_running_loop().time()
