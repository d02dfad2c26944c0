"""The examples: each runs against a stack, and says what its README promises."""

import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from clients.python.oprina import AsyncOprina
from infra.local.demo.google_browser import GoogleBrowser
from infra.local.plain_http import plain_client
from infra.local.stack import Stack
from tests.local.stacks import hurried, standing

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


async def run(*command: str | Path, cwd: Path, stdin: str = "") -> str:
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT / "clients/python")},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate(stdin.encode())
    assert process.returncode == 0, out.decode()
    return out.decode()


async def talk(local: Stack | str, cwd: Path, *lines: str) -> str:
    """Run the Python example, and answer its questions with these lines."""
    address = local if isinstance(local, str) else local.url
    stdin = "".join(f"{line}\n" for line in lines) + "\n"
    return await run(sys.executable, EXAMPLES / "python/talk.py", address, cwd=cwd, stdin=stdin)


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
async def test_the_curl_example_shows_one_turn_twice(tmp_path: Path) -> None:
    async with standing(tmp_path / "data", hurried()) as (local, _):
        out = await run(EXAMPLES / "curl/talk.sh", local.url, cwd=tmp_path)
        assert local.simulators.agent.turns == 1
    _, streamed, again, conversation, refused = re.split(r"== .*\n", out)
    assert [streamed.count(f"event: {name}\n") for name in ("turn", "done")] == [1, 1]
    told = "".join(re.findall(r'event: text\ndata: \{"text":"(.*)"\}', streamed))
    assert told == json.loads(again)["text"] != ""
    roles = [message["role"] for message in json.loads(conversation)["messages"]]
    assert roles == ["user", "assistant"]
    assert json.loads(refused)["code"] == "not_found"
    assert names(tmp_path) == ["data"]


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_the_python_example_talks_and_remembers(tmp_path: Path) -> None:
    async with standing(tmp_path / "data", hurried()) as (local, _):
        out = await talk(local, tmp_path, "My name is Ada.", "What time is it?")
        assert local.simulators.agent.turns == 2
    assert "Ada" in out
    assert "[get_time] It is" in out, out


async def test_the_python_example_asks_before_a_mail_is_sent(tmp_path: Path) -> None:
    mail = "Send a mail to tom@example.test: I am ten minutes late."
    async with standing(tmp_path / "data", hurried()) as (local, http):
        client = AsyncOprina(local.url, http=http)
        url = (await client.google.connect(mail=True, calendar=False)).url
        async with plain_client() as browser:
            consent = GoogleBrowser(browser)
            await consent.finish(await consent.allow(await consent.open(url)))
        out = await talk(local, tmp_path, mail, "y")
        users = local.simulators.google.users.values()
        sent = [letter.to for user in users for letter in user.mails if "SENT" in letter.labels]
    assert "Send a mail to tom@example.test? (y/n)" in out
    assert sent == ["tom@example.test"]


async def test_the_python_example_says_that_nothing_answers(tmp_path: Path) -> None:
    out = await talk("http://127.0.0.1:9", tmp_path, "Hello!")
    assert "Oprina cannot be reached" in out
