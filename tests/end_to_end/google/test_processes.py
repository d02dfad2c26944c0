"""Turns of one user in two operating-system processes, whose access token has expired."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common.domain.documents import Update
from common.domain.google.connection import connection_path
from common.domain.ids import UserId
from infra.deploy.shell import ROOT
from tests.end_to_end.google.conftest import google_scene

TURNS = 25
"""Turns of each process."""
BUSY = {"google_unavailable"}
"""A turn goes on without Google if a busy machine makes it wait for 12 seconds."""
READY_SECONDS, TURNS_SECONDS = 120.0, 400.0


@asynccontextmanager
async def another_process(folder: Path, user: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run process.py until it is ready."""
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "tests.end_to_end.google.process",
            str(folder),
            user,
            str(TURNS),
        ),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), READY_SECONDS)
        assert line == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def turns(process: asyncio.subprocess.Process) -> list[dict[str, Any]]:
    output, _ = await asyncio.wait_for(process.communicate(b"go\n"), TURNS_SECONDS)
    found: list[dict[str, Any]] = json.loads(output)
    return found


async def refreshes_once(folder: Path, **settings: Any) -> None:
    allowed = {"turns_per_user": 100, "turns_per_minute": 200, "allowance_agent_tokens": 10**8}
    async with google_scene(folder, **allowed, **settings) as scene:
        assert await scene.ada.connect() == "connected"
        [user] = {token.sub for token in scene.google.grants.refresh_tokens}
        uid = UserId((await scene.ada.api.get("/api/account")).json()["uid"])
        scene.google.grants.expire_access()
        store = scene.local.app.sweeps._deps.store
        expired = {"token_expires_at": datetime(2026, 1, 1, tzinfo=UTC)}
        await store.commit([Update(connection_path(uid), expired)])

        async with (
            another_process(folder, uid) as one,
            another_process(folder, uid) as two,
        ):
            results = [
                each for found in await asyncio.gather(turns(one), turns(two)) for each in found
            ]
        assert len(results) == 2 * TURNS
        assert {each["ended"] for each in results} == {"complete"}
        assert {code for each in results for code in each["notices"]} <= BUSY
        served = [each for each in results if not each["notices"]]
        assert len(served) >= TURNS, "most turns get the token"
        assert scene.google.refreshes == 1
        assert [each.sub for each in scene.google.grants.access_tokens.values()] == [user]


async def test_fifty_turns_in_two_processes_refresh_once_on_sqlite(tmp_path: Path) -> None:
    await refreshes_once(tmp_path)


async def test_fifty_turns_in_two_processes_refresh_once_on_firestore(
    tmp_path: Path, firestore_address: str, firestore_project: str
) -> None:
    firestore = {"store": "firestore", "firestore_emulator": firestore_address}
    await refreshes_once(tmp_path, project=firestore_project, **firestore)
