"""What a function's module pulls in when it is imported, and when it is used."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/main.py"))
NEVER = (
    "vertexai",
    "agentplatform",
    "google.adk",
    "google.cloud.aiplatform",
    "google.genai",
    "numpy",
)
LATER = ("google.cloud.secretmanager", "google.cloud.tasks", "websockets.asyncio", "sqlite3")
"""Imported when they are first needed, off the way to a first token."""

PROBE = """
import sys
import functions.{name}.main
print("\\n".join(sys.modules))
"""


def modules_of(name: str) -> set[str]:
    probe = [sys.executable, "-c", PROBE.format(name=name)]
    answer = subprocess.run(probe, cwd=ROOT, check=True, capture_output=True, text=True)
    return set(answer.stdout.split())


def test_there_are_seven_functions() -> None:
    assert FUNCTIONS == [
        "chat", "end_session", "health", "keep_alive", "speak", "start_avatar", "sweep_expired",
    ]  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_imports_what_is_heavy(name: str) -> None:
    imported = modules_of(name)
    assert "google.cloud.firestore" in imported
    heavy = {m for m in imported for bad in (*NEVER, *LATER) if m == bad or m.startswith(f"{bad}.")}
    assert heavy == set()


def test_no_function_names_the_sdk_or_the_agents_kit() -> None:
    """Also where it would be imported later than at the start."""
    sources = [*(ROOT / "common").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    words = (
        "import vertexai",
        "from vertexai",
        "aiplatform import",
        "import google.cloud.aiplatform",
        "agentplatform",
        "google.adk",
        "google import adk",
    )
    assert [s for s in sources if any(word in s.read_text() for word in words)] == []
