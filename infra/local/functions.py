"""The functions as ASGI apps, made of their `main.py` by Google's framework, in one process."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from functions_framework.aio import create_asgi_app
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from common.api.page import CONFIG, page_files
from common.api.routes import split_address
from common.app import App
from infra.deploy import package
from infra.local.server import TRANSPORT

LEAVING_SECONDS = 1.0
"""Time that a function has to clean up after its caller was disconnected."""


def load_functions() -> dict[str, ASGIApp]:
    """Return the app of each function by its name."""
    with _process_restored():
        return {name: _app(name) for name in package.functions()}


def _app(name: str) -> ASGIApp:
    source = str(package.ROOT / "functions" / name / "main.py")
    app: ASGIApp = create_asgi_app(name, source)  # type: ignore[no-untyped-call]  # Google's
    return app


@contextmanager
def _process_restored() -> Iterator[None]:
    """Undo what the framework does to the process.

    It expects one function in a process: it loads each as the module `main`, adds the folder to the
    path, and sets environment variables.
    """
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


class WithPage:
    """Serve the page at `/`, and below it everything that `app` does not serve.

    A browser asks for HTML and gets the page. Other clients get the files of the page only, and
    otherwise the answers of `app`. The page may be built again while the stack runs.
    """

    def __init__(self, app: Starlette, page: ASGIApp, deps: App) -> None:
        self._app = app
        self._page = page
        self._deps = deps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page_files().refresh()
        if self._is_of_page(scope):
            mounted = {**scope, "root_path": "", "oprina.app": self._deps}
            await self._page(mounted, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_of_page(self, scope: Scope) -> bool:
        files = page_files()
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"} or not files.is_built:
            return False
        path = scope["path"].lstrip("/")
        if path == CONFIG or files.find(path) is not None:
            return True
        served = path and any(
            each.matches(scope)[0] is not Match.NONE for each in self._app.router.routes
        )
        return not served and "text/html" in Headers(scope=scope).get("accept", "")


class FunctionRouter:
    """Serve each function at `/api/<name>` and at `/<name>`, with all paths below.

    Hyphens in the name stand for underscores. The function sees itself at the root of a host, as where
    it is deployed. Other paths go to `fallback`. Needs `infra.local.server`, which puts the connection
    into the scope: `drain` closes it.
    """

    def __init__(self, functions: Mapping[str, ASGIApp], app: App, fallback: ASGIApp) -> None:
        self._functions = functions
        self._app = app
        self._fallback = fallback
        self._open: list[asyncio.Transport] = []
        self._idle = asyncio.Event()
        self._idle.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "/")
        name, root = split_address(path)
        function = self._functions.get(name) if scope["type"] == "http" else None
        if function is None:
            await self._fallback(scope, receive, send)
            return
        below = path.removeprefix(root) or "/"
        mounted = {"root_path": root, "path": f"{root}{below}", "oprina.app": self._app}
        with self._count(scope["extensions"][TRANSPORT]):
            await function({**scope, **mounted}, receive, send)

    async def drain(self, grace_seconds: float) -> None:
        """Wait until no function runs. After `grace_seconds` close the connections, which ends them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self._idle.wait()
        for transport in list(self._open):
            transport.abort()
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVING_SECONDS):
                await self._idle.wait()

    @contextmanager
    def _count(self, transport: asyncio.Transport) -> Iterator[None]:
        self._open.append(transport)
        self._idle.clear()
        try:
            yield
        finally:
            self._open.remove(transport)
            if not self._open:
                self._idle.set()
