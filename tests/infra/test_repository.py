"""The repository's own configuration: layout, names, versions of tools, hooks and workflows."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.deploy.shell import ROOT

MOST_MODULES = 12
MOST_ATTRIBUTES = 10
MOST_LINES = 300
MOST_LINES_OF_TESTS = 400
MAKEFILE = (ROOT / "Makefile").read_text()
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())[
    "repos"
][0]["hooks"]
WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text())
PYTHON = ("bench", "clients", "common", "functions", "infra", "tests")
GENERATED = {ROOT / "clients/python/oprina/models.py"} | {
    *(ROOT / "clients/python/oprina/synchronous").glob("*.py")
}
"""They have the names of the API's models, and those of the asynchronous client."""
PARTICIPLE = re.compile(
    r"_?([a-z]{2,}[^e]ed|told|taken|made|found|sent|shown|known|held|kept|heard|lost)"
)
AMOUNTS = {"used", "reserved", "known"}
"""Names of a value that a method returns. A function that acts has a verb."""
LONG = {ROOT / "common" / name for name in ("domain/errors.py", "domain/turn.py", "settings.py")}
"""One page each: every error, every write of a turn's document, every setting."""


def folders() -> list[Path]:
    found = [path for path in (ROOT / "common").rglob("*") if path.is_dir()]
    return [path for path in found if path.name != "__pycache__"]


def classes() -> Iterator[tuple[str, str]]:
    """Yield the name and the file of each class, also of those inside functions."""
    for path in {path for folder in PYTHON for path in (ROOT / folder).rglob("*.py")} - GENERATED:
        for name in re.findall(r"(?m)^ *class (\w+)[(:]", path.read_text(encoding="utf-8")):
            yield name, str(path.relative_to(ROOT))


def test_a_folder_of_common_has_at_most_twelve_modules() -> None:
    crowded = [
        folder.name
        for folder in folders()
        if len({path.name for path in folder.glob("*.py")} - {"__init__.py"}) > MOST_MODULES
    ]
    assert crowded == ["languages"]


def test_a_class_name_exists_once() -> None:
    places = defaultdict(list)
    for name, place in classes():
        places[name].append(place)
    assert {name: each for name, each in places.items() if len(each) > 1} == {}


def test_a_function_is_not_named_by_a_past_participle() -> None:
    found = [
        f"{path.stem}.{node.name}"
        for folder in ("bench", "common", "functions", "infra")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.decorator_list
        and PARTICIPLE.fullmatch(node.name)
        and node.name not in AMOUNTS
        and not path.is_relative_to(ROOT / "common/text")  # rules there are named by their result
    ]
    assert found == []


def test_a_class_of_the_core_has_at_most_ten_attributes() -> None:
    crowded = {
        f"{path.stem}.{node.name}": sorted(names)
        for path, tree in core()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and len(names := own_attributes(node)) > MOST_ATTRIBUTES
    }
    assert crowded == {}


def test_no_module_of_the_core_imports_a_private_name() -> None:
    private = [
        f"{path.stem}: {name.name}"
        for path, tree in core()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.name.startswith("_")
    ]
    assert private == []


def test_a_file_has_at_most_three_hundred_lines_and_tests_four_hundred() -> None:
    paths = {path for folder in PYTHON for path in (ROOT / folder).rglob("*.py")} - GENERATED
    long = [path.name for path in paths - LONG if lines_of(path) > most_lines(path)]
    assert long == []
    assert [path.name for path in LONG if lines_of(path) <= MOST_LINES] == []


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def most_lines(path: Path) -> int:
    return MOST_LINES_OF_TESTS if "tests" in path.parts else MOST_LINES


def test_the_architecture_document_has_the_layers_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(each for each in contracts["contracts"] if each["type"] == "layers")["layers"]
    document = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    listed = re.findall(r"(?m)^    (.+)$", document.partition("`lint-imports` checks it:")[2])
    assert listed[: len(layers) + 1] == ["functions", *layers]


def test_chat_is_read_in_at_most_eight_files() -> None:
    document = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    walk = document.partition("These eight files")[2].partition("Other files")[0]
    files = re.findall(r"`((?:functions|common)/[\w/]+\.py)`", walk)
    assert len(files) == len(set(files)) == 8
    assert [file for file in files if not (ROOT / file).exists()] == []


def core() -> Iterator[tuple[Path, ast.Module]]:
    for folder in ("conversations", "sessions", "speech", "transactions"):
        for path in (ROOT / "common" / folder).rglob("*.py"):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def own_attributes(node: ast.ClassDef) -> set[str]:
    """Return the names that a class assigns to `self`, and the fields of a data class."""
    fields = {
        each.target.id
        for each in node.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }
    return fields | {
        target.attr
        for inner in ast.walk(node)
        for target in ast.walk(inner)
        if isinstance(target, ast.Attribute)
        and isinstance(target.ctx, ast.Store)
        and isinstance(target.value, ast.Name)
        and target.value.id == "self"
    }


def test_terraform_has_the_same_version_everywhere() -> None:
    files = ("cloudbuild.yaml", ".github/workflows/check.yml", ".devcontainer/Dockerfile")
    pattern = r"(?:hashicorp/terraform:|terraform_version: )(\d+\.\d+\.\d+)"
    versions = [set(re.findall(pattern, (ROOT / file).read_text())) for file in files]
    assert versions == [versions[0]] * 3
    assert len(versions[0]) == 1


def test_hooks_run_the_tools_of_the_gate() -> None:
    tools = {hook["entry"].split()[0] for hook in HOOKS}
    gate = {f".venv/bin/{tool}" for tool in re.findall(r"(?m)^\t@?\$\(BIN\)/([\w-]+)", MAKEFILE)}
    assert tools == {f".venv/bin/{tool}" for tool in ("ruff", "lint-imports", "mypy", "pytest")}
    assert tools <= gate


def test_the_workflow_runs_make_targets_and_the_gate() -> None:
    [job] = WORKFLOW["jobs"].values()
    commands = [each["run"] for each in job["strategy"]["matrix"]["include"]]
    assert ".ci/run" in commands
    made = [word for line in commands for word in line.split() if line.startswith("make ")]
    targets = {word for word in made if word != "make" and "=" not in word}
    assert targets <= set(re.findall(r"(?m)^([a-z-]+):", MAKEFILE))


def test_the_container_installs_both_environments() -> None:
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    installed = re.findall(r"\.venv[\w-]*/installed", container["postCreateCommand"])
    assert [each for each in installed if f":= {each}" not in MAKEFILE] == []
    assert len(installed) == 2


def test_a_test_run_starts_without_the_libraries_of_google() -> None:
    """They take a second to import. A plugin of every run must not import them."""
    code = (
        "import sys, pytest; pytest.main(['--collect-only', '-q', 'tests/unit/test_timers.py']);"
        "print({'google.cloud.firestore', 'grpc', 'httpx'} & set(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize("path", ["LICENSE", "SECURITY.md", "CHANGELOG.md", ".editorconfig"])
def test_a_repository_file_exists(path: str) -> None:
    assert (ROOT / path).stat().st_size > 0
