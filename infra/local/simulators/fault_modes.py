"""The effect of each fault mode on one HTTP or websocket call. `faults` lists the modes."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import anyio
from starlette.types import Message

from infra.local.simulators.faults import Mode
from infra.local.simulators.faulty_call import MESSAGES, FaultyCall

GARBAGE = "<!doctype html>{'this': is no JSON"
NO_UTF8 = b"\xff\xfe"
NONSENSE = {
    "code": "yes",
    "data": ["nonsense"],
    "message": 7,
    "name": None,
    "output": "nonsense",
    "audioContent": 7,
}
"""Fields that the clients of the services read, with values of other types."""

NONSENSE_EVENT = {"type": 7, "event_id": ["nonsense"], "state": {"connected": False}}


async def _refuse(call: FaultyCall) -> None:
    await call.read_request()
    call.transport.close()
    await call.until_left()


async def _reset(call: FaultyCall) -> None:
    await call.read_request()
    call.reset()
    await call.until_left()


async def _timeout(call: FaultyCall) -> None:
    await call.until_left()


async def _too_many(call: FaultyCall) -> None:
    after = b"%d" % call.pace.retry_after_seconds
    limits = ((b"x-ratelimit-limit", b"60"), (b"x-ratelimit-remaining", b"0"))
    headers = ((b"retry-after", after), *limits, (b"x-ratelimit-reset", after))
    await call.error(429, MESSAGES[429], *headers)


async def _internal(call: FaultyCall) -> None:
    await call.error(500, MESSAGES[500])


async def _unavailable(call: FaultyCall) -> None:
    await call.error(503, MESSAGES[503])


async def _client_error(call: FaultyCall) -> None:
    await call.error(call.fault.status, call.fault.message)


async def _garbage(call: FaultyCall) -> None:
    await _answer_ok(call, GARBAGE.encode() + NO_UTF8, GARBAGE)


async def _nonsense(call: FaultyCall) -> None:
    await _answer_ok(call, json.dumps(NONSENSE).encode(), json.dumps(NONSENSE_EVENT))


async def _answer_ok(call: FaultyCall, body: bytes, first_event: str) -> None:
    """Answer 200 without the service; put `first_event` before a websocket's own events."""
    if not call.is_websocket:
        await call.answer(200, body)
        return

    async def send(message: Message) -> None:
        await call.send(message)
        if message["type"] == "websocket.accept":
            await call.send({"type": "websocket.send", "text": first_event})

    await call.run(send)


async def _late(call: FaultyCall) -> None:
    await call.read_request()
    await call.wait()
    await call.run()


async def _slow(call: FaultyCall) -> None:
    if call.is_websocket:
        await _late(call)
        return

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            await call.wait()
            await call.send(message)
        else:
            await _drip(call, message)

    await call.run(send)


async def _drip(call: FaultyCall, message: Message) -> None:
    """Send a body byte by byte. Stop when the caller has left: asyncio would swallow the bytes."""
    for byte in message.get("body", b""):
        if call.transport.is_closing():
            return
        await call.send({**message, "body": bytes([byte]), "more_body": True})
        await call.pace.sleep(call.pace.drip_seconds)
    if not message.get("more_body"):
        await call.send({**message, "body": b""})


async def _lags(call: FaultyCall) -> None:
    if call.is_websocket:
        await _Lag(call).run()
        return

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            await call.wait()
        await call.send(message)

    await call.run(send)


class _Lag:
    """A websocket whose messages to the caller arrive late, in order, and so does its close."""

    def __init__(self, call: FaultyCall) -> None:
        self.call = call
        self.delay = call.pace.delay(call.fault)
        self._under_way = asyncio.Queue[tuple[float, Message] | None]()

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._deliver)
            await self.call.run(self._send)
            self._under_way.put_nowait(None)

    async def _send(self, message: Message) -> None:
        if message["type"] in {"websocket.send", "websocket.close"}:
            due = asyncio.get_running_loop().time() + self.delay
            self._under_way.put_nowait((due, message))
        else:
            await self.call.send(message)

    async def _deliver(self) -> None:
        with suppress(OSError):  # the caller has left
            while (item := await self._under_way.get()) is not None:
                due, message = item
                await self.call.pace.sleep(max(0.0, due - asyncio.get_running_loop().time()))
                await self.call.send(message)


async def _lose(call: FaultyCall) -> None:
    async def swallow(message: Message) -> None:
        if message["type"] == "websocket.accept":
            call.reset()

    await call.run(swallow)
    call.reset()
    if not call.is_websocket:
        await call.until_left()


async def _silent(call: FaultyCall) -> None:
    async def swallow(_: Message) -> None:
        return

    await call.run(swallow)
    if not call.is_websocket:
        await call.until_left()


async def _truncate(call: FaultyCall) -> None:
    if call.is_websocket:
        await call.run(_SocketCut(call).send)
        return
    cut = _BodyCut(call)
    await call.run(cut.send)
    if cut.done:
        await call.until_left()


@dataclass
class _BodyCut:
    """A body that breaks off, and the connection with it.

    Half of a body of known length gets through. Of a stream it is the first piece and half of the
    second one, or half of the only one.
    """

    call: FaultyCall
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
    """A websocket that is reset instead of sending its second event."""

    call: FaultyCall
    events: int = 0

    async def send(self, message: Message) -> None:
        self.events += message["type"] == "websocket.send"
        if self.events < 2:  # noqa: PLR2004 - the first event passes, the second does not
            await self.call.send(message)
        elif not self.call.transport.is_closing():
            self.call.reset()


APPLY: dict[Mode, Callable[[FaultyCall], Awaitable[None]]] = {
    "refuse": _refuse,
    "reset": _reset,
    "timeout": _timeout,
    "429": _too_many,
    "500": _internal,
    "503": _unavailable,
    "4xx": _client_error,
    "garbage": _garbage,
    "nonsense": _nonsense,
    "late": _late,
    "slow": _slow,
    "lags": _lags,
    "truncate": _truncate,
    "lost": _lose,
    "silent": _silent,
}
"""The effect of each mode but `frozen`, which `Faulty` applies to all calls."""
