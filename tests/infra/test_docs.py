"""The documents: their commands parse, and everything that they name exists."""

import importlib.util
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.deploy.shell import ROOT
from infra.docs import settings_table
from infra.docs.documents import current, documents
from infra.smoke import sign_in
from tests.infra.deploy.test_cloudbuild import BUILD
from tests.infra.documents import (
    COMMANDS,
    CONTRIBUTING,
    DEPLOY,
    DOCUMENTS,
    EVERY_COMMAND,
    anchors,
    blocks,
)

EXAMPLES = {"functions/greet/__init__.py", "functions/greet/main.py", "common/services/"}
"""Files that a reader creates, and a folder that an old decision is about."""
TERRAFORM = {path.stem: path.read_text() for path in (ROOT / "terraform").glob("*.tf")}


def need(program: str) -> None:
    """Skip the test without the program. With `CI` set, fail it."""
    if shutil.which(program) is None:
        if os.environ.get("CI"):
            pytest.fail(f"{program} is missing, and CI must not skip a test")
        pytest.skip(f"{program} is missing")


def output(*command: str) -> str:
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr


# ── commands ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", COMMANDS)
def test_every_block_parses_in_a_shell(name: str) -> None:
    for block in blocks(DOCUMENTS[name], "sh"):
        ran = subprocess.run(
            ["bash", "-n"],  # noqa: S607 - the shell of the reader
            input=block,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, ""), block


def test_every_make_target_and_every_module_exists() -> None:
    text = "\n".join(DOCUMENTS.values())
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    used = set(re.findall(r"(?:`|^|\n)make ([a-z-]+)", text))
    assert {"check", "fix", "deploy", "stop-spending", "open-again", "package"} <= used
    assert used - targets == set()
    modules = set(re.findall(r"python -m (infra[a-z_.]*[a-z])", text))
    assert {"infra.smoke", "infra.docs.recording"} <= modules
    assert [each for each in sorted(modules) if importlib.util.find_spec(each) is None] == []


def test_every_path_of_a_test_exists() -> None:
    paths = set(re.findall(r"(?<!=)\btests/[\w/.]*\w", "\n".join(DOCUMENTS.values())))
    assert len(paths) > 5
    assert [each for each in sorted(paths) if not (ROOT / each).exists()] == []


def test_every_shell_variable_is_set_before_its_use() -> None:
    for name in ("docs/deploy.md", "docs/operate.md", "docs/maintain.md"):
        used, known = set(), {"1", "key", "password"}
        for line in COMMANDS[name].splitlines():
            known |= set(re.findall(r"(?:(?:^|\s)(?=[A-Z_]+=)|^for )(\w+)", line))
            used |= set(re.findall(r"\$\{?([A-Za-z_0-9]+)", line)) - known
        assert used == set(), name


@pytest.fixture(scope="module")
def gcloud() -> dict[str, Any]:
    """Return gcloud's commands and flags, as it completes them in a shell."""
    need("gcloud")
    for place in Path(shutil.which("gcloud") or "/").resolve().parents:
        tree = place / "data" / "cli" / "gcloud_completions.py"
        if tree.exists():
            return dict(runpy.run_path(str(tree))["STATIC_COMPLETION_CLI_TREE"])
    pytest.fail("gcloud has no list of its commands")


def test_every_gcloud_command_and_flag_exists(gcloud: dict[str, Any]) -> None:
    lines = re.findall(r"\bgcloud ([a-z][^|#\n]*)", EVERY_COMMAND)
    assert len(lines) > 30
    assert [wrong for line in lines for wrong in unknown(line, gcloud)] == []


def unknown(line: str, node: dict[str, Any]) -> list[str]:
    """Return what gcloud would not understand in a command line."""
    flags, words = dict(node["flags"]), line.split()
    path = []
    while words and words[0] in node["commands"]:
        path.append(words.pop(0))
        node = node["commands"][path[-1]]
        flags |= node["flags"]
    if node["commands"]:
        return [f"{' '.join(path)} lacks a command: {line}"]
    given = re.findall(r"(?<=\s)--[a-z-]+", f" {line}")
    flags |= {f"--no-{name[2:]}": "bool" for name, kind in flags.items() if kind == "bool"}
    return [f"{' '.join(path)} has no {each}" for each in given if each not in flags]


def test_a_wrong_gcloud_command_is_found(gcloud: dict[str, Any]) -> None:
    assert unknown("run services update-trafic chat --project=P", gcloud)
    assert unknown("run services update-traffic chat --to-revision=P", gcloud)
    assert not unknown("run services update-traffic chat --to-revisions=P", gcloud)


def test_every_flag_of_terraform_exists() -> None:
    need("terraform")
    lines = re.findall(r"terraform -chdir=terraform ([a-z]+)([^|)#\n]*)", EVERY_COMMAND)
    assert {name for name, _ in lines} >= {"init", "output", "destroy"}
    for name, rest in lines:
        also = output("terraform", "plan", "-help") if name in {"destroy", "apply"} else ""
        known = output("terraform", name, "-help") + also
        flags = re.findall(r"(?<=\s)-[a-z-]+", rest)
        assert [flag for flag in flags if f"  {flag}" not in known] == [], name


def test_every_flag_of_our_commands_exists() -> None:
    lines = re.findall(r"python -m (infra\.[a-z_.]+)([^|;#\n]*)", EVERY_COMMAND)
    assert {"infra.agent.deploy", "infra.smoke"} <= {module for module, _ in lines}
    used: dict[tuple[str, ...], set[str]] = {}
    for module, rest in lines:
        words = re.findall(r"^ (create|update|list|delete)\b", rest)
        flags = set(re.findall(r"--[a-z-]+", rest)) - {"--write"}  # of those that write documents
        used[module, *words] = used.get((module, *words), set()) | flags
    for command, flags in used.items():
        if flags:
            known = output(sys.executable, "-m", *command, "--help")
            assert known.startswith("usage: "), command
            assert [flag for flag in flags if flag not in known] == [], command


# ── names ────────────────────────────────────────────────────────────────────────────────────────


def test_generated_documents_are_current() -> None:
    stale = [path.name for path, text in documents().items() if current(path) != text]
    assert stale == [], "run: make fix"


def test_outputs_and_resources_are_terraforms() -> None:
    outputs = set(re.findall(r'(?m)^output "(\w+)"', TERRAFORM["outputs"]))
    named = re.findall(
        r"terraform output (?:-\w+ )?(\w+)", EVERY_COMMAND.replace(" -chdir=terraform", "")
    )
    assert len(named) > 5
    assert set(named) <= outputs
    resources = {
        f"{a}.{b}"
        for text in TERRAFORM.values()
        for a, b in re.findall(r'resource "(\w+)" "(\w+)"', text)
    }
    assert set(re.findall(r"\bgoogle_\w+\.\w+", EVERY_COMMAND)) <= resources


def test_the_shown_environment_sets_every_required_variable() -> None:
    block, *_ = blocks(DEPLOY, "hcl")
    given = set(re.findall(r"(?m)^(\w+) +=", block))
    every = re.findall(r'(?ms)^variable "(\w+)" \{\n(.*?)^\}', "\n".join(TERRAFORM.values()))
    needed = {name for name, body in every if not re.search(r"(?m)^  default ", body)}
    assert needed <= given <= {name for name, _ in every}
    named = set(re.findall(r"-var=(\w+)=", EVERY_COMMAND))
    assert named <= {name for name, _ in every}


def test_settings_and_substitutions_exist() -> None:
    text = "\n".join(DOCUMENTS.values())
    settings = {f"OPRINA_{name.upper()}" for name in settings_table.descriptions()}
    smoke = {sign_in.TOKEN, *sign_in.USER}
    assert set(re.findall(r"OPRINA_[A-Z_]*[A-Z]", text)) - {"OPRINA_ALLOWANCE"} <= settings | smoke
    [given] = re.findall(r'--substitutions="(.*?)"', COMMANDS["docs/deploy.md"])
    main = set(re.findall(r"(?:^|,)(_[A-Z_]+)=", given))
    assert main == set(BUILD["substitutions"]) - {"_AFTER"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_to_a_file_and_a_title(name: str) -> None:
    folder = (ROOT / name).parent
    for link in re.findall(r"\]\(([^)\s]+)\)", DOCUMENTS[name]):
        path, _, part = link.partition("#")
        if "://" in link:
            continue
        target = (folder / path).resolve() if path else ROOT / name
        assert target.exists(), link
        assert not part or part in anchors(target), link


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_named_file_exists(name: str) -> None:
    folders = "infra|terraform|common|functions|docs|bench"
    named = re.findall(rf"`((?:{folders})/[\w./-]*)`", DOCUMENTS[name])
    missing = {each for each in named if not (ROOT / each).exists()}
    assert missing - EXAMPLES == set()


def test_the_gate_of_the_documents_is_the_gate_of_ci() -> None:
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-2:] == ["make check", ".ci/browser"]
    assert "\nmake test-browser" in (ROOT / ".ci" / "browser").read_text()
    assert ".ci/run" in (ROOT / ".github" / "workflows" / "check.yml").read_text()
    assert "make check" in CONTRIBUTING
    assert "make check" in DOCUMENTS["README.md"]


def test_every_decision_has_its_own_number_and_says_its_price() -> None:
    records = {name: text for name, text in DOCUMENTS.items() if name.startswith("docs/adr/")}
    numbers = [int(Path(name).name[:4]) for name in sorted(records)]
    assert numbers == list(range(1, len(records) + 1))
    for number, (_, text) in zip(numbers, sorted(records.items()), strict=True):
        assert text.startswith(f"# {number}. ")
        assert all(f"**{part}" in text for part in ("Question.", "Choice.", "What it costs.")), (
            number
        )
