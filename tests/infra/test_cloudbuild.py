"""cloudbuild.yaml: its scripts are run, with programs that only write down how they were called."""

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.deploy import rollout, shell
from infra.deploy.package import ROOT, functions
from infra.smoke import run as smoke
from tests.infra.fake_cloud import FakeCloud

BUILD: dict[str, Any] = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text())
STEPS: dict[str, dict[str, Any]] = {step["id"]: step for step in BUILD["steps"]}
GIVEN = {
    "PROJECT_ID": "oprina-staging",
    "LOCATION": "us-central1",
    "COMMIT_SHA": "0123abc",
    "BRANCH_NAME": "main",
}
"""What Cloud Build knows by itself, of a build that a push triggered."""
SET = {
    **GIVEN,
    **BUILD["substitutions"],
    "_STATE_BUCKET": "oprina-state",
    "_APPLY": "true",
    "_API_KEY": "web-key",
    "_VISITOR": "smoke@oprina.test",
}
PASSWORD = "canary-of-a-password"
PROGRAMS = ("apt-get", "make", "terraform", "gcloud", ".venv/bin/python")
NOTE = f"""#!/bin/sh
echo "$(basename "$0") $*" >> "$NOTED"
env >> "$NOTED.env"
case "$*" in *"secrets versions access"*) echo {PASSWORD};; esac
"""


@dataclass(frozen=True)
class Ran:
    code: int
    calls: list[list[str]]
    environment: str
    said: str


def run(step: str, folder: Path, *, note: str = NOTE, **substitutions: str) -> Ran:
    """As Cloud Build does: sh, in a folder with the sources. A variable that nobody gives ends it."""
    programs = folder / "programs"
    for name in PROGRAMS:
        program = (folder if "/" in name else programs) / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(note)
        program.chmod(0o755)
    noted = folder / "noted"
    ended = subprocess.run(
        ["/bin/sh", "-u", "-c", STEPS[step]["script"]],
        cwd=folder,
        env={"PATH": f"{programs}:/usr/bin:/bin", "NOTED": str(noted), **SET, **substitutions},
        check=False,
        capture_output=True,
        text=True,
    )
    calls = noted.read_text().splitlines() if noted.exists() else []
    environment = Path(f"{noted}.env").read_text() if calls else ""
    words = [shlex.split(call) for call in calls]
    return Ran(ended.returncode, words, environment, ended.stdout + ended.stderr)


def seconds(of: dict[str, Any]) -> float:
    return float(of["timeout"].removesuffix("s"))


def test_it_is_checked_packaged_planned_and_then_put_into_service() -> None:
    assert list(STEPS) == ["terraform", "check", "plan", "rollout"]
    assert all("waitFor" not in step for step in STEPS.values())  # so each waits for all before it


@pytest.mark.parametrize("step", STEPS)
def test_each_script_runs_to_its_end_with_what_is_declared(step: str, tmp_path: Path) -> None:
    ran = run(step, tmp_path)
    assert (ran.code, "not found" in ran.said) == (0, False), ran.said
    assert (tmp_path / ".tools" / "terraform").exists() or step != "terraform"


@pytest.mark.parametrize("step", ["check", "plan", "rollout"])
def test_a_script_ends_where_a_program_of_it_fails(step: str, tmp_path: Path) -> None:
    every = run(step, tmp_path / "well").calls
    for number in range(1, len(every) + 1):
        failing = f'{NOTE}test "$(wc -l < "$NOTED")" -ne {number}\n'
        ran = run(step, tmp_path / str(number), note=failing)
        assert ran.code != 0
        assert len(ran.calls) == number


def test_what_it_makes_and_runs_is_there(tmp_path: Path) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    calls = [call for step in STEPS for call in run(step, tmp_path / step).calls]
    made = [word for call in calls if call[0] == "make" for word in call[1:] if "=" not in word]
    modules = [call[2] for call in calls if call[:2] == ["python", "-m"]]
    assert made == ["check", "package", "package-check"]
    assert set(made) <= targets
    assert modules == ["infra.deploy.rollout"]
    assert callable(rollout.main)


def test_the_plan_that_is_shown_is_the_one_that_is_applied(tmp_path: Path) -> None:
    init, plan = run("plan", tmp_path).calls
    assert init[:3] == [*rollout.TERRAFORM, "init"]
    assert init[-2:] == ["-backend-config=bucket=oprina-state", "-backend-config=prefix=staging"]
    assert plan[:3] == [*rollout.TERRAFORM, "plan"]
    assert plan[-2:] == ["-var-file=environments/staging.tfvars", f"-out={rollout.PLAN}"]
    assert "-lock=true" in plan


def test_what_stays_a_plan_locks_nothing(tmp_path: Path) -> None:
    _, plan = run("plan", tmp_path, _APPLY="false").calls
    assert "-lock=false" in plan


def test_on_main_it_is_put_into_service_after_the_stage_before(tmp_path: Path) -> None:
    ran = run("rollout", tmp_path, _AFTER="oprina-before")
    assert ran.calls[-1] == [
        *("python", "-m", "infra.deploy.rollout", "--after=oprina-before"),
        *("--commit=0123abc", "--builds=us-central1"),
    ]
    assert {
        f"OPRINA_SMOKE_PASSWORD={PASSWORD}",
        "OPRINA_SMOKE_API_KEY=web-key",
        "OPRINA_SMOKE_EMAIL=smoke@oprina.test",
    } <= set(ran.environment.splitlines())
    assert PASSWORD not in str(ran.calls) + ran.said


@pytest.mark.parametrize("branch", ["main", "feature", "", "not-main", "main/2", "MAIN"])
@pytest.mark.parametrize("apply", ["true", "false", "", "True"])
def test_nothing_is_applied_but_on_main_where_that_was_asked_for(
    tmp_path: Path, branch: str, apply: str
) -> None:
    ran = run("rollout", tmp_path, BRANCH_NAME=branch, _APPLY=apply)
    assert ran.code == 0
    assert bool(ran.calls) is (branch == "main" and apply == "true")


@pytest.mark.parametrize("branch", ["$(touch pwned)", "`touch pwned`", 'main" ] || touch pwned #'])
def test_a_branchs_name_is_never_run(tmp_path: Path, branch: str) -> None:
    assert run("rollout", tmp_path, BRANCH_NAME=branch).calls == []
    assert not (tmp_path / "pwned").exists()


def test_nothing_is_applied_where_nobody_could_visit_it(tmp_path: Path) -> None:
    for missing in ("_API_KEY", "_VISITOR"):
        ran = run("rollout", tmp_path, **{missing: ""})
        assert (ran.code != 0, ran.calls) == (True, [])
        assert missing in ran.said


def test_every_substitution_is_used_and_none_is_pasted_into_a_script() -> None:
    assert BUILD["options"]["automapSubstitutions"] is True
    scripts = "".join(step["script"] for step in STEPS.values())
    used = set(re.findall(r"\$\{?(_[A-Z_]+)", scripts))
    assert used == set(BUILD["substitutions"])
    assert all(not {"args", "entrypoint"} & step.keys() for step in STEPS.values())


def test_nothing_secret_is_written_down() -> None:
    assert BUILD["substitutions"] == {
        "_ENVIRONMENT": "staging",
        "_STATE_BUCKET": "",
        "_APPLY": "false",
        "_AFTER": "",
        "_API_KEY": "",
        "_VISITOR": "",
    }
    variables = [name for step in STEPS.values() for name in step.get("env", [])]
    assert variables == ["CI=true"]


def test_each_step_is_bounded_and_all_of_them_fit_into_the_build() -> None:
    assert sum(seconds(step) for step in STEPS.values()) <= seconds(BUILD)


def test_there_is_time_to_go_back_whatever_took_too_long() -> None:
    """A step that is out of time ends the build then and there."""
    names = [name.replace("_", "-") for name in [*functions(), "more"]]
    at = FakeCloud(
        serves={name: {f"{name}-1": 100} for name in names},
        applied={name: {f"{name}-2": 100} for name in names},
        planned=names,
        fails={"infra.smoke"},
    )
    assert rollout.rollout(at, say=lambda _: None, wait=lambda _: None) == 1
    assert len(at.sent()) == len(names)
    longest = at.seconds + rollout.SETTLING_SECONDS + shell.GRACE_SECONDS
    assert longest < seconds(STEPS["rollout"])
    assert smoke.SECONDS + smoke.LAST_SECONDS < rollout.SMOKE_SECONDS
