"""Sockets under httpcore: encryption, refusals, back-pressure and idle connections.

Each case runs on asyncio's event loop and on uvloop, which the functions use.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
import uvloop

from common.adapters.http.pools import SocketTransport
from common.adapters.http.sockets import FULL, Sockets
from infra.local.identity import LocalIdentity
from tests.adapters.test_wire import WHOLE, cut, server

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    chosen: Run = request.param
    return chosen


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Write the local identity's certificate and its key into one file."""
    (pem,) = json.loads(LocalIdentity(tmp_path, "demo").certificates_file.read_text()).values()
    file = tmp_path / "certificate.pem"
    file.write_text((tmp_path / "identity-key.pem").read_text() + pem)
    return file


def served_with(certificate: Path) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    return tls


def trusting(certificate: Path | None = None) -> SocketTransport:
    tls = ssl.create_default_context(cafile=certificate)
    tls.check_hostname = False  # the certificate names no host
    return SocketTransport(tls)


Accept = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@asynccontextmanager
async def connected_to(accept: Accept) -> AsyncIterator[httpcore.AsyncNetworkStream]:
    """Serve `accept`, and yield a socket that is connected to it."""
    listening = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        stream = await Sockets().connect_tcp("127.0.0.1", port, timeout=5)
        yield stream
        await stream.aclose()


def test_encrypted_answer_of_any_size_is_read_whole(run: Run, certificate: Path) -> None:
    body = bytes(range(256)) * 40_000

    async def case() -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body)
        async with (
            server(head + body, tls=served_with(certificate)) as at,
            httpx.AsyncClient(transport=trusting(certificate)) as client,
        ):
            for _ in range(2):
                assert (await client.get(at.url)).content == body
            assert at.connections == 1

    run(case())


def test_certificate_of_an_unknown_authority_is_a_connect_error(
    run: Run, certificate: Path
) -> None:
    async def case() -> None:
        async with (
            server(WHOLE, tls=served_with(certificate)) as at,
            httpx.AsyncClient(transport=trusting()) as client,
        ):
            with pytest.raises(httpx.ConnectError):
                await client.get(at.url)
            assert at.asked == []

    run(case())


async def accept_in_silence(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    opened: asyncio.Event,
    closed: asyncio.Event,
) -> None:
    opened.set()
    try:
        while await reader.read(65_536):
            pass
    except OSError:
        pass
    finally:
        closed.set()
        writer.transport.abort()


@pytest.mark.parametrize("cancelled", [True, False], ids=["cancelled", "timed out"])
def test_handshake_that_never_ends_leaves_no_connection(run: Run, *, cancelled: bool) -> None:
    async def case() -> None:
        opened, closed = asyncio.Event(), asyncio.Event()
        listening = await asyncio.start_server(
            lambda reader, writer: accept_in_silence(reader, writer, opened, closed), "127.0.0.1", 0
        )
        port = listening.sockets[0].getsockname()[1]
        limit = httpx.Timeout(None, connect=None if cancelled else 0.05)
        async with listening, httpx.AsyncClient(transport=trusting(), timeout=limit) as client:
            asking = asyncio.create_task(client.get(f"https://127.0.0.1:{port}"))
            if cancelled:
                await opened.wait()
                asking.cancel()
            await asyncio.wait({asking})
            assert asking.cancelled() == cancelled
            if not cancelled:
                assert isinstance(asking.exception(), httpx.ConnectTimeout)
            async with asyncio.timeout(60):
                await closed.wait()

    run(case())


def test_bytes_that_belong_to_no_request_are_not_taken_for_an_answer(run: Run) -> None:
    """Some servers answer 408 on an idle connection before they close it."""
    late = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"

    async def case() -> None:
        writers: list[asyncio.StreamWriter] = []

        async def answer(writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            writer.write(WHOLE)

        async with server(answer) as at, httpx.AsyncClient(transport=trusting()) as client:
            await client.get(at.url)
            writers[0].write(late)
            await writers[0].drain()
            await asyncio.sleep(0.01)
            assert (await client.get(at.url)).status_code == 200
            assert at.connections == 2

    run(case())


def test_reset_in_the_middle_of_an_answer_is_a_read_error(run: Run) -> None:
    async def case() -> None:
        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello")
            await writer.drain()
            await cut(writer)

        async with server(answer) as at, httpx.AsyncClient(transport=trusting()) as client:
            with pytest.raises(httpx.TransportError):
                await client.get(at.url)

    run(case())


def test_peer_that_reads_nothing_holds_the_writer_until_its_time_out(run: Run) -> None:
    async def case() -> None:
        kept: list[asyncio.StreamWriter] = []

        async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is a socket's
            kept.append(writer)

        async with connected_to(accept) as stream:
            with pytest.raises(httpcore.WriteTimeout):
                await stream.write(bytes(64 << 20), timeout=0.05)
            for writer in kept:
                writer.transport.abort()

    run(case())


def test_what_is_not_read_stays_bounded(run: Run) -> None:
    async def case() -> None:
        async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(bytes(8 << 20))
            await writer.drain()
            writer.close()

        async with connected_to(accept) as stream:
            for _ in range(100):
                await asyncio.sleep(0.001)
            held = await stream.read(8 << 20)
            assert len(held) < 2 * FULL
            size = len(held)
            while piece := await stream.read(1 << 16):
                size += len(piece)
            assert size == 8 << 20
            assert await stream.read(1) == b""

    run(case())


def test_read_without_bytes_ends_at_its_time_out_and_can_go_on(run: Run) -> None:
    async def case() -> None:
        goes_on = asyncio.Event()

        async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await goes_on.wait()
            writer.write(b"late")
            await writer.drain()
            writer.close()

        async with connected_to(accept) as stream:
            with pytest.raises(httpcore.ReadTimeout):
                await stream.read(10, timeout=0.01)
            goes_on.set()
            assert await stream.read(10, timeout=5) == b"late"
            assert await stream.read(10, timeout=5) == b""

    run(case())


@pytest.mark.parametrize("encrypted", [True, False], ids=["encrypted", "plain"])
def test_close_that_is_cancelled_closes_every_connection(
    run: Run, certificate: Path, *, encrypted: bool
) -> None:
    """A turn that is interrupted may close the last exchange of a pool, with its idle connections."""

    async def case() -> None:
        tls = served_with(certificate) if encrypted else None
        async with server(WHOLE, tls=tls) as at:
            pool = trusting(certificate)
            async with httpx.AsyncClient(transport=pool) as client:
                await asyncio.gather(*(client.get(at.url) for _ in range(3)))
                assert (at.connections, at.closed) == (3, 0)
                closing = asyncio.create_task(pool.aclose())
                await asyncio.sleep(0)
                closing.cancel()
                await asyncio.wait({closing})
                await asyncio.wait({task for task in at.serving if task is not None}, timeout=5)
                assert at.closed == at.connections

    run(case())
