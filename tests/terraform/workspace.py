"""A copy of `terraform/` that can be changed, planned and thrown away."""

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

ENVIRONMENTS = ("small", "large")
BESIDE = ("infra/firestore", "infra/monitoring")
"""What `terraform/` reads from its neighbours."""

LOCAL_STATE = 'terraform {\n  backend "local" {}\n}\n'
SECONDS = 60


@dataclass(frozen=True)
class Ran:
    code: int
    said: str
    """In one line: terraform breaks its own at 80 characters, inside a frame."""
    output: str


@dataclass(frozen=True)
class Workspace:
    """`folder` is the root, with `terraform/` in it; `reattach` says where the provider listens."""

    folder: Path
    reattach: str

    def run(self, *arguments: str) -> Ran:
        ran = subprocess.run(
            ["terraform", *arguments, "-no-color"],  # noqa: S607 - whichever is installed
            cwd=self.folder / "terraform",
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        said = " ".join(re.sub("[│╷╵]", " ", ran.stdout + ran.stderr).split())
        return Ran(ran.returncode, said, ran.stdout)

    def plan(self, environment: str) -> Ran:
        variables = f"-var-file=environments/{environment}.tfvars"
        return self.run("plan", "-input=false", "-lock=false", variables, "-out=tfplan")

    def planned(self, environment: str) -> dict[str, Any]:
        ran = self.plan(environment)
        assert ran.code == 0, ran.said
        plan: dict[str, Any] = json.loads(self.run("show", "-json", "tfplan").output)
        return plan

    @contextmanager
    def changed(self, *paths: str) -> Iterator[None]:
        """These files may be changed, and are afterwards as they were."""
        before = {self.folder / path: (self.folder / path).read_bytes() for path in paths}
        try:
            yield
        finally:
            for file, content in before.items():
                file.write_bytes(content)

    def replace(self, path: str, old: str, new: str) -> None:
        file = self.folder / path
        text = file.read_text()
        assert old in text, f"{path} has no {old!r} any more"
        file.write_text(text.replace(old, new, 1))

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "TF_REATTACH_PROVIDERS": self.reattach,
            "TF_CLI_CONFIG_FILE": os.devnull,
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "GOGC": "400",  # a process of a second need not tidy up much
        }


def made(folder: Path, reattach: str, functions: list[str]) -> Workspace:
    """A copy with packages of its own, and with its state in a file."""
    for beside in BESIDE:
        shutil.copytree(ROOT / beside, folder / beside)
    generated = shutil.ignore_patterns(".terraform*", "*.tfstate*", "tfplan")
    shutil.copytree(TERRAFORM, folder / "terraform", ignore=generated)
    (folder / "terraform" / "local_override.tf").write_text(LOCAL_STATE)
    _package(folder / "dist", functions)
    workspace = Workspace(folder, reattach)
    ran = workspace.run("init", "-input=false")
    assert ran.code == 0, ran.said
    return workspace


def _package(folder: Path, functions: list[str]) -> None:
    """What `infra/deploy/package.py` leaves behind, with next to nothing in it."""
    folder.mkdir()
    for name in functions:
        (folder / f"{name}.zip").write_text(f"the package of {name}")
    listed(folder)


def listed(folder: Path) -> None:
    """Writes down what is in the packages."""
    packages = {
        path.stem: {"zip": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(folder.glob("*.zip"))
    }
    (folder / "manifest.json").write_text(json.dumps({"functions": packages}))
