"""The local stack: the functions and all services that they call, in one process."""

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

from common.app import App
from common.bootstrap import build
from common.domain.ids import AvatarSessionId
from common.sessions.end import always
from common.settings import Settings
from infra.agent.assistant.google.actions import GoogleActions
from infra.agent.assistant.google.rest import GoogleAddresses
from infra.local.defaults import StackAddress, default_settings, local_settings
from infra.local.dev_routes import dev_routes
from infra.local.emulators.google_cloud import GoogleCloud, google_cloud, provide
from infra.local.functions import FunctionRouter, WithPage, load_functions
from infra.local.iam import Iam, certificates_in
from infra.local.identity import LocalIdentity
from infra.local.middleware.origins import AllowLocalOrigins
from infra.local.middleware.pretty_json import PrettyJson
from infra.local.plain_http import plain_client
from infra.local.scheduler import Scheduler
from infra.local.server import serve
from infra.local.sign_in import LocalSignIn
from infra.local.simulators.all import GMAIL, GOOGLE_CALENDAR, Simulators
from infra.local.simulators.google_accounts import GoogleAccountsState
from infra.registry import declarations

HOST = "127.0.0.1"
GRACE_SECONDS = 0.3
"""Time that running requests have to finish when the stack ends."""
ENDING_SECONDS = 1.0
"""Time for ending the sessions that still run."""
BACKLOG = 2048
"""Connections that may wait to be accepted, enough for a hundred concurrent starts."""


class CannotStartError(Exception):
    """The stack cannot start. The message says why, and what to do, in one sentence."""


@dataclass(frozen=True)
class Stack:
    """A running stack. `url` is its address, without a slash at the end."""

    url: str
    settings: Settings
    app: App
    simulators: Simulators
    cloud: GoogleCloud
    identity: LocalIdentity
    scheduler: Scheduler

    def sign_in(self, name: str) -> dict[str, str]:
        """Return the headers of a user of this name."""
        sign_in = LocalSignIn(self.identity, self.simulators.users)
        return {"authorization": f"Bearer {sign_in.sign_in(name).id_token}"}


@asynccontextmanager
async def stack(
    folder: Path,
    *,
    port: int = 0,
    given: Mapping[str, Any] | None = None,
    simulators: Simulators | None = None,
    scheduled: bool = True,
) -> AsyncIterator[Stack]:
    """Run a stack while the block runs. Data that survive a restart are stored in `folder`.

    `port` 0 lets the system choose a port. `given` are settings by their field names
    (`idle_seconds`); the environment is not read. `scheduled`: the scheduler calls the sweep.
    Raises `CannotStartError`.
    """
    given, simulators = given or {}, simulators or Simulators()
    with _listen(port) as listener, _lock(folder):
        identity = LocalIdentity(folder, {**default_settings(), **given}["project"])
        async with (
            plain_client() as http,
            google_cloud(folder, http, identity, simulators) as google,
        ):
            address = StackAddress(
                _url(listener), google.address, folder, identity.certificates_file
            )
            settings = local_settings(given, address)
            _know_client(simulators.google, settings)
            (folder / "stack.json").write_text(settings.model_dump_json())  # for infra/admin
            simulators.agent.google = GoogleActions(
                GoogleAddresses(f"{address.url}{GMAIL}", f"{address.url}{GOOGLE_CALENDAR}")
            )
            local = _assemble(settings, address, simulators, google, identity, http)
            async with contextlib.AsyncExitStack() as running:
                await provide(
                    google, settings, simulators.liveavatar.key, simulators.google.client_file()
                )
                running.push_async_callback(simulators.recognition.close)
                running.push_async_callback(local.app.close)
                router = await _router(local)
                await running.enter_async_context(_serve(_with_middleware(router, local), listener))
                running.push_async_callback(simulators.rooms.close)
                running.push_async_callback(_end_running_sessions, local)
                running.push_async_callback(router.drain, GRACE_SECONDS)
                await running.enter_async_context(_run_beside(google.tasks.run()))
                if scheduled:
                    await running.enter_async_context(_run_beside(local.scheduler.run()))
                yield local


def _know_client(google: GoogleAccountsState, settings: Settings) -> None:
    """Register our redirect address at the simulator of Google, as the console does."""
    address = f"{settings.connections_url}/google/callback"
    if address not in google.redirect_urls:
        google.redirect_urls.append(address)


def _assemble(
    settings: Settings,
    address: StackAddress,
    simulators: Simulators,
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
        url=address.url,
        settings=settings,
        app=build(settings),
        simulators=simulators,
        cloud=google,
        identity=identity,
        scheduler=scheduler,
    )


async def _router(stack: Stack) -> FunctionRouter:
    functions = load_functions()
    certificates = certificates_in((await stack.identity.certificates()).body)
    for name in (name for name, each in declarations().items() if each.internal):
        functions[name] = Iam(
            functions[name],
            certificates,
            audience=f"{stack.url}/{name}",
            account=stack.settings.tasks_account,
        )
    others = dev_routes(
        stack.simulators, LocalSignIn(stack.identity, stack.simulators.users), stack.scheduler
    )
    return FunctionRouter(functions, stack.app, WithPage(others, functions["page"], stack.app))


def _with_middleware(app: ASGIApp, stack: Stack) -> ASGIApp:
    allowed = stack.settings.allowed_origins
    return PrettyJson(AllowLocalOrigins(app, allowed[0]) if allowed else app)


async def _end_running_sessions(stack: Stack) -> None:
    """End the sessions of the provider's simulator, which ends with the stack.

    So the time until the next start is not charged. A session that is not ended here is ended by
    the first sweep of the next run.
    """
    stack.simulators.faults.clear()
    sessions = stack.simulators.liveavatar.sessions.values()
    running = [AvatarSessionId(each.id) for each in sessions if each.state == "running"]
    endings = (stack.app.avatars.ender.end(each, always("gone")) for each in running)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ENDING_SECONDS):
            await asyncio.gather(*endings, return_exceptions=True)


def _url(listener: socket.socket) -> str:
    return f"http://{HOST}:{listener.getsockname()[1]}"


@contextmanager
def _listen(port: int) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((HOST, port), backlog=BACKLOG)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "is in use" if taken else f"cannot be opened ({os.strerror(error.errno or 0)})"
        raise CannotStartError(
            f"Port {port} {why}: choose another one, e.g. make run PORT=9000"
        ) from None
    with listener:
        yield listener


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Lock the folder: two stacks on the same data would end each other's sessions."""
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
async def _serve(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
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
async def _run_beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `work` while the block runs. Raises the exception of a `work` that failed."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled():
        task.result()
