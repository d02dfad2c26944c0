"""One call to a service, HTTP or websocket, and the ways to deal badly with it."""

import asyncio
import json
import socket
import struct
from dataclasses import dataclass
from typing import Any, Literal

from starlette.types import ASGIApp, Receive, Scope, Send

from infra.local.server import TRANSPORT
from infra.local.simulators.faults import Pace

ERRORS = {429: ("RESOURCE_EXHAUSTED", "Too many requests"), 500: ("INTERNAL", "Internal error")}


@dataclass
class Call:
    app: ASGIApp
    service: str
    pace: Pace
    scope: Scope
    receive: Receive
    send: Send

    @property
    def is_websocket(self) -> bool:
        return bool(self.scope["type"] == "websocket")

    @property
    def transport(self) -> asyncio.Transport:
        transport: asyncio.Transport = self.scope["extensions"][TRANSPORT]
        return transport

    async def run(self, send: Send | None = None) -> None:
        await self.app(self.scope, self.receive, send or self.send)

    async def asked(self) -> None:
        """The whole request has arrived. (Closing a socket with unread bytes in it sends RST.)"""
        message = await self.receive()
        while message.get("more_body"):
            message = await self.receive()

    async def left(self) -> None:
        while not (await self.receive())["type"].endswith(".disconnect"):
            pass

    def reset(self) -> None:
        peer = self.transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    async def answer(self, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
        kind = "websocket.http.response" if self.is_websocket else "http.response"
        head = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            *headers,
        ]
        await self.send({"type": f"{kind}.start", "status": status, "headers": head})
        await self.send({"type": f"{kind}.body", "body": body})

    async def error(self, status: Literal[429, 500], *headers: tuple[bytes, bytes]) -> None:
        await self.asked()
        await self.answer(status, json.dumps(error_body(self.service, status)).encode(), *headers)


def error_body(service: str, status: Literal[429, 500]) -> dict[str, Any]:
    """In the form in which `service` reports its errors."""
    name, message = ERRORS[status]
    if service == "liveavatar":
        return {"code": status, "data": None, "message": message}
    return {"error": {"code": status, "message": message, "status": name}}
