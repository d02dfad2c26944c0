"""The commands, with Google's own client, against its API on a real port."""

import base64
import io
import tarfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from google.auth.exceptions import DefaultCredentialsError

from common.adapters.agent_engine.client import addresses
from infra.agent.deploy import main
from infra.agent.source import ROOT, files
from tests.agent.engines import PLACE, Engines, google_runtimes

FIRST = f"{PLACE}/reasoningEngines/1"

# What Google's package itself emits, and nobody can change from outside.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:agentplatform"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:google.genai"),
]


class Shell:
    """Runs a command as the shell does, but for where Google is."""

    def __init__(self, engines: Engines, runtimes: Any) -> None:
        self.engines = engines
        self.places: list[tuple[str, str]] = []
        self._runtimes = runtimes

    async def run(self, *arguments: str) -> int:
        return await anyio.to_thread.run_sync(main, arguments, self._connect)

    def _connect(self, project: str, location: str) -> Any:
        self.places.append((project, location))
        return self._runtimes


@pytest.fixture
async def shell() -> AsyncIterator[Shell]:
    engines = Engines()
    async with google_runtimes(engines) as runtimes:
        yield Shell(engines, runtimes)


@pytest.fixture
async def deployed(shell: Shell, capsys: pytest.CaptureFixture[str]) -> Shell:
    assert await shell.run("create", "--project", "p") == 0
    capsys.readouterr()
    return shell


def archive(engine: dict[str, Any]) -> dict[str, bytes]:
    """The files that were sent."""
    sent = engine["spec"]["source_code_spec"]["inline_source"]["source_archive"]
    with tarfile.open(fileobj=io.BytesIO(base64.urlsafe_b64decode(sent))) as tar:
        regular = [member for member in tar.getmembers() if member.isfile()]
        return {member.name: _content(tar, member) for member in regular}


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = tar.extractfile(member)
    assert opened
    return opened.read()


async def test_creating_prints_the_setting_that_leads_to_the_agent(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await shell.run("create", "--project", "p", "--location", "europe-west1") == 0
    setting, _, name = capsys.readouterr().out.strip().partition("=")
    assert (setting, name) == ("OPRINA_AGENT_ENGINE", FIRST)
    assert addresses(name)
    assert shell.places == [("p", "europe-west1")]


async def test_what_is_sent_is_the_source_as_it_is_checked_in_and_nothing_else(
    deployed: Shell,
) -> None:
    sent = archive(deployed.engines.there[FIRST])
    assert sent == {name: (ROOT / name).read_bytes() for name in files()}
    assert sent.keys() >= {f"infra/agent/assistant/{name}.py" for name in ("app", "tools/clock")}
    assert all(name.endswith(".py") or name == "infra/agent/requirements.txt" for name in sent)
    assert {name.split("/")[2] for name in sent if name.count("/") > 1} == {
        "__init__.py",
        "assistant",
        "requirements.txt",
    }


async def test_agent_engine_is_told_how_to_run_it(deployed: Shell) -> None:
    spec = deployed.engines.there[FIRST]["spec"]
    assert spec["agent_framework"] == "google-adk"
    assert spec["source_code_spec"]["python_spec"] == {
        "version": "3.13",
        "entrypoint_module": "infra.agent.assistant.app",
        "entrypoint_object": "app",
        "requirements_file": "infra/agent/requirements.txt",
    }
    methods = [(method["name"], method["api_mode"]) for method in spec["class_methods"]]
    assert methods == [("async_stream_query", "async_stream")]
    assert "service_account" not in spec


async def test_the_agent_runs_as_the_account_that_is_named(shell: Shell) -> None:
    await shell.run("create", "--project", "p", "--service-account", "agent@p.example")
    assert shell.engines.there[FIRST]["spec"]["service_account"] == "agent@p.example"


async def test_an_update_keeps_name_account_and_display_name_and_sends_the_source(
    deployed: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.engines.there[FIRST]["spec"] = {}
    assert await deployed.run("update", FIRST) == 0
    assert capsys.readouterr().out == f"OPRINA_AGENT_ENGINE={FIRST}\n"
    assert deployed.places[-1] == ("p", "us-central1")
    assert archive(deployed.engines.there[FIRST]).keys() == set(files())
    method, query = deployed.engines.asked[-1]
    assert method == "PATCH"
    assert "spec.source_code_spec.inline_source.source_archive" in query
    assert "service_account" not in query
    assert "display_name" not in query


async def test_a_deployment_leaves_the_working_folder_as_it_was(deployed: Shell) -> None:
    here = Path.cwd()
    await deployed.run("update", FIRST)
    assert Path.cwd() == here


async def test_a_deployment_that_fails_prints_no_setting(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.engines.broken = {"code": 3, "message": "It failed to start and cannot serve traffic."}
    assert await shell.run("create", "--project", "p") == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "cannot serve traffic" in printed.err


async def test_listing_tells_name_display_name_and_when(
    deployed: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await deployed.run("list", "--project", "p") == 0
    assert capsys.readouterr().out == f"{FIRST}  oprina  2026-11-23 12:00\n"


async def test_an_agent_with_sessions_is_deleted_by_force_only(
    deployed: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.engines.with_sessions.add(FIRST)
    assert await deployed.run("delete", FIRST) == 1
    assert "FAILED_PRECONDITION: It has sessions." in capsys.readouterr().err
    assert FIRST in deployed.engines.there
    assert await deployed.run("delete", FIRST, "--force") == 0
    assert deployed.engines.there == {}


def test_who_has_no_credentials_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    def connect(*_place: str) -> Any:
        raise DefaultCredentialsError("No credentials.")  # type: ignore[no-untyped-call]  # Google's own

    assert main(["list", "--project", "p"], connect) == 1
    assert capsys.readouterr().err == "No credentials.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["create"],
        ["update"],
        ["update", "7"],
        ["delete", "reasoningEngines/7"],
        ["delete", f"{FIRST}/sessions/s"],
    ],
)
def test_what_is_mistyped_reaches_nobody(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    connected: list[object] = []
    connect: Callable[[str, str], object] = lambda *place: connected.append(place)  # noqa: E731
    with pytest.raises(SystemExit):
        main(arguments, connect)
    assert connected == []
    assert "usage:" in capsys.readouterr().err
