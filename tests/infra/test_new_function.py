"""A new function needs its folder and one entry in terraform/functions.tf, and nothing else.

The tests add one to a copy of the repository.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.deploy.shell import ROOT

MAIN = '''
from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.schemas.base import Answer, Name, Request, Text


class GreetRequest(Request):
    name: Name


class AddGreetingRequest(Request):
    text: Text
    count: int = 1


class Greeting(Answer):
    """A greeting for the caller."""

    text: str


@Route("GET", "/{name}", GreetRequest, Greeting, answers={200: "A greeting."})
async def greet(_caller: User, request: GreetRequest, _app: App, _key: IdempotencyKey) -> Greeting:
    """Greet a person."""
    return Greeting(text=f"Hello, {request.name}!")


@Route("POST", "/", AddGreetingRequest, Greeting, answers={200: "The greeting."}, spends=True)
async def add_greeting(
    caller: User, request: AddGreetingRequest, _app: App, _key: IdempotencyKey
) -> Greeting:
    """Add a greeting."""
    return Greeting(text=f"{request.text}, {caller.uid}!")


small_greetings = endpoint(greet, add_greeting, name="small_greetings")
'''
COPIED = shutil.ignore_patterns(
    *(".git", ".venv*", ".*_cache", ".hypothesis", ".local", "node_modules", "dist")
)
LISTS = (
    *("tests/api/test_gates.py", "tests/api/test_bodies.py", "tests/api/test_cors.py"),
    *("tests/api/test_logs.py", "tests/api/test_imports.py", "tests/unit/test_settings.py"),
    *("tests/infra/test_openapi.py", "tests/infra/test_package.py"),
    *("tests/infra/test_package_starts.py", "tests/infra/test_declarations.py"),
    *("tests/infra/test_stop_spending.py", "tests/terraform/test_plan.py"),
    *("tests/local/test_dev_routes.py",),
)
"""Tests of all functions: they have cases by declaration, or compare lists."""
CASES_OR_LISTS = " or ".join(
    [
        *("greet", "small_greetings", "openapi", "declarations"),
        *("deployed_functions", "index", "(plan and small)", "spending"),
    ]
)
LOCAL_STACK = """
import asyncio, sys
from pathlib import Path
import httpx
from infra.local.stack import stack

async def main():
    async with (
        stack(Path(sys.argv[1]), scheduled=False) as local,
        httpx.AsyncClient(base_url=local.url, headers=local.sign_in("ada"), trust_env=False) as ada,
    ):
        for root in ("/api/small_greetings", "/small-greetings"):
            print((await ada.get(f"{root}/Bob")).json()["text"])
            print((await ada.post(root, json={"text": "Hi"})).status_code)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the repository with one function more."""
    copy = tmp_path_factory.mktemp("copy") / "oprina"
    shutil.copytree(ROOT, copy, ignore=COPIED, symlinks=True)
    folder = copy / "functions" / "small_greetings"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "main.py").write_text(MAIN)
    terraform = copy / "terraform" / "functions.tf"
    terraform.write_text(with_entry(terraform.read_text()))
    run(copy, "-m", "infra.docs.openapi")
    return copy


def with_entry(terraform: str) -> str:
    """Add an entry with the callers of `end_session` and with texts, without other services."""
    found = re.search(r"(?ms)^    end_session = \{\n.*?^    \}\n", terraform)
    assert found
    entry = found[0].replace("end_session", "small_greetings")
    entry = re.sub(r"= \[.*\]", "= []\n      secrets = []\n      free_text = true", entry)
    return terraform.replace(found[0], found[0] + entry)


def run(folder: Path, *arguments: str) -> str:
    inherited = {n: v for n, v in os.environ.items() if not n.startswith(("PYTEST", "COV"))}
    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_openapi_describes_it(repository: Path) -> None:
    document = json.loads((repository / "docs" / "openapi.json").read_text())
    paths = document["paths"]
    assert paths["/small_greetings/{name}"]["get"]["operationId"] == "greet"
    assert paths["/small_greetings"]["post"]["operationId"] == "add_greeting"
    assert {"AddGreetingRequest", "Greeting"} <= document["components"]["schemas"].keys()


def test_the_local_stack_serves_it(repository: Path, tmp_path: Path) -> None:
    answers = run(repository, "-c", LOCAL_STACK, str(tmp_path)).split("\n")
    assert answers == [*("Hello, Bob!", "200") * 2, ""]


def test_it_is_packaged(repository: Path) -> None:
    run(repository, "-m", "infra.deploy.package")
    manifest = json.loads((repository / "dist" / "manifest.json").read_text())
    assert "small_greetings" in manifest["functions"]
    assert (repository / "dist" / "small_greetings.zip").exists()


def test_the_access_commands_close_it(repository: Path) -> None:
    line = "from infra.access.public_access import spending_services as s; print(*sorted(s()))"
    assert "small-greetings" in run(repository, "-c", line).split()


def test_the_tests_of_all_functions_cover_it_and_pass(repository: Path) -> None:
    options = ("-o", "addopts=-q", "-p", "no:cacheprovider", "-rA", "-k", CASES_OR_LISTS)
    report = run(repository, "-m", "pytest", *options, *LISTS)
    for module in ("test_gates", "test_bodies", "test_cors", "test_logs", "test_openapi"):
        assert re.search(rf"PASSED tests/\w+/{module}.py::\w+\[.*(greet|add_greeting)", report)
    for test in ("test_package_starts", "test_imports"):
        assert re.search(rf"PASSED tests/\w+/{test}.py::\w+\[.*(small_greetings|greet)", report)
