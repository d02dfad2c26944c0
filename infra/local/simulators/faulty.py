"""A service that fails when it is told to: ASGI in front of a simulator."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.local.simulators.faults import Faults, Mode
from infra.local.simulators.faulty_call import Call

GARBAGE = "<!doctype html>{'this': is no JSON"
NO_UTF8 = b"\xff\xfe"
EXEMPT = ("/journal",)
"""What shows what happened must not fail with the rest."""


class Faulty:
    """`app`, the simulator of `service`, with the faults that are on for it.

    Mount it where the simulator would be: a fault's path is matched below the mount. Needs
    `infra.local.server`, which shows the connection that `refuse` and `reset` drop.
    """

    def __init__(
        self, app: ASGIApp, faults: Faults, service: str, *, exempt: tuple[str, ...] = EXEMPT
    ) -> None:
        self.app = app
        self.faults = faults
        self.service = service
        self.exempt = exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        mode = self._mode(scope)
        if mode is None:
            await self.app(scope, receive, send)
        else:
            call = Call(self.app, self.service, self.faults.pace, scope, receive, send)
            await _DO[mode](call)

    def _mode(self, scope: Scope) -> Mode | None:
        """A browser's preflight asks for no service, so that it uses up no fault either."""
        if scope["type"] == "lifespan" or scope.get("method") == "OPTIONS":
            return None
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        return None if path.startswith(self.exempt) else self.faults.take(self.service, path)


async def _refuse(call: Call) -> None:
    await call.asked()
    call.transport.close()
    await call.left()


async def _reset(call: Call) -> None:
    await call.asked()
    call.reset()
    await call.left()


async def _timeout(call: Call) -> None:
    await call.left()


async def _busy(call: Call) -> None:
    after = b"%d" % call.pace.retry_after_seconds
    limits = ((b"x-ratelimit-limit", b"60"), (b"x-ratelimit-remaining", b"0"))
    await call.error(429, (b"retry-after", after), *limits, (b"x-ratelimit-reset", after))


async def _broken(call: Call) -> None:
    await call.error(500)


async def _garbage(call: Call) -> None:
    if not call.is_websocket:
        await call.asked()
        await call.answer(200, GARBAGE.encode() + NO_UTF8)
        return

    async def first_garbage(message: Message) -> None:
        await call.send(message)
        if message["type"] == "websocket.accept":
            await call.send({"type": "websocket.send", "text": GARBAGE})

    await call.run(first_garbage)


async def _slow(call: Call) -> None:
    if call.is_websocket:
        await call.pace.sleep(call.pace.late_seconds)
        await call.run()
        return

    async def late(message: Message) -> None:
        if message["type"] == "http.response.start":
            await call.pace.sleep(call.pace.late_seconds)
            await call.send(message)
        else:
            await _drip(call, message)

    await call.run(late)


async def _drip(call: Call, message: Message) -> None:
    """Stops where nobody is left to read it: asyncio's transports swallow what comes after."""
    for byte in message.get("body", b""):
        if call.transport.is_closing():
            return
        await call.send({**message, "body": bytes([byte]), "more_body": True})
        await call.pace.sleep(call.pace.drip_seconds)
    if not message.get("more_body"):
        await call.send({**message, "body": b""})


async def _truncate(call: Call) -> None:
    if call.is_websocket:
        await call.run(_SocketCut(call).send)
    else:
        cut = _Cut(call)
        await call.run(cut.send)
        if cut.done:
            await call.left()


@dataclass
class _Cut:
    """Lets half of a body of known length through; of a stream its first piece, or half of it if
    there is only one, and half of the second.
    """

    call: Call
    left: int | None = None
    streamed: bool = False
    done: bool = False

    async def send(self, message: Message) -> None:
        if self.done:
            return
        if message["type"] == "http.response.start":
            length = dict(message["headers"]).get(b"content-length")
            self.left = None if length is None else int(length) // 2
            await self.call.send(message)
        elif message.get("body") or not message.get("more_body"):
            await self._body(message)

    async def _body(self, message: Message) -> None:
        body: bytes = message.get("body", b"")
        keep = self._keep(len(body), more=bool(message.get("more_body")))
        await self.call.send({**message, "body": body[:keep], "more_body": True})
        if self.done:
            self.call.transport.close()

    def _keep(self, size: int, *, more: bool) -> int:
        if self.left is not None:
            keep = min(size, self.left)
            self.left -= keep
            self.done = self.left == 0
            return keep
        if more and not self.streamed:
            self.streamed = True
            return size
        self.done = True
        return size // 2


@dataclass
class _SocketCut:
    call: Call
    events: int = field(default=0)

    async def send(self, message: Message) -> None:
        self.events += message["type"] == "websocket.send"
        if self.events < 2:  # noqa: PLR2004 - the first event passes, the second does not
            await self.call.send(message)
        elif not self.call.transport.is_closing():
            self.call.reset()


_DO: dict[Mode, Callable[[Call], Awaitable[None]]] = {
    "refuse": _refuse,
    "reset": _reset,
    "timeout": _timeout,
    "slow": _slow,
    "429": _busy,
    "500": _broken,
    "garbage": _garbage,
    "truncate": _truncate,
}
