"""LiveAvatar's websocket on the wire, against servers that refuse, drop and misbehave."""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from common.adapters.liveavatar.connection import LiveAvatarConnection, open_connection
from common.domain import errors
from common.domain.ids import UtteranceId

U1 = UtteranceId("u1")


@asynccontextmanager
async def connection_to(
    answer: Callable[[ServerConnection], Awaitable[None]],
) -> AsyncIterator[LiveAvatarConnection]:
    async with serve(answer, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        connection = await open_connection(f"ws://127.0.0.1:{port}/?token=canary")
        try:
            yield connection
        finally:
            await connection.close()


async def test_messages_have_the_providers_form_and_no_secret_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    got: list[Any] = []

    async def note(socket: ServerConnection) -> None:
        got.extend([json.loads(await socket.recv()) for _ in range(4)])

    async with connection_to(note) as connection:
        await connection.speak(U1, b"\x01\x02")
        await connection.finish(U1)
        await connection.interrupt()
        await connection.keep_alive()
        assert [event.kind async for event in connection.events()] == ["closed"]
    assert got == [
        {"type": "agent.speak", "event_id": "u1", "audio": base64.b64encode(b"\x01\x02").decode()},
        {"type": "agent.speak_end", "event_id": "u1"},
        {"type": "agent.interrupt"},
        {"type": "session.keep_alive", "event_id": "keep-alive"},
    ]
    ours = [record for record in caplog.records if record.name != "websockets.server"]
    assert "canary" not in "".join(record.getMessage() for record in ours)


async def drop(socket: ServerConnection) -> None:
    socket.transport.abort()


async def send_too_much(socket: ServerConnection) -> None:
    await socket.send("x" * 300_000)
    await socket.wait_closed()


async def send_nonsense(socket: ServerConnection) -> None:
    await socket.send(b"\xff\xfe")
    await socket.send("<html>")


@pytest.mark.parametrize("end", [drop, send_too_much, send_nonsense])
async def test_the_last_event_is_closed_however_the_connection_ends(
    end: Callable[[ServerConnection], Awaitable[None]],
) -> None:
    async with connection_to(end) as connection:
        assert [event.kind async for event in connection.events()] == ["closed"]
        with pytest.raises(errors.Unavailable) as raised:
            await connection.speak(U1, bytes(2))
        assert raised.value.service == "avatar"
        assert raised.value.__context__ is None


async def test_closing_does_not_wait_for_an_unresponsive_provider() -> None:
    asleep = asyncio.Event()

    async def sleep(socket: ServerConnection) -> None:
        socket.transport.pause_reading()
        await asleep.wait()
        socket.transport.abort()

    async with connection_to(sleep) as connection:
        async with asyncio.timeout(4):
            await connection.close()
        asleep.set()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, errors.Failed),
        (404, errors.UpstreamNotFound),
        (429, errors.Busy),
        (500, errors.Unavailable),
        (302, errors.Failed),
    ],
)
async def test_a_refused_connection_raises_an_error_by_its_status(
    status: int, error: type[errors.Upstream]
) -> None:
    async def never(_socket: ServerConnection) -> None:
        raise AssertionError

    def refuse(server: ServerConnection, _request: object) -> Any:
        answer = server.respond(status, "canary")
        answer.headers["location"] = "ws://127.0.0.1:1/elsewhere"
        return answer

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with pytest.raises(error) as raised:
            await open_connection(f"ws://127.0.0.1:{port}/canary")
    assert type(raised.value) is error
    assert raised.value.__context__ is None
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("url", ["http://a.test", "ws://", "", "ws://[", "javascript:1"])
async def test_only_websocket_urls_are_opened(url: str) -> None:
    with pytest.raises(errors.Failed):
        await open_connection(url)


async def test_a_connection_without_a_server_is_unavailable() -> None:
    async with serve(drop, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
    with pytest.raises(errors.Unavailable):
        await open_connection(f"ws://127.0.0.1:{port}/")
