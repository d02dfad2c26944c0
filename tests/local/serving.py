"""Apps on a real port, served as the local stack serves them: what a client sees is on the wire."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.types import ASGIApp

from infra.local.server import serving


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The address of `app`, e.g. `http://127.0.0.1:40123`, until the block ends."""
    async with serving(app) as address:
        yield address


@asynccontextmanager
async def client_of(app: ASGIApp, mount: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client whose base is `app`'s address and `mount`."""
    async with (
        served(app) as address,
        httpx.AsyncClient(base_url=address + mount, timeout=5, trust_env=False) as client,
    ):
        yield client


def websocket_address(address: str) -> str:
    return address.replace("http", "ws", 1)
