"""HTTP/1.1 over asyncio's sockets, as a transport for httpx.

httpx's own transport (httpcore on h11) is written in Python. It takes half of the processor time
that a token of a reply costs in a process with 200 streams. Here llhttp, the parser of Node.js,
reads the answers: see docs/adr/0010-http-with-httptools.md.
"""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from functools import cached_property
from typing import cast

import httpx
from httptools import HttpParserError, HttpResponseParser

MAX_QUEUED = 256 * 1024
"""Bytes of a body that may wait for their reader. Beyond that the socket is not read."""
IDLE_SECONDS = 30.0
"""Seconds. A server may close a connection that was idle for longer, just as we use it."""
FIRST_FINAL_STATUS = 200
"""Statuses below announce an answer; the answer itself follows."""


class HttptoolsTransport(httpx.AsyncBaseTransport):
    """A transport with a pool of connections, at most `max_idle` idle ones for each host.

    A connection is reused if its answer was read to the end and it was idle for at most
    `IDLE_SECONDS`; otherwise it is closed. Only connecting has a time-out here: the deadline of a
    call belongs to the caller.

    Raises the exceptions of httpx's own transport: `ConnectError`, `ConnectTimeout`, `WriteError`,
    `ReadError`, `RemoteProtocolError`.
    """

    def __init__(self, *, connect_seconds: float, max_idle: int = 100) -> None:
        self._connect_seconds = connect_seconds
        self._max_idle = max_idle
        self._idle: defaultdict[tuple[str, str, int], list[_Connection]] = defaultdict(list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        message = _serialize(request, await request.aread())
        idle = self._idle[_origin(request.url)]
        connection = self._reuse(idle) or await self._connect(request.url)
        try:
            connection.send(message)
            status, headers = await connection.head()
        except BaseException:
            connection.abort()
            raise
        return httpx.Response(
            status, headers=headers, stream=_Body(connection, idle, self._max_idle)
        )

    async def aclose(self) -> None:
        for idle in self._idle.values():
            while idle:
                idle.pop().abort()

    @staticmethod
    def _reuse(idle: "list[_Connection]") -> "_Connection | None":
        """Take the connection that was used last: its server closes it last."""
        while idle:
            connection = idle.pop()
            if connection.reusable and connection.idle_seconds <= IDLE_SECONDS:
                return connection
            connection.abort()
        return None

    async def _connect(self, url: httpx.URL) -> "_Connection":
        scheme, host, port = _origin(url)
        try:
            async with asyncio.timeout(self._connect_seconds):
                _, connection = await asyncio.get_running_loop().create_connection(
                    _Connection,
                    host,
                    port,
                    ssl=self._tls if scheme == "https" else None,
                )
        except TimeoutError:
            raise httpx.ConnectTimeout("no connection in time") from None
        except OSError as error:
            raise httpx.ConnectError("no connection") from error
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = httpx.create_ssl_context(trust_env=False)
        context.set_alpn_protocols(["http/1.1"])
        return context


class _Connection(asyncio.Protocol):
    """A connection that carries one request and its answer at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._lost: Exception | None = None
        self._ended = 0.0
        self._waiter: asyncio.Future[None] | None = None
        self._begin()

    def _begin(self) -> None:
        self._parser = HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._status = 0
        self._body: list[bytes] = []
        self._queued = 0
        self._complete = False
        self._until_closed = True
        self._keep_alive = False

    # ── for the reader of the answer ─────────────────────────────────────────────────────────────

    @property
    def reusable(self) -> bool:
        return self._lost is None and self._complete and self._keep_alive

    @property
    def idle_seconds(self) -> float:
        return self._loop.time() - self._ended

    def send(self, message: bytes) -> None:
        self._begin()
        if self._transport is None or self._lost is not None:
            raise httpx.WriteError("the connection was closed")
        self._transport.write(message)

    async def head(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        while not self._status:
            await self._wait()
        return self._status, self._headers

    async def read(self) -> bytes:
        """Return the next bytes of the body as soon as some have arrived, or b"" at its end."""
        while not self._body and not self._complete:
            await self._wait()
        data, self._body, self._queued = b"".join(self._body), [], 0
        if self._transport is not None and self._lost is None:
            self._transport.resume_reading()
        return data

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def _wait(self) -> None:
        if self._lost is not None:
            raise self._lost
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    # ── asyncio's callbacks ──────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # TCP or TLS: both read and write

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self._lose(httpx.RemoteProtocolError("not HTTP"))
            self.abort()
        if self._queued > MAX_QUEUED and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._status and self._until_closed and exc is None:
            self._complete = True
        self._lose(httpx.ReadError("the connection was cut"))
        self._wake()

    def _lose(self, error: Exception) -> None:
        self._lost = self._lost or error

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # ── the parser's callbacks ───────────────────────────────────────────────────────────────────

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))
        if name.lower() in {b"content-length", b"transfer-encoding"}:
            self._until_closed = False

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < FIRST_FINAL_STATUS:
            self._headers = []
        else:
            self._status = status
            self._keep_alive = self._parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        self._body.append(data)
        self._queued += len(data)

    def on_message_complete(self) -> None:
        self._complete = bool(self._status)
        self._ended = self._loop.time()


class _Body(httpx.AsyncByteStream):
    def __init__(self, connection: _Connection, idle: list[_Connection], max_idle: int) -> None:
        self._connection = connection
        self._idle = idle
        self._max_idle = max_idle

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while data := await self._connection.read():
            yield data

    async def aclose(self) -> None:
        if self._connection.reusable and len(self._idle) < self._max_idle:
            self._idle.append(self._connection)
        else:
            self._connection.abort()


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _serialize(request: httpx.Request, body: bytes) -> bytes:
    head = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    head += [b"%s: %s" % header for header in request.headers.raw]
    return b"\r\n".join([*head, b"", body])
