"""The one HTTP server of the local stack: uvicorn, which also shows an app its TCP connection.

`scope["extensions"]["oprina.transport"]` is the asyncio transport of the request's connection, of
HTTP and websockets alike: ASGI has no word for "drop this connection", and injected faults need it.
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


def showing(app: ASGIApp, transport: asyncio.BaseTransport) -> ASGIApp:
    async def app_with_transport(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[TRANSPORT] = transport
        await app(scope, receive, send)

    return app_with_transport


class HttpProtocol(H11Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        # asyncio does this by itself only where a listener names its protocol, and ours do not:
        # every second small write would wait 40 ms for the other side's acknowledgement.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app = cast("Any", showing(cast("ASGIApp", self.app), transport))


class WebSocketProtocol(WebSocketsSansIOProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.app = cast("Any", showing(cast("ASGIApp", self.app), transport))

    async def send(self, message: Any) -> None:  # noqa: ANN401 - uvicorn's union has no public name
        await super().send(message)
        # An upgrade refused with an HTTP answer is a handshake that is over; uvicorn forgets to say
        # so, and then logs the refusal as an error of the app.
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True


class LocalServer(uvicorn.Server):
    """Stops within about `grace_seconds`, whatever its clients and apps are waiting for.

    Connections that are still open after that are dropped, so that their apps see the client leave
    (a request that hangs on purpose ends quietly instead of being cancelled with a traceback).
    """

    def __init__(self, config: uvicorn.Config, *, grace_seconds: float, signals: bool) -> None:
        super().__init__(config)
        self.grace_seconds = grace_seconds
        self.signals = signals
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        hang_up = asyncio.get_running_loop().call_later(self.grace_seconds, self._hang_up)
        try:
            await super().shutdown(sockets)
        finally:
            hang_up.cancel()

    def _hang_up(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if not self.signals:
            yield
            return
        with super().capture_signals():
            yield


def serve(
    app: ASGIApp,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    grace_seconds: float = 0.5,
    signals: bool = False,
) -> LocalServer:
    """A server that is not running yet: `await it.serve()`.

    It writes no access log: the query strings of websocket addresses carry tokens.
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
        ws_per_message_deflate=False,  # speech does not get smaller, only later
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )
    return LocalServer(config, grace_seconds=grace_seconds, signals=signals)


@asynccontextmanager
async def serving(
    app: ASGIApp, host: str = "127.0.0.1", port: int = 0, *, grace_seconds: float = 0.0
) -> AsyncIterator[str]:
    """The address (`http://host:port`) at which `app` answers while the block runs.

    `port` 0 lets the system choose. Raises OSError where the address is taken.
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
