"""Copies of `terraform/` that tests change, plan and delete."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.terraform.provider.schema import ROOT, TERRAFORM

ENVIRONMENTS = ("small", "large", "no_domain", "restricted")
NEIGHBOURS = ("infra/firestore", "infra/monitoring")
"""Folders outside of `terraform/` that its files read."""

LOCAL_STATE = 'terraform {\n  backend "local" {}\n}\n'
SECONDS = 60


@dataclass(frozen=True)
class TerraformRun:
    """The result of a command. `message` is all output on one line, without Terraform's frames."""

    code: int
    message: str
    output: str


@dataclass(frozen=True)
class Workspace:
    """A copy of the project. `reattach`: the address of the provider."""

    folder: Path
    reattach: str

    def run(self, *arguments: str) -> TerraformRun:
        """Run a command of Terraform in `terraform/`."""
        ended = subprocess.run(
            ["terraform", *arguments, "-no-color"],  # noqa: S607 - the installed one
            cwd=self.folder / "terraform",
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        message = " ".join(re.sub("[│╷╵]", " ", ended.stdout + ended.stderr).split())
        return TerraformRun(ended.returncode, message, ended.stdout)

    def plan(self, environment: str, *flags: str) -> TerraformRun:
        variables = f"-var-file=environments/{environment}.tfvars"
        return self.run("plan", "-input=false", "-lock=false", variables, "-out=tfplan", *flags)

    def plan_json(self, environment: str, *flags: str) -> dict[str, Any]:
        """Return the plan of an environment as `terraform show -json` prints it."""
        ran = self.plan(environment, *flags)
        assert ran.code == 0, ran.message
        plan: dict[str, Any] = json.loads(self.run("show", "-json", "tfplan").output)
        return plan

    @contextmanager
    def restored(self, *paths: str) -> Iterator[None]:
        """Restore these files when the block ends."""
        before = {self.folder / path: (self.folder / path).read_bytes() for path in paths}
        try:
            yield
        finally:
            for file, content in before.items():
                file.write_bytes(content)

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace the first occurrence of `old`. Fails if there is none."""
        file = self.folder / path
        text = file.read_text()
        assert old in text, f"{path} does not contain {old!r}"
        file.write_text(text.replace(old, new, 1))

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which Terraform uses the provider of the tests."""
        return {
            **os.environ,
            "TF_REATTACH_PROVIDERS": self.reattach,
            "TF_CLI_CONFIG_FILE": os.devnull,
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "GOGC": "400",  # the process lives for a second, so collect garbage seldom
        }


def make_workspace(folder: Path, reattach: str, functions: list[str]) -> Workspace:
    """Copy the project into `folder`, with small packages and with a local state, and initialise it."""
    for neighbour in NEIGHBOURS:
        shutil.copytree(ROOT / neighbour, folder / neighbour)
    generated = shutil.ignore_patterns(".terraform*", "*.tfstate*", "tfplan")
    shutil.copytree(TERRAFORM, folder / "terraform", ignore=generated)
    (folder / "terraform" / "local_override.tf").write_text(LOCAL_STATE)
    _write_packages(folder / "dist", functions)
    workspace = Workspace(folder, reattach)
    ran = workspace.run("init", "-input=false")
    assert ran.code == 0, ran.message
    return workspace


def arguments_of_test(environment: str) -> tuple[str, ...]:
    """Return the arguments with which Terraform runs the tests of an environment."""
    return (
        "test",
        f"-filter=tests/{environment}.tftest.hcl",
        f"-var-file=environments/{environment}.tfvars",
    )


def package_content(function: str) -> bytes:
    """Return the content of a function's package in a workspace."""
    return f"the package of {function}".encode()


def _write_packages(folder: Path, functions: list[str]) -> None:
    folder.mkdir()
    for name in functions:
        (folder / f"{name}.zip").write_bytes(package_content(name))
    write_manifest(folder)


def write_manifest(folder: Path) -> None:
    """Write manifest.json for the packages in `folder`, as infra/deploy/package.py does."""
    packages = {
        path.stem: {"zip": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(folder.glob("*.zip"))
    }
    (folder / "manifest.json").write_text(json.dumps({"functions": packages}))
