"""The README: its commands are run, and its picture shows the demo."""

import asyncio
import io
import json
import re
import shutil
from html import unescape
from pathlib import Path

import pytest

from infra.docs.recording import PICTURE, Recorder, render
from infra.local.demo.__main__ import show
from infra.local.demo.terminal import TerminalPage
from infra.local.stack import stack
from tests.local.stacks import hurried

README = Path(__file__).parent.parent.parent / "README.md"
MOST_LINES = 110


def curl_lines() -> str:
    found = re.search(r"<!-- curl -->\n```sh\n(.*?)```", README.read_text(), re.DOTALL)
    assert found
    return found[1]


def steps(output: str) -> list[str]:
    """Return the numbered lines of a demo's output."""
    return re.findall(r"(?m)^\d  .*$", output)


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
async def test_the_conversation_with_curl_runs(tmp_path: Path) -> None:
    async with stack(tmp_path / "data") as local:
        script = "set -eu\n" + curl_lines().replace("localhost:8080", local.url)
        ran = await asyncio.create_subprocess_exec(
            "bash", "-c", script, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await ran.communicate()
    output = out.decode()
    assert ran.returncode == 0
    assert [output.count(f"event: {name}") for name in ("turn", "done")] == [2, 2]
    assert '"ended":"interrupted"' in output
    assert json.loads((tmp_path / "started.json").read_text())["reserved_seconds"] == 600
    journal = output[output.rindex('{\n  "sessions"') :]
    session = json.loads(journal)["sessions"][0]
    assert session["state"] == "ended"
    assert any(utterance["interrupted"] for utterance in session["utterances"])


async def test_the_picture_shows_the_steps_of_the_demo() -> None:
    terminal = io.StringIO()
    assert (
        await show(TerminalPage(terminal, colours=False), hurried(), patience=0.7, silence=5.0) == 0
    )
    texts = re.findall(r">([^<]+)</text>", PICTURE.read_text(encoding="utf-8"))
    shown = [unescape(text) for text in texts]
    assert [step for step in steps(terminal.getvalue()) if step not in shown] == []


def test_a_recording_keeps_rows_columns_and_styles() -> None:
    recorder = Recorder()
    recorder.write("\x1b[1ma title\x1b[0m\n")
    recorder.write("   some ")
    recorder.write("\x1b[31m<text>\x1b[0m\n")
    [title, plain, red] = recorder.pieces
    assert (title.row, title.style, title.text) == (0, "bold", "a title")
    assert (plain.row, plain.column, plain.style) == (1, 0, "")
    assert (red.row, red.column, red.style) == (1, 8, "red")
    assert "&lt;text&gt;</text>" in render(recorder.pieces)


def test_the_readme_is_one_page() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
