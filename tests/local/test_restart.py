"""A second process on the same data, after the first one was killed: nothing is lost, talk goes on."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from infra.local.plain_http import plain_client
from tests.local.test_command import free_port, run

STORY = "Tell me a story."


@asynccontextmanager
async def local_stack(folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Any]]:
    """Run `python -m infra.local` on the folder, and yield ada's client and the process."""
    port = free_port()
    process = await run("--port", port, OPRINA_DATA_DIR=str(folder))
    try:
        assert process.stdout is not None
        ready = (await process.stdout.readline()).decode()
        assert ready.startswith("Oprina is ready"), ready
        url = f"http://127.0.0.1:{port}"
        async with plain_client(base_url=url, timeout=60) as ada:
            token = (await ada.post("/local/sign-in", json={"name": "ada"})).json()["id_token"]
            ada.headers["authorization"] = f"Bearer {token}"
            yield ada, process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def messages(ada: httpx.AsyncClient, conversation: str) -> list[tuple[str, str]]:
    page = (await ada.get(f"/conversations/{conversation}/messages")).json()
    return [(each["role"], each["text"]) for each in page["messages"]]


async def test_another_process_goes_on_after_the_first_was_killed(tmp_path: Path) -> None:
    async with local_stack(tmp_path) as (ada, first):
        begun = (await ada.post("/chat", json={"message": "What time is it?"})).json()
        conversation = begun["conversation_id"]
        rated = f"/conversations/{conversation}/messages/{begun['message_id']}/feedback"
        await ada.put(rated, json={"rating": "good"})
        await ada.patch("/account", json={"preferences": {"speed": 1.2}})
        before = await messages(ada, conversation)
        usage = (await ada.get("/account/usage")).json()
        body = {"message": STORY, "conversation_id": conversation, "speak": False}
        sent = ""
        async with ada.stream(
            "POST", "/chat", json=body, headers={"accept": "text/event-stream"}
        ) as s:
            async for line in s.aiter_lines():
                if line.startswith("data:") and '"text"' in line:
                    sent += json.loads(line[5:]).get("text", "")
                if sent:
                    break
            first.kill()
            await first.wait()
    async with local_stack(tmp_path) as (ada, _):
        found = await messages(ada, conversation)
        assert found[: len(before)] == before
        assert ("user", STORY) in found
        kept = (await ada.get(f"/conversations/{conversation}/messages")).json()["messages"]
        assert kept[1]["feedback"]["rating"] == "good"
        account = (await ada.get("/account")).json()
        assert account["preferences"]["speed"] == 1.2
        now = (await ada.get("/account/usage")).json()
        for meter, total in usage["usage"]["meters"].items():
            assert now["usage"]["meters"][meter]["used"] == total["used"]
        again = (
            await ada.post("/chat", json={"message": "And now?", "conversation_id": conversation})
        ).json()
        assert again["ended"] == "complete", again
        assert [text for role, text in await messages(ada, conversation) if role == "user"] == [
            "What time is it?",
            STORY,
            "And now?",
        ]
