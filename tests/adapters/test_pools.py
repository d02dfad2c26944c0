"""The spread of exchanges over pools of connections."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from common.adapters.http.pools import EXCHANGES, PooledTransport


class OpenBody(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"x"


class CountedTransport(httpx.AsyncBaseTransport):
    """Answers each request at once, or refuses each. Counts."""

    def __init__(self, *, refuses: bool) -> None:
        self.requests = 0
        self.closed = False
        self._refuses = refuses

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert not self.closed
        self.requests += 1
        if self._refuses:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200, stream=OpenBody())

    async def aclose(self) -> None:
        self.closed = True


class Pools:
    def __init__(self, *, refuses: bool = False) -> None:
        self.made: list[CountedTransport] = []
        self._refuses = refuses
        self.client = httpx.AsyncClient(transport=PooledTransport(self._connect))

    def _connect(self) -> CountedTransport:
        self.made.append(CountedTransport(refuses=self._refuses))
        return self.made[-1]

    def closed(self) -> list[bool]:
        return [pool.closed for pool in self.made]

    async def open(self) -> httpx.Response:
        return await self.client.send(self.client.build_request("GET", "http://x/"), stream=True)


async def test_exchanges_one_after_the_other_share_one_pool() -> None:
    pools = Pools()
    for _ in range(3 * EXCHANGES):
        await (await pools.open()).aclose()
    assert [pool.requests for pool in pools.made] == [3 * EXCHANGES]


async def test_no_pool_has_more_exchanges_at_a_time_than_its_share() -> None:
    pools = Pools()
    await asyncio.gather(*(pools.open() for _ in range(3 * EXCHANGES + 1)))
    assert [pool.requests for pool in pools.made] == [EXCHANGES] * 3 + [1]


async def test_a_further_pool_is_closed_with_its_last_exchange_and_the_first_one_stays() -> None:
    pools = Pools()
    responses = [await pools.open() for _ in range(2 * EXCHANGES)]
    for response in responses[EXCHANGES:-1]:
        await response.aclose()
    assert pools.closed() == [False, False]
    await responses[-1].aclose()
    await responses[-1].aclose()
    assert pools.closed() == [False, True]
    for response in responses[:EXCHANGES]:
        await response.aclose()
    assert pools.closed() == [False, True]
    await (await pools.open()).aclose()
    assert len(pools.made) == 2


async def test_a_refused_exchange_gives_its_place_back() -> None:
    pools = Pools(refuses=True)
    for _ in range(2 * EXCHANGES):
        with pytest.raises(httpx.ConnectError):
            await pools.open()
    assert len(pools.made) == 1


async def test_closing_the_client_closes_every_pool() -> None:
    pools = Pools()
    responses = [await pools.open() for _ in range(2 * EXCHANGES)]
    await pools.client.aclose()
    assert pools.closed() == [True, True]
    for response in responses:
        await response.aclose()
