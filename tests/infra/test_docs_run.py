"""The shell commands of the documents, run in one shell with programs that only record their calls."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from common.schemas.requests import HealthRequest
from infra.deploy.shell import ROOT
from tests.infra.documents import COMMANDS, CONTRIBUTING, DEPLOY, DOCUMENTS, OPERATE, blocks

URLS = """{"start_avatar": "https://start", "chat": "https://chat", "health": "https://health",
"end_session": "https://end"}"""
ANSWER = (
    '{"idToken": "a-token", "conversation_id": "a-conversation", "avatar_session_id": "a-session"}'
)
PROGRAM = f"""#!/bin/bash
printf '%s' "${{0##*/}}" >> "$CALLS"; printf ' [%s]' "$@" >> "$CALLS"; echo >> "$CALLS"
case "${{0##*/}} $*" in
  "terraform "*"output -json function_urls") echo '{URLS}';;
  "terraform "*"output -json web_config") echo '{{"apiKey": "web-key"}}';;
  "curl "*) echo '{ANSWER}';;
  *"versions add"*"--data-file=-"*) cat >> "$CALLS.secrets";;
  *"secrets versions access"*) echo a-password;;
esac
"""
"""A program that records its arguments, and answers as the real one would."""
VENV = tuple(f".venv/bin/{name}" for name in ("python", "pytest", "pre-commit"))
PROGRAMS = ("gcloud", "terraform", "make", "curl", *VENV)
NAMES = re.compile(rf"(?<![\w=/-])(?:{'|'.join(re.escape(each) for each in PROGRAMS)}) ")
DOWNLOADED = "client_secret.json"
SECONDS = 60


@dataclass(frozen=True)
class DocumentRun:
    code: int
    output: str
    calls: list[str]
    secrets: str


def run(document: str, folder: Path) -> DocumentRun:
    """Run the commands of a document. A question for a secret is answered with "typed".

    A variable that is not set ends the run, and so does a command that fails. The folder has the file
    that the reader downloaded from Google's console.
    """
    (folder / DOWNLOADED).write_text("{}")
    for name in PROGRAMS:
        program = folder / (name if "/" in name else f"programs/{name}")
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(PROGRAM)
        program.chmod(0o755)
    calls, script = folder / "calls", folder / "script"
    calls.touch()
    script.write_text("\n".join(blocks(document, "sh")))
    path = f"{folder / 'programs'}:{Path(shutil.which('python3') or '').parent}:/usr/bin:/bin"
    ended = subprocess.run(
        ["bash", "-eu", str(script)],  # noqa: S607 - the shell of the reader
        cwd=folder,
        env={"PATH": path, "CALLS": str(calls)},
        input="typed\n" * 9,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    secrets = Path(f"{calls}.secrets")
    typed = secrets.read_text() if secrets.exists() else ""
    output = ended.stdout + ended.stderr
    return DocumentRun(ended.returncode, output, calls.read_text().splitlines(), typed)


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"README.md"}))
def test_every_command_runs(name: str, tmp_path: Path) -> None:
    """Run all documents but the README, whose commands run against a real stack."""
    ran = run(DOCUMENTS[name], tmp_path)
    assert (ran.code, "not found" in ran.output) == (0, False), ran.output
    assert len(ran.calls) >= len(NAMES.findall(COMMANDS[name])) > 0
    assert "[]" not in "".join(ran.calls)


def test_the_avatar_is_asked_with_the_token_and_ids_of_the_answers(tmp_path: Path) -> None:
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


def test_the_runbook_asks_health_for_the_services_that_are_down(tmp_path: Path) -> None:
    calls = run(OPERATE, tmp_path).calls
    assert [call for call in calls if "health" in call and "curl" in call] == [
        "curl [-s] [https://health]",
        "curl [-s] [https://health?deep=true]",
    ]
    assert HealthRequest().deep is False


def test_a_typed_secret_goes_to_secret_manager_only(tmp_path: Path) -> None:
    ran = run(DEPLOY, tmp_path)
    assert ran.secrets.count("typed") == 2
    assert "typed" not in ran.output + "".join(ran.calls)


def test_the_downloaded_oauth_client_is_stored_and_deleted(tmp_path: Path) -> None:
    calls = run(DEPLOY, tmp_path).calls
    asked = calls.index("terraform [-chdir=terraform] [output] [-raw] [google_redirect_url]")
    [added] = [call for call in calls if "[google-oauth-client]" in call]
    assert "[versions] [add] [google-oauth-client]" in added
    assert f"[--data-file={DOWNLOADED}]" in added
    assert asked < calls.index(added)
    assert not (tmp_path / DOWNLOADED).exists()


def recipe(*marks: str) -> str:
    """Return the only Python block of CONTRIBUTING.md that has all marks."""
    found = re.findall(r"(?ms)^   ```python\n(.*?)^   ```$", CONTRIBUTING)
    [block] = [each for each in found if all(mark in each for mark in marks)]
    return re.sub(r"(?m)^   ", "", block)


@pytest.mark.parametrize(
    ("marks", "check"),
    [
        (("@endpoint",), "print(greet.declaration.operations[0].route.path)"),
        (("introduces = ",), "print(phrases.split('|')[0].format('oprina.example'))"),
    ],
)
def test_the_code_of_a_recipe_runs(marks: tuple[str, ...], check: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", f"{recipe(*marks)}\n{check}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    expected = {"@endpoint": "/{name}\n", "introduces = ": "een link naar oprina.example\n"}
    assert (ran.stderr, ran.stdout) == ("", expected[marks[0]])
