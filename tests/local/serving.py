"""Apps on a real port, served as the local stack serves them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.types import ASGIApp

from infra.local.plain_http import plain_client
from infra.local.server import serving


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve `app` while the block runs, and yield its address, e.g. `http://127.0.0.1:40123`."""
    async with serving(app) as address:
        yield address


@asynccontextmanager
async def client_of(app: ASGIApp, mount: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """Yield an HTTP client whose base URL is the address of `app` and `mount`."""
    async with (
        served(app) as address,
        plain_client(base_url=address + mount, timeout=5) as client,
    ):
        yield client


def websocket_address(address: str) -> str:
    return address.replace("http", "ws", 1)
