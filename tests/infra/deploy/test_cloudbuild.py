"""The scripts in cloudbuild.yaml run, with programs that only record their calls."""

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
from tests.infra.deploy.fake_google_cloud import FakeGoogleCloud

BUILD: dict[str, Any] = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text())
STEPS: dict[str, dict[str, Any]] = {step["id"]: step for step in BUILD["steps"]}
BUILT_IN = {
    "PROJECT_ID": "oprina-staging",
    "LOCATION": "us-central1",
    "COMMIT_SHA": "0123abc",
    "BRANCH_NAME": "main",
}
"""Built-in substitutions of a build that a push triggered."""
SUBSTITUTIONS = {
    **BUILT_IN,
    **BUILD["substitutions"],
    "_STATE_BUCKET": "oprina-state",
    "_APPLY": "true",
    "_API_KEY": "web-key",
    "_SMOKE_EMAIL": "smoke@oprina.test",
}
PASSWORD = "canary-of-a-password"
PROGRAMS = ("apt-get", "make", "terraform", "gcloud", ".venv/bin/python")
RECORDER = f"""#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
env >> "$CALLS.env"
case "$*" in *"secrets versions access"*) echo {PASSWORD};; esac
"""


@dataclass(frozen=True)
class ScriptRun:
    """The result of a script. `calls`: the words of each recorded call."""

    code: int
    calls: list[list[str]]
    environment: str
    output: str


def run(
    step: str, folder: Path, *, program_text: str = RECORDER, **substitutions: str
) -> ScriptRun:
    """Run a step's script as Cloud Build does: with sh. An unset variable ends the script."""
    programs = folder / "programs"
    for name in PROGRAMS:
        program = (folder if "/" in name else programs) / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(program_text)
        program.chmod(0o755)
    recorded = folder / "calls"
    ended = subprocess.run(
        ["/bin/sh", "-u", "-c", STEPS[step]["script"]],
        cwd=folder,
        env={
            "PATH": f"{programs}:/usr/bin:/bin",
            "CALLS": str(recorded),
            **SUBSTITUTIONS,
            **substitutions,
        },
        check=False,
        capture_output=True,
        text=True,
    )
    calls = recorded.read_text().splitlines() if recorded.exists() else []
    environment = Path(f"{recorded}.env").read_text() if calls else ""
    words = [shlex.split(call) for call in calls]
    return ScriptRun(ended.returncode, words, environment, ended.stdout + ended.stderr)


def seconds(step: dict[str, Any]) -> float:
    return float(step["timeout"].removesuffix("s"))


def test_build_checks_plans_and_rolls_out() -> None:
    assert list(STEPS) == ["terraform", "check", "plan", "rollout"]
    assert all(
        "waitFor" not in step for step in STEPS.values()
    )  # each step waits for all previous ones


@pytest.mark.parametrize("step", STEPS)
def test_each_script_runs_with_the_declared_substitutions(step: str, tmp_path: Path) -> None:
    ran = run(step, tmp_path)
    assert (ran.code, "not found" in ran.output) == (0, False), ran.output
    assert (tmp_path / ".tools" / "terraform").exists() or step != "terraform"


@pytest.mark.parametrize("step", ["check", "plan", "rollout"])
def test_script_ends_at_the_first_failing_program(step: str, tmp_path: Path) -> None:
    every = run(step, tmp_path / "well").calls
    for number in range(1, len(every) + 1):
        failing = f'{RECORDER}test "$(wc -l < "$CALLS")" -ne {number}\n'
        ran = run(step, tmp_path / str(number), program_text=failing)
        assert ran.code != 0
        assert len(ran.calls) == number


def test_make_targets_and_modules_exist(tmp_path: Path) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    calls = [call for step in STEPS for call in run(step, tmp_path / step).calls]
    made = [word for call in calls if call[0] == "make" for word in call[1:] if "=" not in word]
    modules = [call[2] for call in calls if call[:2] == ["python", "-m"]]
    assert made == ["check", "package", "package-check"]
    assert set(made) <= targets
    assert modules == ["infra.deploy.rollout"]
    assert callable(rollout.main)


def test_shown_plan_is_the_applied_plan(tmp_path: Path) -> None:
    init, plan = run("plan", tmp_path).calls
    assert init[:3] == [*rollout.TERRAFORM, "init"]
    assert init[-2:] == ["-backend-config=bucket=oprina-state", "-backend-config=prefix=staging"]
    assert plan[:3] == [*rollout.TERRAFORM, "plan"]
    assert plan[-2:] == ["-var-file=environments/staging.tfvars", f"-out={rollout.PLAN}"]
    assert "-lock=true" in plan


def test_plan_without_apply_takes_no_lock(tmp_path: Path) -> None:
    _, plan = run("plan", tmp_path, _APPLY="false").calls
    assert "-lock=false" in plan


@pytest.mark.parametrize("branch", ["feature", "", "not-main", "main/2", "MAIN"])
def test_only_main_reads_the_state(tmp_path: Path, branch: str) -> None:
    ran = run("plan", tmp_path, BRANCH_NAME=branch)
    assert (ran.code, ran.calls) == (0, [])


def test_images_are_pinned_by_version() -> None:
    tags = {step["name"].rpartition(":")[2] for step in STEPS.values()}
    assert all(re.match(r"\d+\.\d+\.\d+", tag) for tag in tags), tags


def test_builds_of_an_account_of_our_own_write_their_log() -> None:
    """Google refuses a build with such an account unless it says where the log goes."""
    assert BUILD["options"]["logging"] == "CLOUD_LOGGING_ONLY"


def test_main_is_rolled_out_after_the_previous_stage(tmp_path: Path) -> None:
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
    assert PASSWORD not in str(ran.calls) + ran.output


@pytest.mark.parametrize("branch", ["main", "feature", "", "not-main", "main/2", "MAIN"])
@pytest.mark.parametrize("apply", ["true", "false", "", "True"])
def test_only_main_with_apply_is_applied(tmp_path: Path, branch: str, apply: str) -> None:
    ran = run("rollout", tmp_path, BRANCH_NAME=branch, _APPLY=apply)
    assert ran.code == 0
    assert bool(ran.calls) is (branch == "main" and apply == "true")


@pytest.mark.parametrize("branch", ["$(touch pwned)", "`touch pwned`", 'main" ] || touch pwned #'])
def test_branch_name_is_never_executed(tmp_path: Path, branch: str) -> None:
    assert run("rollout", tmp_path, BRANCH_NAME=branch).calls == []
    assert not (tmp_path / "pwned").exists()


def test_nothing_is_applied_without_sign_in_of_the_smoke_test(tmp_path: Path) -> None:
    for missing in ("_API_KEY", "_SMOKE_EMAIL"):
        ran = run("rollout", tmp_path, **{missing: ""})
        assert (ran.code != 0, ran.calls) == (True, [])
        assert missing in ran.output


def test_substitutions_are_used_as_variables_only() -> None:
    assert BUILD["options"]["automapSubstitutions"] is True
    scripts = "".join(step["script"] for step in STEPS.values())
    used = set(re.findall(r"\$\{?(_[A-Z_]+)", scripts))
    assert used == set(BUILD["substitutions"])
    assert all(not {"args", "entrypoint"} & step.keys() for step in STEPS.values())


def test_file_contains_no_secret() -> None:
    assert BUILD["substitutions"] == {
        "_ENVIRONMENT": "staging",
        "_STATE_BUCKET": "",
        "_APPLY": "false",
        "_AFTER": "",
        "_API_KEY": "",
        "_SMOKE_EMAIL": "",
    }
    variables = [name for step in STEPS.values() for name in step.get("env", [])]
    assert variables == ["CI=true"]


def test_timeouts_of_steps_fit_into_the_build() -> None:
    assert sum(seconds(step) for step in STEPS.values()) <= seconds(BUILD)


def test_rollout_step_has_time_to_go_back() -> None:
    """A step that times out ends the build at once."""
    names = [name.replace("_", "-") for name in [*functions(), "more"]]
    at = FakeGoogleCloud(
        serves={name: {f"{name}-1": 100} for name in names},
        applied={name: {f"{name}-2": 100} for name in names},
        planned=names,
        fails={"infra.smoke": ""},
    )
    assert rollout.rollout(at, say=lambda _: None, wait=lambda _: None) == 1
    assert len(at.traffic_changes()) == len(names)
    longest = at.seconds + rollout.SETTLING_SECONDS + shell.GRACE_SECONDS
    assert longest < seconds(STEPS["rollout"])
    assert smoke.SECONDS + smoke.LAST_SECONDS < rollout.SMOKE_SECONDS
