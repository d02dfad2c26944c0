"""The modules that a function imports when it starts and when it is built."""

import json
import subprocess
import sys

import pytest

from infra.deploy.package import ROOT, functions

NEVER = (
    "vertexai",
    "agentplatform",
    "google.adk",
    "google.cloud.aiplatform",
    "google.genai",
    "numpy",
)
TRACES = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.trace")
LATER = (
    *("google.cloud.secretmanager", "google.cloud.tasks", "websockets.asyncio", "sqlite3"),
    *TRACES,
)
"""Imported at first use, because a cold start would wait for them."""

PROBE = """
import importlib, json, os, sys
import common.api.endpoint
for name in sys.argv[1:]:
    if os.fork() == 0:
        importlib.import_module(f"functions.{name}.main")
        print(json.dumps([name, sorted(sys.modules)]), flush=True)
        os._exit(0)
    assert os.wait()[1] == 0, name
"""
"""Imports each function in a process of its own, which begins with what all functions import."""

BUILT = """
import sys
from common.bootstrap import build
from common.settings import Settings
engine = "projects/p/locations/us-central1/reasoningEngines/1"
app = build(Settings(agent_engine=engine, traces={traces}))
print("\\n".join(sys.modules))
"""


def printed(probe: str, *arguments: str) -> str:
    command = [sys.executable, "-c", probe, *arguments]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return answer.stdout


@pytest.fixture(scope="module")
def modules() -> dict[str, list[str]]:
    """Return the modules that are loaded after the import of each function."""
    return dict(json.loads(line) for line in printed(PROBE, *functions()).splitlines())


@pytest.mark.parametrize("name", functions())
def test_no_function_imports_heavy_libraries(modules: dict[str, list[str]], name: str) -> None:
    imported = set(modules[name])
    assert "google.cloud.firestore" in imported
    heavy = {m for m in imported for bad in (*NEVER, *LATER) if m == bad or m.startswith(f"{bad}.")}
    assert heavy == set()


@pytest.mark.parametrize("traces", [False, True])
def test_trace_libraries_are_loaded_only_with_traces_enabled(traces: bool) -> None:
    assert ("opentelemetry.sdk.trace" in printed(BUILT.format(traces=traces)).split()) == traces


def test_no_source_imports_the_sdk_or_the_agent_development_kit() -> None:
    """A late import counts as well."""
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
