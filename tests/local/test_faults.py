"""Each fault as a client sees it that knows nothing of faults."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from anyio import fail_after
from anyio.lowlevel import checkpoint
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidMessage, InvalidStatus

from infra.local.simulators.faults import Fault, Faults, Mode, Pace, fault_routes
from infra.local.simulators.faulty import Faulty
from tests.local.serving import client_of, served, websocket_address

MOUNT = "/simulators/liveavatar"
QUICK = Pace(late_seconds=0.001, drip_seconds=0.0)


class Service:
    """Counts the calls that reach it, and those that ended."""

    def __init__(self) -> None:
        self.reached = 0
        self.journal = 0

    async def thing(self, request: Request) -> Response:
        self.reached += 1
        sent = await request.body()
        return JSONResponse({"thing": "x" * 100, "sent": len(sent)})

    async def stream(self, _: Request) -> Response:
        self.reached += 1
        return StreamingResponse(self._lines(), media_type="application/json")

    async def _lines(self) -> AsyncIterator[str]:
        for number in range(4):
            yield f'{{"number": {number}}}\n'

    async def look(self, _: Request) -> Response:
        self.journal += 1
        return JSONResponse({})

    async def talk(self, websocket: WebSocket) -> None:
        self.reached += 1
        await websocket.accept()
        try:
            for number in range(3):
                await websocket.send_json({"number": number})
            await websocket.receive_text()
        except WebSocketDisconnect:
            return

    def app(self, faults: Faults) -> Starlette:
        routes = [
            Route("/v1/thing", self.thing, methods=["GET", "POST"]),
            Route("/v1/engine:streamQuery", self.stream, methods=["POST"]),
            Route("/journal", self.look),
            WebSocketRoute("/ws/{session}", self.talk),
        ]
        mount = Mount(MOUNT, app=Faulty(Starlette(routes=routes), faults, "liveavatar"))
        return Starlette(routes=[*fault_routes(faults), mount])


@pytest.fixture
def faults() -> Faults:
    return Faults(pace=QUICK)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def client(faults: Faults, service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(service.app(faults), MOUNT) as client:
        yield client


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.INFO):
        yield
    noise = [record for record in caplog.records if record.name.startswith("uvicorn")]
    assert [record.getMessage() for record in noise] == []


def on(faults: Faults, mode: Mode, path: str = "", times: int | None = 1) -> None:
    faults.add(Fault(service="liveavatar", path=path, mode=mode, times=times))


async def taken(faults: Faults) -> None:
    with fail_after(5):
        while faults.listed():
            await checkpoint()


async def read(client: httpx.AsyncClient, method: str, url: str, got: list[bytes]) -> None:
    async with client.stream(method, url) as answer:
        async for piece in answer.aiter_raw():
            got.append(piece)  # noqa: PERF401 - what came before the cut must stay


async def test_refuse_closes_without_a_byte(
    client: httpx.AsyncClient, faults: Faults, service: Service
) -> None:
    on(faults, "refuse")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await client.post("/v1/thing", content=b"y" * 300_000)
    assert service.reached == 0
    assert (await client.post("/v1/thing", content=b"y" * 300_000)).json()["sent"] == 300_000


async def test_reset_is_a_reset(
    client: httpx.AsyncClient, faults: Faults, service: Service
) -> None:
    on(faults, "reset")
    with pytest.raises(httpx.ReadError) as raised:
        await client.post("/v1/thing", json={})
    causes = []
    cause: BaseException | None = raised.value
    while cause is not None:
        causes.append(type(cause))
        cause = cause.__cause__ or cause.__context__
    assert ConnectionResetError in causes
    assert service.reached == 0


async def test_timeout_never_answers_and_leaves_no_task(
    client: httpx.AsyncClient, faults: Faults, service: Service
) -> None:
    on(faults, "timeout")
    before = len(asyncio.all_tasks())
    with pytest.raises(httpx.ReadTimeout):
        await client.get("/v1/thing", timeout=0.05)
    for _ in range(50):
        if len(asyncio.all_tasks()) <= before:
            break
        await asyncio.sleep(0.002)
    assert len(asyncio.all_tasks()) <= before
    assert service.reached == 0


async def test_a_server_stops_although_a_call_hangs(faults: Faults, service: Service) -> None:
    on(faults, "timeout")
    async with client_of(service.app(faults), MOUNT) as client:
        hanging = asyncio.create_task(client.get("/v1/thing"))
        await taken(faults)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await hanging


async def test_slow_does_it_late_and_byte_by_byte(service: Service) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        assert service.reached == 1
        await asyncio.sleep(0)

    faults = Faults(pace=Pace(late_seconds=7, drip_seconds=3, sleep=sleep))
    on(faults, "slow")
    async with client_of(service.app(faults), MOUNT) as client:
        answer = await client.get("/v1/thing")
    assert answer.json()["sent"] == 0
    assert waits == [7, *[3] * len(answer.content)]


async def test_slow_drips_a_stream(
    client: httpx.AsyncClient, faults: Faults, service: Service
) -> None:
    on(faults, "slow", ":streamQuery")
    async with client.stream("POST", "/v1/engine:streamQuery") as answer:
        pieces = [piece async for piece in answer.aiter_raw()]
    assert b"".join(pieces) == b"".join(b'{"number": %d}\n' % number for number in range(4))
    assert max(len(piece) for piece in pieces) < 15
    assert service.reached == 1


async def test_slow_ends_when_its_client_has_left(service: Service) -> None:
    gone = asyncio.Event()
    waits = 0

    async def sleep(_: float) -> None:
        nonlocal waits
        waits += 1
        if waits == 3:
            await gone.wait()
        await asyncio.sleep(0)

    faults = Faults(pace=Pace(sleep=sleep))
    on(faults, "slow")
    async with client_of(service.app(faults), MOUNT) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/v1/thing", timeout=0.05)
        await asyncio.sleep(0.01)
        gone.set()
    assert waits == 3


async def test_429_says_when_to_come_back(client: httpx.AsyncClient, faults: Faults) -> None:
    on(faults, "429")
    answer = await client.post("/v1/thing", json={})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert answer.json() == {"code": 429, "data": None, "message": "Too many requests"}


async def test_500_has_the_form_of_the_service(service: Service) -> None:
    faults = Faults()
    faults.add(Fault(service="agent-engine", mode="500"))
    app = Starlette(routes=[Mount("/a", Faulty(service.app(faults), faults, "agent-engine"))])
    async with client_of(app, "/a") as client:
        answer = await client.get("/v1/thing")
    assert answer.status_code == 500
    assert answer.json()["error"]["status"] == "INTERNAL"


async def test_garbage_is_a_200_that_is_no_json(client: httpx.AsyncClient, faults: Faults) -> None:
    on(faults, "garbage")
    answer = await client.get("/v1/thing")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="can't decode"):
        answer.json()


async def test_truncate_cuts_a_body_of_known_length(
    client: httpx.AsyncClient, faults: Faults, service: Service
) -> None:
    on(faults, "truncate")
    got: list[bytes] = []
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        await read(client, "GET", "/v1/thing", got)
    whole = (await client.get("/v1/thing")).content
    assert b"".join(got) == whole[: len(whole) // 2]
    assert service.reached == 2


async def test_truncate_cuts_a_stream_in_its_second_piece(
    client: httpx.AsyncClient, faults: Faults
) -> None:
    on(faults, "truncate")
    got: list[bytes] = []
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
        await read(client, "POST", "/v1/engine:streamQuery", got)
    assert b"".join(got) == b'{"number": 0}\n{"numbe'


async def test_times_count_down_and_null_stays(client: httpx.AsyncClient, faults: Faults) -> None:
    on(faults, "500", "/v1/thing", times=2)
    assert [(await client.get("/v1/thing")).status_code for _ in range(3)] == [500, 500, 200]
    on(faults, "500", times=None)
    on(faults, "500", times=0)
    assert [(await client.get("/v1/thing")).status_code for _ in range(3)] == [500] * 3
    assert len(faults.listed()) == 2


async def test_a_fault_meets_its_own_path_only(client: httpx.AsyncClient, faults: Faults) -> None:
    on(faults, "500", ":streamQuery")
    assert (await client.get("/v1/thing")).status_code == 200
    assert (await client.post("/v1/engine:streamQuery")).status_code == 500


async def test_the_journal_never_fails(
    client: httpx.AsyncClient, faults: Faults, service: Service
) -> None:
    on(faults, "500", times=None)
    assert (await client.get("/journal")).status_code == 200
    assert service.journal == 1


def test_others_take_a_fault_by_name() -> None:
    faults = Faults()
    faults.add(Fault(service="secret-manager", path="AccessSecretVersion", mode="timeout"))
    assert faults.take("cloud-tasks", "CreateTask") is None
    assert faults.take("secret-manager", "AddSecretVersion") is None
    assert faults.take("secret-manager", "AccessSecretVersion") == "timeout"
    assert faults.take("secret-manager", "AccessSecretVersion") is None


async def test_faults_are_switched_on_listed_and_cleared_over_http(
    faults: Faults, service: Service
) -> None:
    wanted = {"service": "liveavatar", "path": "/v1/thing", "mode": "429", "times": 3}
    async with client_of(service.app(faults)) as client:
        made = await client.post("/simulators/faults", json=wanted)
        assert (made.status_code, made.json()) == (201, wanted)
        assert (await client.get(f"{MOUNT}/v1/thing")).status_code == 429
        assert (await client.get("/simulators/faults")).json() == {
            "faults": [{**wanted, "times": 2}]
        }
        assert (await client.delete("/simulators/faults")).status_code == 204
        assert (await client.get(f"{MOUNT}/v1/thing")).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'"\xff"',
        b'{"service": "liveavatar"}',
        b'{"service": "liveavatar", "mode": "explode"}',
        b'{"service": "nobody", "mode": "500"}',
        b'{"service": "liveavatar", "mode": "500", "times": -1}',
        b'{"service": "liveavatar", "mode": "500", "times": "2"}',
        b'{"service": "liveavatar", "mode": "500", "path": null}',
        b'{"service": "liveavatar", "mode": "500", "also": 1}',
    ],
)
async def test_nonsense_is_refused(faults: Faults, service: Service, body: bytes) -> None:
    async with client_of(service.app(faults)) as client:
        answer = await client.post("/simulators/faults", content=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["msg"]
    assert faults.listed() == []


@asynccontextmanager
async def websocket(faults: Faults, service: Service) -> AsyncIterator[ClientConnection]:
    async with (
        served(service.app(faults)) as address,
        connect(f"{websocket_address(address)}{MOUNT}/ws/1", proxy=None, open_timeout=0.1) as it,
    ):
        yield it


@pytest.mark.parametrize("mode", ["refuse", "reset"])
async def test_an_upgrade_dropped(faults: Faults, service: Service, mode: Mode) -> None:
    on(faults, mode, "/ws/")
    with pytest.raises(InvalidMessage):
        async with websocket(faults, service):
            pass
    assert service.reached == 0


UPGRADE = b"""GET /simulators/liveavatar/ws/1 HTTP/1.1\r
host: x\r
connection: upgrade\r
upgrade: websocket\r
sec-websocket-version: 13\r
sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r
\r
"""


async def test_an_upgrade_reset_differs_from_one_refused(faults: Faults, service: Service) -> None:
    async with served(service.app(faults)) as address:
        on(faults, "refuse")
        assert await asking(address, UPGRADE) == b""
        on(faults, "reset")
        with pytest.raises(ConnectionResetError):
            await asking(address, UPGRADE)


async def asking(address: str, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    writer.write(request)
    try:
        return await reader.read()
    finally:
        writer.close()


async def test_an_upgrade_that_is_never_answered(faults: Faults, service: Service) -> None:
    on(faults, "timeout")
    with pytest.raises(TimeoutError):
        async with websocket(faults, service):
            pass
    assert service.reached == 0


@pytest.mark.parametrize("mode", ["429", "500"])
async def test_an_upgrade_answered_with_an_error(
    faults: Faults, service: Service, mode: Mode
) -> None:
    on(faults, mode)
    with pytest.raises(InvalidStatus) as raised:
        async with websocket(faults, service):
            pass
    assert raised.value.response.status_code == int(mode)
    assert service.reached == 0


async def test_a_websocket_reset_after_its_first_event(faults: Faults, service: Service) -> None:
    on(faults, "truncate")
    async with websocket(faults, service) as it:
        assert await it.recv() == '{"number":0}'
        with pytest.raises(ConnectionClosedError):
            await it.recv()
    assert service.reached == 1


async def test_a_websocket_with_garbage_first(faults: Faults, service: Service) -> None:
    on(faults, "garbage")
    async with websocket(faults, service) as it:
        assert "no JSON" in str(await it.recv())
        assert await it.recv() == '{"number":0}'


async def test_a_websocket_accepted_late(faults: Faults, service: Service) -> None:
    on(faults, "slow")
    async with websocket(faults, service) as it:
        assert await it.recv() == '{"number":0}'
