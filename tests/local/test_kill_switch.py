"""The kill switch against the local stack in a process of its own, as `make stop-spending` sets it."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from common.adapters.http.client import HttpClient
from common.adapters.liveavatar.client import LiveAvatar
from common.adapters.sqlite.store import SqliteStore
from infra.access.public_access import spending_services
from infra.access.stop_spending import open_again, stop_spending
from infra.access.switch import FirestoreSwitch
from infra.local.plain_http import plain_client
from infra.local.simulators.all import LIVEAVATAR
from infra.local.simulators.liveavatar import LiveAvatarAccount
from tests.infra.fake_public_access import SERVICES, FakeProject
from tests.local.stacks import Json, events, journal, started
from tests.local.test_command import free_port, run

PROJECT = "oprina-test"
PATIENCE = 120
"""Seconds that a busy machine may take. The stack sweeps each second."""


@dataclass(frozen=True)
class RunningCommand:
    """A running `python -m infra.local`: its address, two of its users, and the folder of its data."""

    url: str
    ada: httpx.AsyncClient
    bob: httpx.AsyncClient
    folder: Path


@asynccontextmanager
async def signed_in(url: str, name: str) -> AsyncIterator[httpx.AsyncClient]:
    async with plain_client(base_url=url, timeout=PATIENCE) as user:
        token = (await user.post("/local/sign-in", json={"name": name})).json()["id_token"]
        user.headers["authorization"] = f"Bearer {token}"
        yield user


@asynccontextmanager
async def command(folder: Path) -> AsyncIterator[RunningCommand]:
    port = free_port()
    settings = {"OPRINA_DATA_DIR": str(folder), "OPRINA_SWEEP_SECONDS": "1"}
    process = await run("--port", port, **settings)
    assert process.stdout is not None
    await process.stdout.readline()  # it is ready
    draining = asyncio.create_task(process.communicate())
    url = f"http://127.0.0.1:{port}"
    try:
        async with signed_in(url, "ada") as ada, signed_in(url, "bob") as bob:
            yield RunningCommand(url, ada, bob, folder)
    finally:
        process.send_signal(signal.SIGINT)
        await draining


@asynccontextmanager
async def switch_of(stack: RunningCommand) -> AsyncIterator[FirestoreSwitch]:
    switch = FirestoreSwitch(PROJECT, "(default)", SqliteStore(stack.folder / "oprina.sqlite3"))
    yield switch
    await switch.close()


async def no_wait(_: float) -> None:
    """Wait for no time."""


async def stop(stack: RunningCommand, project: FakeProject) -> int:
    """Run `make stop-spending` on the stack's database and provider. `project` stands in for gcloud."""
    http, key = HttpClient(), LiveAvatarAccount().key

    async def read_key(_fresh: bool) -> str:
        return key

    account = LiveAvatar(f"{stack.url}{LIVEAVATAR}", read_key, http)
    async with switch_of(stack) as switch:
        code = await stop_spending(PROJECT, project, account, switch, say=ignore, wait=no_wait)
    await http.close()
    return code


async def start_again(stack: RunningCommand, project: FakeProject) -> int:
    """Run `make open-again`."""
    async with switch_of(stack) as switch:
        return await open_again(PROJECT, project, switch, say=ignore)


def ignore(_: str) -> None:
    """Print nothing."""


async def last_of(turn: AsyncIterator[tuple[str, Json]]) -> Json:
    """Read a stream to its end and return the data of its last event."""
    return [data async for _, data in turn][-1]


async def until_text(turn: AsyncIterator[tuple[str, Json]]) -> None:
    async for name, _ in turn:
        if name == "text":
            return


RESTRICTED = FakeProject(
    is_open=set(), unchecked={*SERVICES} - {"another-service"}, restricted=True
)


@pytest.mark.parametrize("project", [FakeProject(), RESTRICTED], ids=["allUsers", "restricted"])
async def test_stop_spending_refuses_and_ends_and_open_again_admits(
    tmp_path: Path, project: FakeProject
) -> None:
    before = set(project.is_open), set(project.unchecked)
    async with asyncio.timeout(PATIENCE), command(tmp_path) as stack:
        begun = await started(stack.ada)
        story = {"message": "Tell me a story.", "conversation_id": begun["conversation_id"]}
        told = events(stack.ada, story)
        silent = events(stack.ada, {"message": "Tell me a long story.", "speak": False})
        await until_text(told)
        await until_text(silent)
        assert await stop(stack, project) == 0
        assert not spending_services() & (project.is_open | project.unchecked)
        for path, body in (("/start_avatar", {}), ("/chat", {"message": "Hello."})):
            refused = await stack.bob.post(path, json=body)
            assert (refused.status_code, refused.json()["code"]) == (503, "spending_stopped")
            assert "retry-after" in refused.headers
        assert (await last_of(told))["ended"] == "interrupted"
        assert (await last_of(silent))["ended"] in {"interrupted", "complete"}  # it may be fast
        session = begun["avatar_session_id"]
        assert (await journal(stack.ada, session))["state"] != "running"

        assert await start_again(stack, project) == 0
        assert (set(project.is_open), set(project.unchecked)) == before
        again = await stack.ada.post("/chat", json={"message": "Hello.", "speak": False})
        assert again.json()["ended"] == "complete"
        assert (await stack.ada.post("/start_avatar")).status_code == 201
