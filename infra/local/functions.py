"""The functions, made into ASGI apps from their `main.py` as Google makes them, side by side."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from functions_framework.aio import create_asgi_app
from starlette.types import ASGIApp, Receive, Scope, Send

from common.bootstrap import App
from infra.local.server import TRANSPORT

FUNCTIONS = (
    "start_avatar",
    "chat",
    "speak",
    "keep_alive",
    "end_session",
    "sweep_expired",
    "health",
)
LEAVING_SECONDS = 1.0
"""How long a function may take to notice that its caller has gone, and to tidy up."""
SOURCES = Path(__file__).parents[2] / "functions"


def load_functions() -> dict[str, ASGIApp]:
    """Each function's app, by its name."""
    with _as_before():
        return {name: _made(name) for name in FUNCTIONS}


def _made(name: str) -> ASGIApp:
    source = str(SOURCES / name / "main.py")
    app: ASGIApp = create_asgi_app(name, source)  # type: ignore[no-untyped-call]  # Google's
    return app


@contextmanager
def _as_before() -> Iterator[None]:
    """The framework expects one function to a process: it loads each as the module `main`, puts its
    folder on the path, and notes its name in the environment."""
    path, main, environment = list(sys.path), sys.modules.get("main"), dict(os.environ)
    try:
        yield
    finally:
        sys.path[:] = path
        sys.modules.pop("main", None)
        if main is not None:
            sys.modules["main"] = main
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)


class FunctionRouter:
    """`/chat` and all below it goes to the function `chat`, which sees itself at the root of a host,
    as it is where it is deployed; what is no function's goes `elsewhere`. Needs
    `infra.local.server`, which shows the connections that `drain` drops."""

    def __init__(self, functions: Mapping[str, ASGIApp], app: App, elsewhere: ASGIApp) -> None:
        self._functions = functions
        self._app = app
        self._elsewhere = elsewhere
        self._open: list[asyncio.Transport] = []
        self._quiet = asyncio.Event()
        self._quiet.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name, _, rest = scope.get("path", "/")[1:].partition("/")
        function = self._functions.get(name) if scope["type"] == "http" else None
        if function is None:
            await self._elsewhere(scope, receive, send)
            return
        mounted = {"root_path": f"/{name}", "path": f"/{name}/{rest}", "oprina.app": self._app}
        with self._counted(scope["extensions"][TRANSPORT]):
            await function({**scope, **mounted}, receive, send)

    async def drain(self, grace_seconds: float) -> None:
        """Until no function is at work. After `grace_seconds` callers who still wait are dropped,
        which ends what was done for them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self._quiet.wait()
        for transport in list(self._open):
            transport.abort()
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVING_SECONDS):
                await self._quiet.wait()

    @contextmanager
    def _counted(self, transport: asyncio.Transport) -> Iterator[None]:
        self._open.append(transport)
        self._quiet.clear()
        try:
            yield
        finally:
            self._open.remove(transport)
            if not self._open:
                self._quiet.set()
