import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from common.adapters.http.pools import transport
from infra.local.identity import LocalIdentity

WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
Answer = Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]]


@dataclass
class SocketServer:
    """Answers requests with `answers` in order, and then with the last one again. Keeps the
    requests."""

    answers: list[bytes | Answer]
    asked: list[bytes] = field(default_factory=list)
    connections: int = 0
    closed: int = 0
    url: str = ""
    serving: "set[asyncio.Task[None] | None]" = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.serving.add(asyncio.current_task())
        try:
            while not writer.is_closing():
                await self._answer(reader, writer)
        except (OSError, EOFError):
            pass
        finally:
            self.closed += 1
            if not writer.is_closing():
                writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0] or 0)
        self.asked.append(head + await reader.readexactly(size))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, bytes):
            writer.write(answer)
        else:
            await answer(writer)


@asynccontextmanager
async def server(
    *answers: bytes | Answer, tls: ssl.SSLContext | None = None
) -> AsyncIterator[SocketServer]:
    made = SocketServer(list(answers))
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.url = f"http{'s' if tls else ''}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening:
        yield made
    await cancel(made)


async def cancel(made: SocketServer) -> None:
    tasks = [task for task in made.serving if task is not None]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    made_of = transport()
    async with httpx.AsyncClient(transport=made_of) as made:
        yield made


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - the server's end of a socket has no event
            await asyncio.sleep(0.001)


async def cut(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def then_closed(data: bytes) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        writer.close()

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        WHOLE,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + WHOLE,
        b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE,
        then_closed(b"HTTP/1.1 200 OK\r\n\r\nhello"),
        then_closed(b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello"),
    ],
)
async def test_every_way_to_end_an_answer_is_read(
    client: httpx.AsyncClient, answer: bytes | Answer
) -> None:
    async with server(answer) as at:
        response = await client.post(f"{at.url}/a%20b?c=d", content=b"asked", headers={"x-a": "b"})
    assert (response.status_code, response.content) == (200, b"hello")
    assert "link" not in response.headers
    head, _, body = at.asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a%20b?c=d HTTP/1.1\r\n")
    assert b"x-a: b" in head.lower()
    assert body == b"asked"


@pytest.mark.parametrize("status", [204, 304])
async def test_answer_without_a_body_is_complete(client: httpx.AsyncClient, status: int) -> None:
    async with server(b"HTTP/1.1 %d X\r\n\r\n" % status) as at:
        for _ in range(2):
            assert (await client.get(at.url)).status_code == status
        assert at.connections == 1


async def test_connection_is_reused_but_not_shared_by_parallel_calls(
    client: httpx.AsyncClient,
) -> None:
    async with server(WHOLE) as at:
        for _ in range(3):
            await client.get(at.url)
        assert at.connections == 1
        await asyncio.gather(*(client.get(at.url) for _ in range(3)))
        assert at.connections <= 3


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello",
        then_closed(WHOLE),
    ],
)
async def test_closed_connection_is_not_reused(
    client: httpx.AsyncClient, first: bytes | Answer
) -> None:
    async with server(first, WHOLE) as at:
        await client.get(at.url)
        await until(lambda: at.closed == 1)
        for _ in range(10):  # until it has arrived here, too
            await asyncio.sleep(0)
        assert (await client.get(at.url)).content == b"hello"
        assert at.connections == 2


async def test_unread_body_closes_its_connection(client: httpx.AsyncClient) -> None:
    async with server(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello") as at:
        async with client.stream("GET", at.url) as response:
            assert await anext(response.aiter_raw()) == b"hello"
        await until(lambda: at.closed == 1)


async def test_chunks_arrive_as_they_are_sent(client: httpx.AsyncClient) -> None:
    goes_on = asyncio.Event()

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n")
        await goes_on.wait()
        writer.write(b"1\r\nb\r\n0\r\n\r\n")

    async with server(answer) as at, client.stream("GET", at.url) as response:
        pieces = response.aiter_raw()
        assert await anext(pieces) == b"a"
        goes_on.set()
        assert [piece async for piece in pieces] == [b"b"]


@pytest.mark.parametrize(
    "answer",
    [
        cut,
        then_closed(b""),
        then_closed(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello"),
        then_closed(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n"),
        then_closed(b"HTTP/1.1 200"),
        b"220 smtp.example.test ESMTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_incomplete_or_malformed_answers_raise(
    client: httpx.AsyncClient, answer: bytes | Answer
) -> None:
    async with server(answer) as at:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await client.get(at.url)


async def test_missing_server_is_a_connect_error(client: httpx.AsyncClient) -> None:
    async with server(WHOLE) as at:
        pass
    with pytest.raises(httpx.ConnectError):
        await client.get(at.url)


async def test_untrusted_certificate_is_a_connect_error(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    (pem,) = json.loads(LocalIdentity(tmp_path, "demo").certificates_file.read_text()).values()
    certificate = tmp_path / "certificate.pem"
    certificate.write_text(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, tmp_path / "identity-key.pem")
    async with server(WHOLE, tls=context) as at:
        with pytest.raises(httpx.ConnectError):
            await client.get(at.url)
        assert at.asked == []


async def test_cancelled_call_closes_the_connection(client: httpx.AsyncClient) -> None:
    came = asyncio.Event()

    async def never(_: asyncio.StreamWriter) -> None:
        came.set()

    async with server(never) as at:
        asking = asyncio.create_task(client.get(at.url))
        await came.wait()
        asking.cancel()
        await asyncio.wait({asking})
        await until(lambda: at.closed == 1)


async def test_slow_reader_slows_the_sender(client: httpx.AsyncClient) -> None:
    size = 16 << 20
    sent = asyncio.Event()

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + bytes(size))
        await writer.drain()
        sent.set()

    async with server(answer) as at, client.stream("GET", at.url) as response:
        pieces = response.aiter_raw()
        first = len(await anext(pieces))
        for _ in range(200):
            await asyncio.sleep(0)
        assert not sent.is_set()
        assert first + sum([len(piece) async for piece in pieces]) == size
        assert sent.is_set()


async def test_closing_the_client_closes_idle_connections() -> None:
    async with server(WHOLE) as at:
        async with httpx.AsyncClient(transport=transport()) as client:
            await client.get(at.url)
            assert at.closed == 0
        await until(lambda: at.closed == 1)
