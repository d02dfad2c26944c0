"""Sockets for httpcore on asyncio's own protocols.

httpcore's default goes through anyio. For each piece that is read, anyio makes a cancel scope and
tells the kernel twice whether to wait for more: with 200 streams, a third of the CPU time of a
process.
"""

import asyncio
import select
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

FULL = 256 * 1024
"""Bytes that were received and not read. While there are so many, no more are received."""


class Socket(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """One connection. One task at a time reads it or writes to it.

    A time-out is in seconds. None means that there is none. httpcore's own errors are raised:
    `ReadTimeout`, `ReadError`, `WriteTimeout`, `WriteError`, `ConnectTimeout`, `ConnectError`.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._ended: Exception | None = None
        """The reason why nothing more is received. EOFError: the peer closed the connection."""
        self._changed: asyncio.Future[None] | None = None
        """Done when bytes came, when the connection ended and when bytes can be written again."""
        self._is_paused = False
        """Nothing is received, because too much was not read."""
        self._can_write = True

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - a parameter of httpcore
        """Wait for bytes, and return them. Return b"" where the peer closed the connection."""
        while not self._received:
            if isinstance(self._ended, EOFError):
                return b""
            if self._ended is not None:
                raise httpcore.ReadError(str(self._ended))
            await self._wait(timeout, httpcore.ReadTimeout)
        piece = bytes(self._received[:max_bytes])
        del self._received[:max_bytes]
        if self._is_paused and self._ended is None and len(self._received) < FULL:
            self._is_paused = False
            self._require_transport().resume_reading()
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as above
        """Write bytes, and wait until most of what was written has left."""
        if self._ended is None:
            self._require_transport().write(buffer)
        while not self._can_write and self._ended is None:
            await self._wait(timeout, httpcore.WriteTimeout)
        if self._ended is not None:
            raise httpcore.WriteError(str(self._ended))

    async def aclose(self) -> None:
        """Close the connection. Nothing is awaited, so that no cancellation leaves it open."""
        if self._transport is not None:
            self._transport.close()
            asyncio.get_running_loop().call_soon(self._transport.abort)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - as above
    ) -> httpcore.AsyncNetworkStream:
        """Encrypt the connection. It is closed if that fails or is cancelled."""
        plain = self._require_transport()
        if self._ended is not None:
            raise httpcore.ConnectError(str(self._ended))
        try:
            async with asyncio.timeout(timeout):
                self._transport = await asyncio.get_running_loop().start_tls(
                    plain, self, ssl_context, server_hostname=server_hostname
                )
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except OSError as error:  # also a certificate that is refused
            raise httpcore.ConnectError(str(error)) from error
        finally:
            if self._transport is plain:
                plain.abort()
        return self

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - the type of httpcore
        """Return what is known of the connection.

        httpcore uses an idle connection again only if it is not readable. A readable one was closed
        by the peer, or holds bytes that belong to no request.
        """
        if info == "is_readable":
            return bool(self._received) or self._ended is not None or self._kernel_has_news()
        return self._require_transport().get_extra_info(info)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # that of a stream socket

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) >= FULL and not self._is_paused:
            self._is_paused = True
            self._require_transport().pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._end(EOFError("closed by the peer"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or EOFError("closed"))

    def pause_writing(self) -> None:
        self._can_write = False

    def resume_writing(self) -> None:
        self._can_write = True
        self._wake()

    def _require_transport(self) -> asyncio.Transport:
        if self._transport is None:
            raise RuntimeError("the socket is not connected")
        return self._transport

    def _kernel_has_news(self) -> bool:
        """Return True for bytes or an end that the event loop has not read yet."""
        poll = select.poll()
        poll.register(self._require_transport().get_extra_info("socket"), select.POLLIN)
        return bool(poll.poll(0))

    def _end(self, reason: Exception) -> None:
        if self._ended is None:
            self._ended = reason
        self._wake()

    async def _wait(self, seconds: float | None, late: type[Exception]) -> None:
        self._changed = asyncio.get_running_loop().create_future()
        if seconds is None:
            await self._changed
            return
        try:
            async with asyncio.timeout(seconds):
                await self._changed
        except TimeoutError as error:
            raise late from error

    def _wake(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)


class Sockets(httpcore.AsyncNetworkBackend):
    """Connects sockets. The addresses of a host are tried one after the other."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - a parameter of httpcore
        local_address: str | None = None,  # noqa: ARG002 - as above
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - as above
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                _, socket = await asyncio.get_running_loop().create_connection(Socket, host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return socket
