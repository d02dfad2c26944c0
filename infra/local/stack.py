"""The whole system in one process: the functions, all that they call, and a way to sign in."""

import asyncio
import contextlib
import errno
import fcntl
import os
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from common.bootstrap import App, build
from common.domain.ids import AvatarSessionId
from common.settings import Settings
from infra.local.defaults import Place, local_settings, untouched
from infra.local.dev_routes import front
from infra.local.emulators.google_cloud import GoogleCloud, google_cloud, provide
from infra.local.functions import FunctionRouter, load_functions
from infra.local.iam import Iam, certificates_in
from infra.local.identity import LocalIdentity
from infra.local.scheduler import Scheduler
from infra.local.server import serve
from infra.local.sign_in import SignInDesk
from infra.local.simulators.all import Simulators

HOST = "127.0.0.1"
GRACE_SECONDS = 0.3
"""For which requests may go on when the stack ends."""
LAST_SECONDS = 1.0
"""For ending the sessions that still run."""
BACKLOG = 2048
"""Connections that may wait to be accepted: a hundred starts at once must not find a shut door."""


class CannotStartError(Exception):
    """Why, and what to do about it, in one sentence."""


@dataclass(frozen=True)
class Stack:
    """`url` is its address, without a slash at the end."""

    url: str
    settings: Settings
    app: App
    worlds: Simulators
    cloud: GoogleCloud
    identity: LocalIdentity
    desk: SignInDesk
    scheduler: Scheduler

    def sign_in(self, name: str) -> dict[str, str]:
        """The headers of a caller of this name."""
        return {"authorization": f"Bearer {self.desk.sign_in(name).id_token}"}


@asynccontextmanager
async def stack(
    folder: Path,
    *,
    port: int = 0,
    given: Mapping[str, Any] | None = None,
    worlds: Simulators | None = None,
    scheduled: bool = True,
) -> AsyncIterator[Stack]:
    """Answers while the block runs. What must survive a restart lies in `folder`.

    `port` 0 lets the system choose. `given` are settings by their field names (`idle_seconds`); the
    environment is not read. Without `scheduled` nothing sweeps by itself. Raises
    `CannotStartError`.
    """
    given, worlds = given or {}, worlds or Simulators()
    with _listening(port) as listener, _alone_in(folder):
        identity = LocalIdentity(folder, {**untouched(), **given}["project"])
        async with (
            httpx.AsyncClient(trust_env=False) as http,
            google_cloud(folder, http, identity, worlds) as google,
        ):
            place = Place(_url(listener), google.address, folder, identity.certificates_file)
            made = _assembled(local_settings(given, place), place, worlds, google, identity, http)
            async with contextlib.AsyncExitStack() as running:
                await provide(google, made.settings, worlds.liveavatar.key)
                running.push_async_callback(made.app.close)
                functions = await _asgi(made)
                await running.enter_async_context(_served(functions, listener))
                running.push_async_callback(_end_what_runs, made)
                running.push_async_callback(functions.drain, GRACE_SECONDS)
                await running.enter_async_context(_going_on(google.tasks.run()))
                if scheduled:
                    await running.enter_async_context(_going_on(made.scheduler.run()))
                yield made


def _assembled(
    settings: Settings,
    place: Place,
    worlds: Simulators,
    google: GoogleCloud,
    identity: LocalIdentity,
    http: httpx.AsyncClient,
) -> Stack:
    scheduler = Scheduler(
        http,
        settings.sweep_url,
        lambda: identity.oidc(settings.tasks_account, settings.sweep_url),
        seconds=settings.sweep_seconds,
    )
    return Stack(
        url=place.url,
        settings=settings,
        app=build(settings),
        worlds=worlds,
        cloud=google,
        identity=identity,
        desk=SignInDesk(identity),
        scheduler=scheduler,
    )


async def _asgi(stack: Stack) -> FunctionRouter:
    settings = stack.settings
    functions = load_functions()
    functions["sweep_expired"] = Iam(
        functions["sweep_expired"],
        certificates_in((await stack.identity.certificates()).body),
        audience=settings.sweep_url,
        account=settings.tasks_account,
    )
    shown = front(settings, stack.worlds, stack.desk, stack.scheduler)
    return FunctionRouter(functions, stack.app, shown)


async def _end_what_runs(stack: Stack) -> None:
    """The provider's simulator ends with the stack, and so do its sessions: nobody is charged for
    the time until the next start. What is not ended here, a sweep finds then."""
    stack.worlds.faults.clear()
    sessions = stack.worlds.liveavatar.sessions.values()
    running = [AvatarSessionId(each.id) for each in sessions if each.state == "running"]
    endings = (stack.app.avatars.ending.end(each, "gone") for each in running)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LAST_SECONDS):
            await asyncio.gather(*endings, return_exceptions=True)


def _url(listener: socket.socket) -> str:
    return f"http://{HOST}:{listener.getsockname()[1]}"


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((HOST, port), backlog=BACKLOG)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "is in use" if taken else f"cannot be had ({os.strerror(error.errno or 0)})"
        raise CannotStartError(
            f"Port {port} {why}: choose another one, e.g. make run PORT=9000"
        ) from None
    with listener:
        yield listener


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Two stacks on the same data would end each other's sessions."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise CannotStartError(f"DATA_DIR {folder} cannot be used: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            why = f"Another stack is using the data in {folder}"
            raise CannotStartError(f"{why}: end it, or choose another DATA_DIR") from None
        yield


@asynccontextmanager
async def _served(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    server = serve(app, *listener.getsockname(), grace_seconds=GRACE_SECONDS)
    running = asyncio.create_task(server.serve([listener]))
    ready = asyncio.create_task(server.ready.wait())
    await asyncio.wait({ready, running}, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    if running.done():
        await running
    try:
        yield
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def _going_on(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """`work` until the block ends. Raises what made it end before."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled():
        task.result()
