"""A network between the browser and the stack that a test can cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from infra.local.stack import Stack

CHUNK = 65_536


@dataclass
class Wire:
    """Forwards connections to the stack. `url` is the address of the page behind it."""

    url: str
    host: str
    port: int
    is_cut: bool = False
    refused: int = 0
    """Connections that were closed because the wire is cut."""
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Reset every connection, and each new one until `mend`."""
        self.is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self.is_cut = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            self.refused += 1
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(self.host, self.port)
        ends = {writer, back}
        self._writers |= ends
        with suppress(OSError):
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        self._writers -= ends
        for end in ends:
            end.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


@asynccontextmanager
async def wire(local: Stack) -> AsyncIterator[Wire]:
    """Run a wire to the stack while the block runs."""
    address = urlsplit(local.url)
    found = Wire("", address.hostname or "", address.port or 0)
    server = await asyncio.start_server(found.carry, "127.0.0.1", 0)
    async with server:
        found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield found
        found.cut()
