"""The README's curl lines, run as they are written."""

import asyncio
import json
import re
import shutil
from pathlib import Path

import pytest

from infra.local.stack import stack

README = Path(__file__).parent.parent.parent / "README.md"


def curl_lines() -> str:
    found = re.search(r"<!-- curl -->\n```sh\n(.*?)```", README.read_text(), re.DOTALL)
    assert found
    return found[1]


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
async def test_conversation_with_curl(tmp_path: Path) -> None:
    async with stack(tmp_path / "data") as local:
        script = "set -eu\n" + curl_lines().replace("localhost:8080", local.url)
        ran = await asyncio.create_subprocess_exec(
            "bash", "-c", script, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await ran.communicate()
    said = out.decode()
    assert ran.returncode == 0
    assert [said.count(f"event: {name}") for name in ("turn", "done")] == [2, 2]
    assert '"ended":"interrupted"' in said
    assert json.loads((tmp_path / "started.json").read_text())["reserved_seconds"] == 600
    session = json.loads(said[said.index('{\n  "sessions"') :])["sessions"][0]
    assert session["state"] == "ended"
    assert any(utterance["interrupted"] for utterance in session["utterances"])
