"""The package as its users get it: installed, typed, and with a README whose programs run."""

import ast
import asyncio
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.end_to_end.scene import Scene

CLIENT = Path(__file__).parents[1]
README = (CLIENT / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
ROOT = CLIENT.parents[1]
EXAMPLE = ROOT / "examples/python/talk.py"
LOCAL = "http://localhost:8080"


def run(*command: str, cwd: Path, **environment: str) -> str:
    ran = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy, and return a folder in which it is installed."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    for path in [*CLIENT.glob("*.*"), *(CLIENT / "oprina").rglob("*")]:
        if path.is_file() and "__pycache__" not in path.parts:
            copy = source / path.relative_to(CLIENT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    pip = ("-m", "pip", "--disable-pip-version-check", "--quiet")
    offline = ("--no-deps", "--no-build-isolation", "--no-index")
    run(*pip, "wheel", *offline, "--wheel-dir", str(folder), str(source), cwd=folder)
    [wheel] = folder.glob("*.whl")
    run(*pip, "install", *offline, "--target", str(folder / "site"), str(wheel), cwd=folder)
    return folder / "site"


def test_the_package_needs_httpx_and_pydantic_only() -> None:
    project = tomllib.loads((CLIENT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs = {re.split(r"[<>=]", each)[0] for each in project["dependencies"]}
    assert needs == {"httpx", "pydantic"}
    allowed = needs | {"typing_extensions"} | set(sys.stdlib_module_names)  # pydantic needs it
    assert {name for path in modules() for name in imported(path)} <= allowed


def test_the_client_has_the_version_of_the_api() -> None:
    texts = [(folder / "pyproject.toml").read_text("utf-8") for folder in (CLIENT, ROOT)]
    versions = {tomllib.loads(text)["project"]["version"] for text in texts}
    assert len(versions) == 1


def modules() -> list[Path]:
    return sorted((CLIENT / "oprina").rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the packages that a module imports, apart from its own."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def test_the_package_has_its_types_and_no_tests(installed: Path) -> None:
    files = {path.relative_to(installed).as_posix() for path in installed.rglob("*.*")}
    assert "oprina/py.typed" in files
    assert {path.relative_to(CLIENT).as_posix() for path in modules()} <= files
    assert not [file for file in files if "test" in file]


def test_the_readmes_programs_and_the_example_are_typed(installed: Path, tmp_path: Path) -> None:
    programs = [*PROGRAMS, EXAMPLE.read_text(encoding="utf-8")]
    for number, program in enumerate(programs):
        (tmp_path / f"program{number}.py").write_text(program, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\n", encoding="utf-8")
    out = run("-m", "mypy", ".", cwd=tmp_path, MYPYPATH=str(installed))
    assert f"no issues found in {len(programs)} source files" in out


async def test_the_readmes_first_program_shows_a_reply(
    scene: Scene, installed: Path, tmp_path: Path
) -> None:
    assert LOCAL in PROGRAMS[0]
    program = tmp_path / "talk.py"
    program.write_text(PROGRAMS[0].replace(LOCAL, scene.local.url), encoding="utf-8")
    out = await asyncio.to_thread(run, str(program), cwd=tmp_path, PYTHONPATH=str(installed))
    assert re.search(r"Today is .*\ncomplete\n", out, re.DOTALL), out


def test_the_readme_names_every_call() -> None:
    table = README.partition("## Calls")[2].partition("## Change it")[0]
    named = set(re.findall(r"`(\w+)`", table))
    source = "".join(
        path.read_text(encoding="utf-8") for path in (CLIENT / "oprina/asynchronous").glob("*.py")
    )
    for name in named - {"conversations", "account", "google", "voice", "key"}:
        assert re.search(rf"def {name}\(", source), name
