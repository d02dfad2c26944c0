"""Stacks for tests, with simulators that need little time."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx

from common.adapters.sqlite.store import SqliteStore
from common.domain.avatar_session import record_path
from common.domain.ids import AvatarSessionId
from infra.local.emulators.cloud_tasks import Delivery, once
from infra.local.plain_http import plain_client
from infra.local.simulators.agent_engine import AgentEngineState
from infra.local.simulators.all import Simulators
from infra.local.simulators.espeak import EspeakRequest
from infra.local.simulators.google_speech import SpeechSimulator
from infra.local.simulators.liveavatar import LiveAvatarAccount, LiveAvatarSettings
from infra.local.stack import Stack, stack
from tests.support.identity_key import lend_key

Json = dict[str, Any]
RATE = 24_000


def a_word(_: EspeakRequest) -> bytes:
    """Return a fifth of a second of silence for any text."""
    return bytes(RATE // 5 * 2)


def a_while(_: EspeakRequest) -> bytes:
    """Return ten seconds of silence for any text."""
    return bytes(RATE * 10 * 2)


def hurried(delivery: Delivery = once, **speech: Any) -> Simulators:
    return Simulators(
        liveavatar=LiveAvatarAccount(LiveAvatarSettings(connected_delay_seconds=0.02)),
        agent=AgentEngineState(token_seconds=0.001, tool_seconds=0.01),
        speech=SpeechSimulator(**{"synthesize": a_word, **speech}),
        delivery=delivery,
    )


@asynccontextmanager
async def standing(
    folder: Path, simulators: Simulators | None = None, *, scheduled: bool = False, **settings: Any
) -> AsyncIterator[tuple[Stack, httpx.AsyncClient]]:
    """Run a stack, and yield it with an HTTP client of the user ada."""
    async with (
        stack(
            lend_key(folder),
            given=settings,
            simulators=simulators or hurried(),
            scheduled=scheduled,
        ) as local,
        plain_client(base_url=local.url, headers=local.sign_in("ada"), timeout=20) as ada,
    ):
        yield local, ada


async def started(ada: httpx.AsyncClient) -> Json:
    answer = await ada.post("/start_avatar")
    assert answer.status_code == 201, answer.text
    body: Json = answer.json()
    return body


async def events(ada: httpx.AsyncClient, body: Json) -> AsyncIterator[tuple[str, Json]]:
    """Send a message, and yield the server-sent events as (event, data)."""
    accept = {"accept": "text/event-stream"}
    async with ada.stream("POST", "/chat", json=body, headers=accept) as answer:
        assert answer.status_code == 200
        name = ""
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))


async def until_spoken(turn: AsyncIterator[tuple[str, Json]]) -> None:
    """Read events until the avatar begins to speak."""
    async for name, data in turn:
        if (name, data.get("state")) == ("speech", "started"):
            return


async def journal(ada: httpx.AsyncClient, session: str) -> Json:
    found = (await ada.get(f"/simulators/liveavatar/journal?session_id={session}")).json()
    return {**found["sessions"][0], "entries": found["entries"]}


async def ended_by_itself(local: Stack, session: str) -> Json:
    """Wait until the session has ended, at most a minute, and return its document."""
    store = SqliteStore(Path(local.settings.data_dir) / "oprina.sqlite3")
    try:
        with anyio.fail_after(60):
            while True:
                [document] = await store.get([record_path(AvatarSessionId(session))])
                if document.exists:
                    return dict(document.fields or {})
                await anyio.sleep(0.02)
    finally:
        await store.close()


def calls(seen: Json, path: str) -> list[Json]:
    """Return the calls of one of the provider's paths in a session's journal."""
    return [entry for entry in seen["entries"] if entry.get("path") == path]
