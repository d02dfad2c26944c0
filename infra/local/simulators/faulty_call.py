"""One call to a simulated service, HTTP or websocket, and the low-level ways to spoil it."""

import asyncio
import json
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.local.server import TRANSPORT
from infra.local.simulators.faults import Pace, ServiceFault

STATUS_NAMES = {429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}
MESSAGES = {
    429: "Too many requests",
    500: "Internal error",
    503: "The service is currently unavailable",
}


@dataclass
class FaultyCall:
    """One call that a fault hits, with the service's app and the caller's connection."""

    app: ASGIApp
    service: str
    fault: ServiceFault
    pace: Pace
    scope: Scope
    receive: Receive
    send: Send

    @property
    def is_websocket(self) -> bool:
        """Return True for a websocket, False for an HTTP request."""
        return bool(self.scope["type"] == "websocket")

    @property
    def transport(self) -> asyncio.Transport:
        """Return the caller's TCP connection."""
        transport: asyncio.Transport = self.scope["extensions"][TRANSPORT]
        return transport

    async def run(self, send: Send | None = None) -> None:
        """Let the service carry out the call. Its answer goes to `send`, else to the caller."""
        await self.app(self.scope, self.receive, send or self.send)

    async def wait(self) -> None:
        """Wait for the fault's delay."""
        await self.pace.sleep(self.pace.delay(self.fault))

    async def read_request(self) -> None:
        """Read the whole request now, so that the service has it even if the caller leaves.

        A socket that is closed with unread bytes sends RST: `refuse` reads first, too.
        """
        if self.is_websocket:
            return
        messages = [await self.receive()]
        while messages[-1].get("more_body"):
            messages.append(await self.receive())
        self.receive = _replay(iter(messages), self.receive)

    async def until_left(self) -> None:
        """Wait until the caller has closed the connection."""
        while not (await self.receive())["type"].endswith(".disconnect"):
            pass

    def reset(self) -> None:
        """Close the connection with a TCP RST."""
        peer = self.transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    async def answer(self, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
        """Answer the request, or the upgrade, without the service."""
        await self.read_request()
        kind = "websocket.http.response" if self.is_websocket else "http.response"
        head = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            *headers,
        ]
        await self.send({"type": f"{kind}.start", "status": status, "headers": head})
        await self.send({"type": f"{kind}.body", "body": body})

    async def error(self, status: int, message: str, *headers: tuple[bytes, bytes]) -> None:
        """Answer with an error in the form in which the service reports its errors."""
        body = json.dumps(error_body(self.service, status, message)).encode()
        await self.answer(status, body, *headers)


def error_body(service: str, status: int, message: str) -> dict[str, Any]:
    """Return the JSON in which `service` reports an error."""
    if service == "liveavatar":
        return {"code": status, "data": None, "message": message}
    if service == "google-accounts":  # OAuth's form: the message of a 4xx fault is the code
        return {"error": message, "error_description": "Injected fault"}
    name = STATUS_NAMES.get(status, "UNKNOWN")
    return {"error": {"code": status, "message": message, "status": name}}


def _replay(messages: Iterator[Message], receive: Receive) -> Receive:
    async def next_message() -> Message:
        for message in messages:
            return message
        return await receive()

    return next_message
