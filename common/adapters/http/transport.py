"""HTTP/1.1 over asyncio's sockets, as httpx wants its transports.

httpx's own (httpcore on h11) is Python down to the byte: it takes half of what a token of a reply
costs a process that holds 200 streams. Here llhttp, which Node.js uses, reads the answers: see
docs/adr/0010.
"""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from functools import cached_property
from typing import cast

import httpx
from httptools import HttpParserError, HttpResponseParser

QUEUED = 256 * 1024
"""Bytes of a body that wait for their reader, after which the socket is not read."""
IDLE_SECONDS = 30.0
"""A connection that was not used for longer may be closed at the other end just as we use it."""
NO_BODY_YET = 200
"""Statuses below say that an answer will come; the answer itself follows."""


class HttptoolsTransport(httpx.AsyncBaseTransport):
    """Keeps the connections of answers that were read to their end, at most `most_idle` a host and
    for at most `IDLE_SECONDS`. Of an answer that was not, the connection is closed.

    Raises what httpx's own transport does: `ConnectError`, `ConnectTimeout`, `WriteError`,
    `ReadError`, `RemoteProtocolError`. A deadline is its caller's: only connecting has one here.
    """

    def __init__(self, *, connect_seconds: float, most_idle: int = 100) -> None:
        self._connect_seconds = connect_seconds
        self._most_idle = most_idle
        self._idle: defaultdict[tuple[str, str, int], list[_Connection]] = defaultdict(list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        message = _written(request, await request.aread())
        idle = self._idle[_origin(request.url)]
        connection = self._kept(idle) or await self._connected(request.url)
        try:
            connection.send(message)
            status, headers = await connection.head()
        except BaseException:
            connection.abort()
            raise
        return httpx.Response(
            status, headers=headers, stream=_Body(connection, idle, self._most_idle)
        )

    async def aclose(self) -> None:
        for idle in self._idle.values():
            while idle:
                idle.pop().abort()

    @staticmethod
    def _kept(idle: "list[_Connection]") -> "_Connection | None":
        """The one that was used last: its server closes it last."""
        while idle:
            connection = idle.pop()
            if connection.reusable and connection.idle_seconds <= IDLE_SECONDS:
                return connection
            connection.abort()
        return None

    async def _connected(self, url: httpx.URL) -> "_Connection":
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
    """One request and its answer at a time."""

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
        self._whole = False
        self._until_closed = True
        self._stays = False

    # ── what the answer's reader sees ────────────────────────────────────────────────────────────

    @property
    def reusable(self) -> bool:
        return self._lost is None and self._whole and self._stays

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
            await self._more()
        return self._status, self._headers

    async def read(self) -> bytes:
        """What has come of the body, as soon as there is some; b"" at its end."""
        while not self._body and not self._whole:
            await self._more()
        data, self._body, self._queued = b"".join(self._body), [], 0
        if self._transport is not None and self._lost is None:
            self._transport.resume_reading()
        return data

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def _more(self) -> None:
        if self._lost is not None:
            raise self._lost
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    # ── what asyncio says ────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # TCP or TLS: it reads and writes

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self._lose(httpx.RemoteProtocolError("not HTTP"))
            self.abort()
        if self._queued > QUEUED and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._status and self._until_closed and exc is None:
            self._whole = True
        self._lose(httpx.ReadError("the connection was cut"))
        self._wake()

    def _lose(self, error: Exception) -> None:
        self._lost = self._lost or error

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # ── what the parser says ─────────────────────────────────────────────────────────────────────

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))
        if name.lower() in {b"content-length", b"transfer-encoding"}:
            self._until_closed = False

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < NO_BODY_YET:
            self._headers = []
        else:
            self._status = status
            self._stays = self._parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        self._body.append(data)
        self._queued += len(data)

    def on_message_complete(self) -> None:
        self._whole = bool(self._status)
        self._ended = self._loop.time()


class _Body(httpx.AsyncByteStream):
    def __init__(self, connection: _Connection, idle: list[_Connection], most_idle: int) -> None:
        self._connection = connection
        self._idle = idle
        self._most_idle = most_idle

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while data := await self._connection.read():
            yield data

    async def aclose(self) -> None:
        if self._connection.reusable and len(self._idle) < self._most_idle:
            self._idle.append(self._connection)
        else:
            self._connection.abort()


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _written(request: httpx.Request, body: bytes) -> bytes:
    head = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    head += [b"%s: %s" % header for header in request.headers.raw]
    return b"\r\n".join([*head, b"", body])
