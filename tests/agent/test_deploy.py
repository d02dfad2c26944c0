"""The commands, with Google's own client, against a fake of its API on a real port."""

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
from tests.agent.fake_agent_engine import PARENT, FakeAgentEngine, connect_google_client

FIRST = f"{PARENT}/reasoningEngines/1"

# Google's package emits these warnings itself.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:agentplatform"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:google.genai"),
]


class CommandLine:
    """Runs commands of infra.agent.deploy against the fake."""

    def __init__(self, fake: FakeAgentEngine, runtimes: Any) -> None:
        self.fake = fake
        self.connections: list[tuple[str, str]] = []
        self._runtimes = runtimes

    async def run(self, *arguments: str) -> int:
        return await anyio.to_thread.run_sync(main, arguments, self._connect)

    def _connect(self, project: str, location: str) -> Any:
        self.connections.append((project, location))
        return self._runtimes


@pytest.fixture
async def commands() -> AsyncIterator[CommandLine]:
    fake = FakeAgentEngine()
    async with connect_google_client(fake) as runtimes:
        yield CommandLine(fake, runtimes)


@pytest.fixture
async def deployed(commands: CommandLine, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    assert await commands.run("create", "--project", "p") == 0
    capsys.readouterr()
    return commands


def deployed_files(agent: dict[str, Any]) -> dict[str, bytes]:
    encoded = agent["spec"]["source_code_spec"]["inline_source"]["source_archive"]
    with tarfile.open(fileobj=io.BytesIO(base64.urlsafe_b64decode(encoded))) as tar:
        regular = [member for member in tar.getmembers() if member.isfile()]
        return {member.name: _content(tar, member) for member in regular}


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = tar.extractfile(member)
    assert opened
    return opened.read()


async def test_create_prints_the_setting_for_the_functions(
    commands: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await commands.run("create", "--project", "p", "--location", "europe-west1") == 0
    setting, _, name = capsys.readouterr().out.strip().partition("=")
    assert (setting, name) == ("OPRINA_AGENT_ENGINE", FIRST)
    assert addresses(name)
    assert commands.connections == [("p", "europe-west1")]


async def test_deployed_files_are_the_checked_in_source(
    deployed: CommandLine,
) -> None:
    files_sent = deployed_files(deployed.fake.agents[FIRST])
    assert files_sent == {name: (ROOT / name).read_bytes() for name in files()}
    assert files_sent.keys() >= {
        f"infra/agent/assistant/{name}.py" for name in ("app", "tools/clock")
    }
    assert all(
        name.endswith(".py") or name == "infra/agent/requirements.txt" for name in files_sent
    )
    assert {name.split("/")[2] for name in files_sent if name.count("/") > 1} == {
        "__init__.py",
        "assistant",
        "requirements.txt",
    }


async def test_deployment_has_settings_for_agent_engine(deployed: CommandLine) -> None:
    spec = deployed.fake.agents[FIRST]["spec"]
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


async def test_service_account_can_be_set(commands: CommandLine) -> None:
    await commands.run("create", "--project", "p", "--service-account", "agent@p.example")
    assert commands.fake.agents[FIRST]["spec"]["service_account"] == "agent@p.example"


async def test_update_replaces_the_source_only(
    deployed: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.fake.agents[FIRST]["spec"] = {}
    assert await deployed.run("update", FIRST) == 0
    assert capsys.readouterr().out == f"OPRINA_AGENT_ENGINE={FIRST}\n"
    assert deployed.connections[-1] == ("p", "us-central1")
    assert deployed_files(deployed.fake.agents[FIRST]).keys() == set(files())
    method, query = deployed.fake.requests[-1]
    assert method == "PATCH"
    assert "spec.source_code_spec.inline_source.source_archive" in query
    assert "service_account" not in query
    assert "display_name" not in query


async def test_deployment_restores_the_working_directory(deployed: CommandLine) -> None:
    here = Path.cwd()
    await deployed.run("update", FIRST)
    assert Path.cwd() == here


async def test_failed_deployment_prints_no_setting(
    commands: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    commands.fake.deployment_error = {
        "code": 3,
        "message": "It failed to start and cannot serve traffic.",
    }
    assert await commands.run("create", "--project", "p") == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "cannot serve traffic" in printed.err


async def test_list_prints_name_display_name_and_time(
    deployed: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await deployed.run("list", "--project", "p") == 0
    assert capsys.readouterr().out == f"{FIRST}  oprina  2026-11-23 12:00\n"


async def test_agent_with_sessions_is_deleted_only_with_force(
    deployed: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.fake.with_sessions.add(FIRST)
    assert await deployed.run("delete", FIRST) == 1
    assert "FAILED_PRECONDITION: It has sessions." in capsys.readouterr().err
    assert FIRST in deployed.fake.agents
    assert await deployed.run("delete", FIRST, "--force") == 0
    assert deployed.fake.agents == {}


def test_missing_credentials_are_reported(capsys: pytest.CaptureFixture[str]) -> None:
    def connect(*_: str) -> Any:
        raise DefaultCredentialsError("No credentials.")  # type: ignore[no-untyped-call]  # no types

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
def test_mistyped_command_makes_no_connection(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    connected: list[object] = []
    connect: Callable[[str, str], object] = lambda *parent: connected.append(parent)  # noqa: E731
    with pytest.raises(SystemExit):
        main(arguments, connect)
    assert connected == []
    assert "usage:" in capsys.readouterr().err
