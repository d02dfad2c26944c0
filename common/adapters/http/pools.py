"""Connections in several pools of httpx, because the work of one pool grows with its connections.

For each request and for each end of one, httpcore looks at every connection of the pool. With 200
streams in one pool, that was a third of the CPU time of a process.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

from common.adapters.http.sockets import Sockets

POOL = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=30.0)
"""No call waits for a connection. A server may close one that was idle for longer than 30 s."""
EXCHANGES = 16
"""Exchanges of one pool at a time. The next one takes another pool."""


@dataclass
class Pool:
    """A pool of connections, and the number of exchanges that use it now."""

    transport: httpx.AsyncBaseTransport
    exchanges: int = 0


class PooledTransport(httpx.AsyncBaseTransport):
    """httpx's own transport, once for every 16 exchanges that run at the same time.

    A request takes the first pool that has room, so that a quiet process has one pool. A further
    pool is closed with its last exchange. `connect` makes the transport of a pool.
    """

    def __init__(self, connect: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._connect = connect
        self._pools: list[Pool] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        pool = self._take()
        try:
            response = await pool.transport.handle_async_request(request)
        except BaseException:
            await self._give_back(pool)
            raise
        response.stream = _Body(response.stream, lambda: self._give_back(pool))
        return response

    async def aclose(self) -> None:
        pools, self._pools = self._pools, []
        for pool in pools:
            await pool.transport.aclose()

    def _take(self) -> Pool:
        for pool in self._pools:
            if pool.exchanges < EXCHANGES:
                break
        else:
            pool = Pool(self._connect())
            self._pools.append(pool)
        pool.exchanges += 1
        return pool

    async def _give_back(self, pool: Pool) -> None:
        pool.exchanges -= 1
        if pool.exchanges == 0 and pool in self._pools[1:]:
            self._pools.remove(pool)
            await pool.transport.aclose()


class _Body(httpx.AsyncByteStream):
    """The body of a response. `closed` is awaited once, when the body is closed."""

    def __init__(
        self,
        body: Any,  # noqa: ANN401 - httpx types it as sync or async
        closed: Callable[[], Awaitable[None]],
    ) -> None:
        self._body = body
        self._closed: Callable[[], Awaitable[None]] | None = closed

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._body)

    async def aclose(self) -> None:
        closed, self._closed = self._closed, None
        try:
            await self._body.aclose()
        finally:
            if closed is not None:
                await closed()


class SocketTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over our sockets, which httpx gives no parameter for."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=POOL.max_connections,
            max_keepalive_connections=POOL.max_keepalive_connections,
            keepalive_expiry=POOL.keepalive_expiry,
            network_backend=Sockets(),
        )


def transport() -> httpx.AsyncBaseTransport:
    """Return the transport of a process. It ignores the environment's proxies and certificates."""
    return PooledTransport(lambda: SocketTransport(_tls()))


@cache
def _tls() -> ssl.SSLContext:
    """Return the context of a process: httpx needs 20 ms to read the certificates."""
    return httpx.create_ssl_context(trust_env=False)
