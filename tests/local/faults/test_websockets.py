"""Each fault of a websocket, seen by a client that knows nothing of faults."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidMessage,
    InvalidStatus,
)

from infra.local.simulators.faults import Mode, ServiceFaults
from tests.local.faults.service import (
    MOUNT,
    QUICK,
    CountingService,
    switch_on,
    until_reached,
)
from tests.local.serving import served, websocket_address


@pytest.fixture
def faults() -> ServiceFaults:
    return ServiceFaults(pace=QUICK)


@pytest.fixture
def service() -> CountingService:
    return CountingService()


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The server logs no error: a dropped connection is not the app's fault."""
    with caplog.at_level(logging.INFO):
        yield
    noise = [record for record in caplog.records if record.name.startswith("uvicorn")]
    assert [record.getMessage() for record in noise] == []


@asynccontextmanager
async def websocket(
    faults: ServiceFaults, service: CountingService, open_timeout: float = 5
) -> AsyncIterator[ClientConnection]:
    async with served(service.app(faults)) as address:
        url = f"{websocket_address(address)}{MOUNT}/ws/1"
        async with connect(url, proxy=None, open_timeout=open_timeout) as it:
            yield it


async def numbers(it: ClientConnection) -> list[str]:
    return [str(await it.recv()) for _ in range(3)]


NUMBERS = ['{"number":0}', '{"number":1}', '{"number":2}']


@pytest.mark.parametrize("mode", ["refuse", "reset", "lost"])
async def test_an_upgrade_is_dropped(
    faults: ServiceFaults, service: CountingService, mode: Mode
) -> None:
    switch_on(faults, mode, "/ws/")
    with pytest.raises(InvalidMessage):
        async with websocket(faults, service):
            pass
    assert service.reached == (mode == "lost")


UPGRADE = b"""GET /simulators/liveavatar/ws/1 HTTP/1.1\r
host: x\r
connection: upgrade\r
upgrade: websocket\r
sec-websocket-version: 13\r
sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r
\r
"""


async def test_a_refused_upgrade_is_closed_and_a_reset_one_is_reset(
    faults: ServiceFaults, service: CountingService
) -> None:
    async with served(service.app(faults)) as address:
        switch_on(faults, "refuse")
        assert await ask(address, UPGRADE) == b""
        switch_on(faults, "reset")
        with pytest.raises(ConnectionResetError):
            await ask(address, UPGRADE)


async def ask(address: str, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    writer.write(request)
    try:
        return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize("mode", ["timeout", "silent"])
async def test_an_upgrade_is_never_answered(
    faults: ServiceFaults, service: CountingService, mode: Mode
) -> None:
    switch_on(faults, mode)
    with pytest.raises(TimeoutError):
        async with websocket(faults, service, open_timeout=1):
            pass
    assert service.reached == (mode == "silent")


@pytest.mark.parametrize("mode", ["429", "500", "503"])
async def test_an_upgrade_is_answered_with_an_error(
    faults: ServiceFaults, service: CountingService, mode: Mode
) -> None:
    switch_on(faults, mode)
    with pytest.raises(InvalidStatus) as raised:
        async with websocket(faults, service):
            pass
    assert raised.value.response.status_code == int(mode)
    assert service.reached == 0


async def test_an_upgrade_is_answered_with_an_unknown_4xx(
    faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "4xx", status=451)
    with pytest.raises(InvalidStatus) as raised:
        async with websocket(faults, service):
            pass
    assert raised.value.response.status_code == 451
    assert service.reached == 0


async def test_truncate_resets_a_websocket_after_its_first_event(
    faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "truncate")
    async with websocket(faults, service) as it:
        assert await it.recv() == '{"number":0}'
        with pytest.raises(ConnectionClosedError):
            await it.recv()
    assert service.reached == 1


@pytest.mark.parametrize(("mode", "words"), [("garbage", "no JSON"), ("nonsense", "nonsense")])
async def test_a_strange_event_comes_first(
    faults: ServiceFaults, service: CountingService, mode: Mode, words: str
) -> None:
    switch_on(faults, mode)
    async with websocket(faults, service) as it:
        assert words in str(await it.recv())
        assert await numbers(it) == NUMBERS


@pytest.mark.parametrize("mode", ["slow", "late"])
async def test_a_websocket_is_accepted_late(
    faults: ServiceFaults, service: CountingService, mode: Mode
) -> None:
    switch_on(faults, mode, delay_seconds=0.3)
    begun = time.monotonic()
    async with websocket(faults, service) as it:
        assert time.monotonic() - begun >= 0.3
        assert await numbers(it) == NUMBERS


@pytest.mark.parametrize("delay", [0.1, 0.4])
async def test_lags_delays_messages_and_the_close(
    faults: ServiceFaults, service: CountingService, delay: float
) -> None:
    switch_on(faults, "lags", delay_seconds=delay)
    async with websocket(faults, service) as it:
        assert await numbers(it) == NUMBERS
        sent = time.monotonic()
        await it.send("hello")
        await it.send("close")
        assert await it.recv() == "hello"
        with pytest.raises(ConnectionClosedOK):
            await it.recv()
        assert time.monotonic() - sent >= delay
    assert service.messages == ["hello"]


async def test_a_caller_may_leave_a_websocket_that_lags(
    faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "lags", delay_seconds=0.2)
    async with websocket(faults, service):
        await until_reached(service)
    assert service.closed == 1


async def test_a_freeze_holds_an_open_websocket(
    faults: ServiceFaults, service: CountingService
) -> None:
    async with websocket(faults, service) as it:
        assert await numbers(it) == NUMBERS
        switch_on(faults, "frozen", for_seconds=600)
        await it.send("hello")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await it.recv()
        assert service.messages == []
        faults.clear()
        assert await it.recv() == "hello"
