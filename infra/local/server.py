"""The HTTP server of the local stack: uvicorn, which also gives an app its TCP connection.

`scope["extensions"]["oprina.transport"]` is the asyncio transport of a request or a websocket.
Injected faults need it: ASGI has no message that drops a connection.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

TRANSPORT = "oprina.transport"


def with_transport(app: ASGIApp, transport: asyncio.BaseTransport) -> ASGIApp:
    async def app_with_transport(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[TRANSPORT] = transport
        await app(scope, receive, send)

    return app_with_transport


class HttpProtocol(H11Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        # asyncio sets this only on sockets whose protocol number is TCP, and ours have none. Without
        # it every second small write waits 40 ms for an acknowledgement.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app = cast("Any", with_transport(cast("ASGIApp", self.app), transport))


class WebSocketProtocol(WebSocketsSansIOProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.app = cast("Any", with_transport(cast("ASGIApp", self.app), transport))

    async def send(self, message: Any) -> None:  # noqa: ANN401 - uvicorn's union has no public name
        await super().send(message)
        # After an upgrade was refused with an HTTP answer, the handshake is complete. uvicorn does not
        # set this, and then logs the refusal as an error of the app.
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True


class LocalServer(uvicorn.Server):
    """A server that stops within about `grace_seconds`, also while requests run.

    Connections that are open after that time are dropped. Their apps see the client disconnect, so
    a request that hangs on purpose ends without a traceback.
    """

    def __init__(self, config: uvicorn.Config, *, grace_seconds: float) -> None:
        super().__init__(config)
        self.grace_seconds = grace_seconds
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        drop = asyncio.get_running_loop().call_later(self.grace_seconds, self._drop_connections)
        try:
            await super().shutdown(sockets)
        finally:
            drop.cancel()

    def _drop_connections(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program that runs the server."""
        yield


def serve(
    app: ASGIApp,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    grace_seconds: float = 0.5,
) -> LocalServer:
    """Return a server that does not run yet: `await server.serve()` runs it.

    It writes no access log, because websocket URLs carry tokens in their query.
    """
    config = uvicorn.Config(
        app,
        host,
        port,
        http=HttpProtocol,
        ws=WebSocketProtocol,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws_per_message_deflate=False,  # audio does not get smaller, and compressing delays it
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )
    return LocalServer(config, grace_seconds=grace_seconds)


@asynccontextmanager
async def serving(
    app: ASGIApp, host: str = "127.0.0.1", port: int = 0, *, grace_seconds: float = 0.0
) -> AsyncIterator[str]:
    """Serve `app` while the block runs, and yield its address (`http://host:port`).

    `port` 0 lets the system choose a port. Raises OSError if the address is in use.
    """
    listener = socket.create_server((host, port), backlog=2048)
    bound: int = listener.getsockname()[1]
    server = serve(app, host, bound, grace_seconds=grace_seconds)
    running = asyncio.create_task(server.serve([listener]))
    try:
        await _ready(server, running)
        yield f"http://{host}:{bound}"
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await running
        listener.close()


async def _ready(server: LocalServer, running: asyncio.Task[None]) -> None:
    ready = asyncio.create_task(server.ready.wait())
    await asyncio.wait({ready, running}, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    if running.done():
        await running
