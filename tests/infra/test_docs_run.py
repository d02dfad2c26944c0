"""The commands in the documents are run, one block after the other in one shell, with programs that
only write down how they were called, and answer as the real ones would."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from common.schemas.requests import HealthRequest
from tests.infra.test_docs import COMMANDS, DEPLOY, OPERATE, blocks

URLS = """{"start_avatar": "https://start", "chat": "https://chat", "health": "https://health",
"end_session": "https://end"}"""
ANSWER = (
    '{"idToken": "a-token", "conversation_id": "a-conversation", "avatar_session_id": "a-session"}'
)
NOTE = f"""#!/bin/bash
printf '%s' "${{0##*/}}" >> "$NOTED"; printf ' [%s]' "$@" >> "$NOTED"; echo >> "$NOTED"
case "${{0##*/}} $*" in
  "terraform "*"output -json function_urls") echo '{URLS}';;
  "terraform "*"output -raw page_bucket") echo gs://a-bucket;;
  "curl "*) echo '{ANSWER}';;
  *"versions add"*) cat >> "$NOTED.secrets";;
  *"secrets versions access"*) echo a-password;;
esac
"""
PROGRAMS = ("gcloud", "terraform", "make", "curl", ".venv/bin/python")
SECONDS = 60


@dataclass(frozen=True)
class Ran:
    code: int
    said: str
    calls: list[str]
    secrets: str


def run(document: str, folder: Path) -> Ran:
    """As a person pastes it, who types a secret where one is asked for. A variable that nobody set ends
    it, and so does any command that fails."""
    for name in PROGRAMS:
        program = folder / (name if "/" in name else f"programs/{name}")
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(NOTE)
        program.chmod(0o755)
    noted, script = folder / "noted", folder / "script"
    script.write_text("\n".join(blocks(document, "sh")))
    path = f"{folder / 'programs'}:{Path(shutil.which('python3') or '').parent}:/usr/bin:/bin"
    ended = subprocess.run(
        ["bash", "-eu", str(script)],  # noqa: S607 - whichever there is
        cwd=folder,
        env={"PATH": path, "NOTED": str(noted)},
        input="typed\n" * 9,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    secrets = Path(f"{noted}.secrets")
    typed = secrets.read_text() if secrets.exists() else ""
    return Ran(ended.returncode, ended.stdout + ended.stderr, noted.read_text().splitlines(), typed)


@pytest.mark.parametrize("name", ["deploy.md", "operate.md"])
def test_every_command_runs_to_the_last(name: str, tmp_path: Path) -> None:
    document = {"deploy.md": DEPLOY, "operate.md": OPERATE}[name]
    ran = run(document, tmp_path)
    assert (ran.code, "not found" in ran.said) == (0, False), ran.said
    programs = re.findall(
        r"(?<![\w=/-])(?:gcloud|terraform|make|curl|\.venv/bin/python) ", COMMANDS[name]
    )
    assert len(ran.calls) >= len(programs)
    assert "[]" not in "".join(ran.calls)


def test_the_avatar_is_asked_as_whoever_signed_in_and_about_what_was_started(
    tmp_path: Path,
) -> None:
    calls = run(DEPLOY, tmp_path).calls
    asked = [call for call in calls if call.startswith("curl") and "Bearer" in call]
    assert [re.findall(r"https://\w+", call) for call in asked] == [
        ["https://start"],
        ["https://chat"],
        ["https://end"],
    ]
    assert all("[Authorization: Bearer a-token]" in call for call in asked)
    assert '"conversation_id": "a-conversation"' in asked[1]
    assert '"avatar_session_id": "a-session"' in asked[2]


def test_health_is_asked_which_dependency_is_down(tmp_path: Path) -> None:
    """Shallow, it never says."""
    calls = run(OPERATE, tmp_path).calls
    assert [call for call in calls if "health" in call and "curl" in call] == [
        "curl [-s] [https://health]",
        "curl [-s] [https://health?deep=true]",
    ]
    assert HealthRequest().deep is False


def test_what_is_typed_for_a_secret_goes_there_and_nowhere_else(tmp_path: Path) -> None:
    ran = run(DEPLOY, tmp_path)
    assert ran.secrets.count("typed") == 2
    assert "typed" not in ran.said + "".join(ran.calls)
