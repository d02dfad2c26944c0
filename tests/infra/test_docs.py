"""The commands in the documents: they parse, and what they name is there."""

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

from common.adapters.google import secret_manager
from common.schemas.answers import SweepAnswer
from infra.deploy.shell import ROOT
from infra.docs import settings_table
from infra.smoke import sign_in
from tests.infra.deploy.test_cloudbuild import BUILD

DOCS = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")}
DEPLOY, OPERATE = DOCS["deploy.md"], DOCS["operate.md"]
TEXTS = {**{name: DOCS[name] for name in ("deploy.md", "operate.md")}}
TEXTS["README.md"] = (ROOT / "README.md").read_text()
TERRAFORM = {path.stem: path.read_text() for path in (ROOT / "terraform").glob("*.tf")}


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", document)


def joined(document: str) -> str:
    """All its commands, each on one line."""
    return "\n".join(blocks(document, "sh")).replace("\\\n", " ")


COMMANDS = {name: joined(text) for name, text in TEXTS.items()}
EVERY_COMMAND = "\n".join(COMMANDS.values())


# ── they can be run ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", TEXTS)
def test_every_block_is_one_that_a_shell_can_read(name: str) -> None:
    assert blocks(TEXTS[name], "sh")
    for block in blocks(TEXTS[name], "sh"):
        ran = subprocess.run(
            ["bash", "-n"],  # noqa: S607 - whichever there is
            input=block,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, ""), block


def test_every_target_and_every_module_is_there() -> None:
    texts = "\n".join(TEXTS.values())
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    made = set(re.findall(r"(?:`|^|\n)make ([a-z-]+)", texts))
    assert {"deploy", "stop-spending", "open-again", "package"} <= made
    assert made - targets == set()
    modules = set(re.findall(r"python -m ([a-z_.]+[a-z])", texts))
    assert {"infra.smoke", "infra.costs.table"} <= modules
    assert [each for each in sorted(modules) if importlib.util.find_spec(each) is None] == []


def test_every_variable_of_the_shell_was_set_before_it_is_used() -> None:
    for name in ("deploy.md", "operate.md"):
        used, known = set(), {"1", "key", "password"}
        for line in COMMANDS[name].splitlines():
            known |= set(re.findall(r"(?:(?:^|\s)(?=[A-Z_]+=)|^for )(\w+)", line))
            used |= set(re.findall(r"\$\{?([A-Za-z_0-9]+)", line)) - known
        assert used == set(), name


@pytest.fixture(scope="module")
def gcloud() -> dict[str, Any]:
    """Its commands and their flags, as it completes them in a shell."""
    found = shutil.which("gcloud")
    for place in Path(found or "/").resolve().parents:
        tree = place / "data" / "cli" / "gcloud_completions.py"
        if tree.exists():
            return dict(runpy.run_path(str(tree))["STATIC_COMPLETION_CLI_TREE"])
    if os.environ.get("CI"):
        pytest.fail("a suite that was not run must not look green: no gcloud")
    pytest.skip("no gcloud")


def test_every_gcloud_command_is_one_and_has_its_flags(gcloud: dict[str, Any]) -> None:
    lines = re.findall(r"\bgcloud ([a-z][^|#\n]*)", EVERY_COMMAND)
    assert len(lines) > 30
    assert [wrong for line in lines for wrong in unknown(line, gcloud)] == []


def unknown(line: str, node: dict[str, Any]) -> list[str]:
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


def test_a_command_that_is_none_is_found(gcloud: dict[str, Any]) -> None:
    assert unknown("run services update-trafic chat --project=P", gcloud)
    assert unknown("run services update-traffic chat --to-revision=P", gcloud)
    assert not unknown("run services update-traffic chat --to-revisions=P", gcloud)


def told(*command: str) -> str:
    """What it says of itself."""
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr


def test_every_command_of_terraform_has_its_flags() -> None:
    if shutil.which("terraform") is None:
        if os.environ.get("CI"):
            pytest.fail("a suite that was not run must not look green: no terraform")
        pytest.skip("no terraform")
    lines = re.findall(r"terraform -chdir=terraform ([a-z]+)([^|)#\n]*)", EVERY_COMMAND)
    assert {name for name, _ in lines} == {"init", "output", "destroy"}
    for name, rest in lines:
        also = told("terraform", "plan", "-help") if name == "destroy" else ""  # as it says itself
        known = told("terraform", name, "-help") + also
        flags = re.findall(r"(?<=\s)-[a-z-]+", rest)
        assert [flag for flag in flags if f"  {flag}" not in known] == [], name


def test_every_command_of_ours_has_its_flags_and_its_words() -> None:
    lines = re.findall(r"python -m (infra\.[a-z_.]+)([^|;#\n]*)", EVERY_COMMAND)
    assert {"infra.agent.deploy", "infra.smoke"} <= {module for module, _ in lines}
    for module, rest in lines:
        words = re.findall(r"^ (create|update|list|delete)\b", rest)
        known = told(sys.executable, "-m", module, *words, "--help")
        assert known.startswith("usage: "), module
        assert [flag for flag in re.findall(r"--[a-z-]+", rest) if flag not in known] == [], module


# ── what they name is there ──────────────────────────────────────────────────────────────────────


def test_outputs_variables_and_resources_are_terraforms() -> None:
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


def test_the_environments_file_has_all_that_it_must_and_nothing_unknown() -> None:
    [block] = blocks(DEPLOY, "hcl")
    given = set(re.findall(r"(?m)^(\w+) +=", block))
    every = re.findall(r'(?ms)^variable "(\w+)" \{\n(.*?)^\}', TERRAFORM["variables"])
    needed = {name for name, body in every if not re.search(r"(?m)^  default ", body)}
    assert needed <= given <= {name for name, _ in every}
    said = set(re.findall(r"-var=(\w+)=", EVERY_COMMAND))
    assert said <= {name for name, _ in every}


def test_settings_and_substitutions_are_ours() -> None:
    texts = DEPLOY + OPERATE
    settings = {f"OPRINA_{name.upper()}" for name in settings_table.descriptions()}
    smoke = {sign_in.TOKEN, *sign_in.USER}
    assert set(re.findall(r"OPRINA_[A-Z_]*[A-Z]", texts)) - {"OPRINA_ALLOWANCE"} <= settings | smoke
    main, pull = (
        set(re.findall(r"(?:^|,)(_[A-Z_]+)=", given))
        for given in re.findall(r'--substitutions="(.*?)"', COMMANDS["deploy.md"])
    )
    assert main == set(BUILD["substitutions"]) - {"_AFTER"}
    assert pull == {"_ENVIRONMENT", "_STATE_BUCKET", "_APPLY"}


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_leads_somewhere(name: str) -> None:
    folder = ROOT if name == "README.md" else ROOT / "docs"
    for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[name]):
        path, _, part = link.partition("#")
        if "://" in link:
            continue
        target = (folder / path).resolve() if path else folder / name
        assert target.exists(), link
        assert not part or part in anchors(target.read_text()), link


def anchors(document: str) -> set[str]:
    titles = re.findall(r"(?m)^#+ (.*)$", re.sub(r"(?ms)^```.*?^```$", "", document))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", TEXTS)
def test_every_file_that_is_named_is_there(name: str) -> None:
    named = re.findall(r"`((?:infra|terraform|common|functions|docs)/[\w./-]*)`", TEXTS[name])
    assert [each for each in named if not (ROOT / each).exists()] == []


# ── the runbook ──────────────────────────────────────────────────────────────────────────────────


def test_every_alert_has_its_part_and_no_part_is_left_over() -> None:
    names = re.findall(r'name\s*= "(Oprina: [^"$]+)"', TERRAFORM["alerts"])
    names += re.findall(r'sweep = "(Oprina: [^"]+)"', TERRAFORM["alerts"])
    assert len(set(names)) == len(names) == 10
    parts = re.findall(r"(?m)^## (Oprina: .*)$", OPERATE)
    assert sorted(parts) == sorted(names)


def test_every_secret_is_rotated_as_it_says() -> None:
    named = re.findall(r'(?m)^  \w+_key +=\s"([a-z-]+)"', TERRAFORM["functions"])
    assert named == ["liveavatar-api-key", "session-tokens-key"]
    rotating = OPERATE.partition("# Rotating secrets")[2].partition("\n# ")[0]
    assert [each for each in [*named, "smoke-password"] if each not in rotating] == []
    assert "So there are three." in " ".join(rotating.split())


def test_what_it_says_of_times_and_bounds_is_so() -> None:
    assert secret_manager.CACHE_SECONDS == 300
    assert OPERATE.count("five minutes") >= 3
    bounds = dict(re.findall(r"(\w+) += optional\(number, ([\d.]+)\)", TERRAFORM["variables"]))
    said = {
        "one answer in twenty": ("error_ratio", 0.05),
        "after three seconds": ("first_speech_lag", 3),
        "over eight seconds": ("start_seconds", 8),
        "than fifty requests in ten minutes": ("quota_refusals", 50),
    }
    for words, (name, bound) in said.items():
        assert float(bounds[name]) == bound, words
        assert words in " ".join(OPERATE.split()), words
    assert f"first_speech_lag_seconds>{bounds['first_speech_lag']}" in OPERATE
    assert f"jsonPayload.seconds>{bounds['start_seconds']}" in OPERATE


def test_queries_ask_for_fields_that_a_line_has() -> None:
    known = {"event", "function", "status", "code", "seconds", "parts", "did", "credits_left"}
    known |= {"first_speech_lag_seconds"}
    assert set(re.findall(r"jsonPayload\.(\w+)", OPERATE)) == known
    assert set(re.findall(r"jsonPayload\.(\w+)", TERRAFORM["monitoring"])) <= known
    assert set(re.findall(r"did\.(\w+)", OPERATE)) <= set(SweepAnswer.model_fields)
    [row] = [line for line in OPERATE.splitlines() if "`jsonPayload.did` |" in line]
    assert set(re.findall(r"`(\w+)`", row)) == set(SweepAnswer.model_fields) - {"more"}
