"""Each fault of an HTTP call, seen by a client that knows nothing of faults."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from infra.local.simulators.faults import Mode, Pace, ServiceFaults
from tests.local.faults.service import (
    MOUNT,
    QUICK,
    CountingService,
    switch_on,
    until_reached,
    until_taken,
)
from tests.local.serving import client_of


@pytest.fixture
def faults() -> ServiceFaults:
    return ServiceFaults(pace=QUICK)


@pytest.fixture
def service() -> CountingService:
    return CountingService()


@pytest.fixture
async def client(
    faults: ServiceFaults, service: CountingService
) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(service.app(faults), MOUNT) as client:
        yield client


async def read(client: httpx.AsyncClient, method: str, url: str, got: list[bytes]) -> None:
    async with client.stream(method, url) as answer:
        async for piece in answer.aiter_raw():
            got.append(piece)  # noqa: PERF401 - what came before the cut must stay


def causes(error: BaseException) -> list[type[BaseException]]:
    found = []
    cause: BaseException | None = error
    while cause is not None:
        found.append(type(cause))
        cause = cause.__cause__ or cause.__context__
    return found


# ── not carried out ──────────────────────────────────────────────────────────────────────────────


async def test_refuse_closes_without_a_byte(
    client: httpx.AsyncClient, faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "refuse")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await client.post("/v1/thing", content=b"y" * 300_000)
    assert service.reached == 0
    assert (await client.post("/v1/thing", content=b"y" * 300_000)).json()["sent"] == 300_000


async def test_reset_is_a_tcp_reset(
    client: httpx.AsyncClient, faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "reset")
    with pytest.raises(httpx.ReadError) as raised:
        await client.post("/v1/thing", json={})
    assert ConnectionResetError in causes(raised.value)
    assert service.reached == 0


async def test_timeout_never_answers_and_leaves_no_task(
    client: httpx.AsyncClient, faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "timeout")
    before = len(asyncio.all_tasks())
    with pytest.raises(httpx.ReadTimeout):
        await client.get("/v1/thing", timeout=0.05)
    for _ in range(50):
        if len(asyncio.all_tasks()) <= before:
            break
        await asyncio.sleep(0.002)
    assert len(asyncio.all_tasks()) <= before
    assert service.reached == 0


async def test_a_server_stops_while_a_call_hangs(
    faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "timeout")
    async with client_of(service.app(faults), MOUNT) as client:
        hanging = asyncio.create_task(client.get("/v1/thing"))
        await until_taken(faults)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await hanging


async def test_429_says_when_to_come_back(client: httpx.AsyncClient, faults: ServiceFaults) -> None:
    switch_on(faults, "429")
    answer = await client.post("/v1/thing", json={})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert answer.json() == {"code": 429, "data": None, "message": "Too many requests"}


@pytest.mark.parametrize(("mode", "name"), [("500", "INTERNAL"), ("503", "UNAVAILABLE")])
async def test_errors_have_the_form_of_the_service(
    service: CountingService, mode: Mode, name: str
) -> None:
    faults = ServiceFaults(("agent-engine",))
    switch_on(faults, mode, service="agent-engine")
    async with client_of(service.app(faults, "agent-engine"), MOUNT) as client:
        answer = await client.get("/v1/thing")
        assert (await client.get("/v1/thing")).status_code == 200
    assert answer.status_code == int(mode)
    assert (answer.json()["error"]["code"], answer.json()["error"]["status"]) == (int(mode), name)
    assert service.reached == 1


async def test_4xx_has_the_chosen_status_and_message(
    client: httpx.AsyncClient, faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "4xx")
    switch_on(faults, "4xx", status=409, message="Session already ended")
    unknown = await client.post("/v1/thing", json={})
    chosen = await client.post("/v1/thing", json={})
    assert unknown.status_code == 418
    assert chosen.status_code == 409
    assert chosen.json() == {"code": 409, "data": None, "message": "Session already ended"}
    assert service.reached == 0


async def test_garbage_is_a_200_without_json(
    client: httpx.AsyncClient, faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "garbage")
    answer = await client.get("/v1/thing")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="can't decode"):
        answer.json()
    assert service.reached == 0


async def test_nonsense_is_a_200_with_json_of_another_shape(
    client: httpx.AsyncClient, faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "nonsense")
    answer = await client.post("/v1/thing", json={})
    assert answer.status_code == 200
    assert answer.json()["data"] == ["nonsense"]
    assert service.reached == 0


# ── carried out ──────────────────────────────────────────────────────────────────────────────────


async def test_late_carries_out_a_call_whose_caller_has_left(
    client: httpx.AsyncClient, faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "late", delay_seconds=0.2)
    with pytest.raises(httpx.ReadTimeout):
        await client.post("/v1/thing", content=b"pay", timeout=0.05)
    assert service.reached == 0
    await until_reached(service)
    assert service.bodies == [b"pay"]


async def test_slow_answers_late_and_byte_by_byte(service: CountingService) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        assert service.reached == 1
        await asyncio.sleep(0)

    faults = ServiceFaults(pace=Pace(late_seconds=7, drip_seconds=3, sleep=sleep))
    switch_on(faults, "slow")
    async with client_of(service.app(faults), MOUNT) as client:
        answer = await client.get("/v1/thing")
    assert answer.json()["sent"] == 0
    assert waits == [7, *[3] * len(answer.content)]


async def test_slow_drips_a_stream(
    client: httpx.AsyncClient, faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "slow", ":streamQuery")
    async with client.stream("POST", "/v1/engine:streamQuery") as answer:
        pieces = [piece async for piece in answer.aiter_raw()]
    assert b"".join(pieces) == b"".join(b'{"number": %d}\n' % number for number in range(4))
    assert max(len(piece) for piece in pieces) < 15
    assert service.reached == 1


async def test_slow_ends_when_its_client_has_left(service: CountingService) -> None:
    gone = asyncio.Event()
    waits = 0

    async def sleep(_: float) -> None:
        nonlocal waits
        waits += 1
        if waits == 3:
            await gone.wait()
        await asyncio.sleep(0)

    faults = ServiceFaults(pace=Pace(sleep=sleep))
    switch_on(faults, "slow")
    async with client_of(service.app(faults), MOUNT) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/v1/thing", timeout=0.05)
        await asyncio.sleep(0.01)
        gone.set()
    assert waits == 3


async def test_lags_answers_whole_after_the_delay(
    client: httpx.AsyncClient, faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "lags", delay_seconds=0.2)
    begun = time.monotonic()
    asked = asyncio.create_task(client.get("/v1/thing"))
    await until_reached(service)
    assert (await asked).json()["sent"] == 0
    assert time.monotonic() - begun >= 0.2


async def test_truncate_cuts_a_body_of_known_length(
    client: httpx.AsyncClient, faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "truncate")
    got: list[bytes] = []
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        await read(client, "GET", "/v1/thing", got)
    whole = (await client.get("/v1/thing")).content
    assert b"".join(got) == whole[: len(whole) // 2]
    assert service.reached == 2


async def test_truncate_cuts_a_stream_in_its_second_piece(
    client: httpx.AsyncClient, faults: ServiceFaults
) -> None:
    switch_on(faults, "truncate")
    got: list[bytes] = []
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
        await read(client, "POST", "/v1/engine:streamQuery", got)
    assert b"".join(got) == b'{"number": 0}\n{"numbe'


async def test_lost_resets_after_the_call_was_carried_out(
    client: httpx.AsyncClient, faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "lost")
    with pytest.raises(httpx.ReadError) as raised:
        await client.post("/v1/thing", content=b"pay")
    assert ConnectionResetError in causes(raised.value)
    assert service.bodies == [b"pay"]


async def test_silent_carries_out_the_call_and_never_answers(
    client: httpx.AsyncClient, faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "silent")
    with pytest.raises(httpx.ReadTimeout):
        await client.post("/v1/thing", content=b"pay", timeout=0.5)
    assert service.bodies == [b"pay"]


async def test_a_frozen_service_carries_out_its_calls_afterwards(
    client: httpx.AsyncClient, faults: ServiceFaults, service: CountingService
) -> None:
    switch_on(faults, "frozen", for_seconds=1)
    begun = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        await client.post("/v1/thing", content=b"pay", timeout=0.05)
    assert service.bodies == []
    assert (await client.get("/v1/thing")).status_code == 200
    assert time.monotonic() - begun >= 1
    assert sorted(service.bodies) == [b"", b"pay"]


async def test_clearing_the_faults_thaws_a_frozen_service(
    client: httpx.AsyncClient, faults: ServiceFaults
) -> None:
    switch_on(faults, "frozen", for_seconds=600)
    held = asyncio.create_task(client.get("/v1/thing"))
    await asyncio.sleep(0.05)
    assert not held.done()
    faults.clear()
    assert (await held).status_code == 200
