"""The functions, made into ASGI apps from their `main.py` as Google makes them, side by side."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from functions_framework.aio import create_asgi_app
from starlette.types import ASGIApp, Receive, Scope, Send

from common.app import App

FUNCTIONS = ("start_avatar", "chat", "speak", "keep_alive", "end_session", "sweep_expired")
SOURCES = Path(__file__).parents[2] / "functions"


def deployed() -> dict[str, ASGIApp]:
    """Each function's app, by its name."""
    with _as_before():
        return {name: create_asgi_app(name, str(SOURCES / name / "main.py")) for name in FUNCTIONS}


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


class SideBySide:
    """`/chat` and all below it goes to the function `chat`, which sees itself at the root of a host,
    as it is where it is deployed; what is no function's goes `elsewhere`."""

    def __init__(self, functions: Mapping[str, ASGIApp], app: App, elsewhere: ASGIApp) -> None:
        self._functions = functions
        self._app = app
        self._elsewhere = elsewhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name, _, rest = scope.get("path", "/")[1:].partition("/")
        function = self._functions.get(name) if scope["type"] == "http" else None
        if function is None:
            await self._elsewhere(scope, receive, send)
            return
        mounted = {"root_path": f"/{name}", "path": f"/{name}/{rest}", "oprina.app": self._app}
        await function({**scope, **mounted}, receive, send)
