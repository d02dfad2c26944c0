"""Environments that hold what a zip's own requirements.txt names, and nothing else."""

import os
import re
import subprocess
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def pins(requirements: Path) -> dict[str, str]:
    return dict(PINNED.findall(requirements.read_text()))


def linked(folder: Path, requirements: Path) -> Path:
    """An interpreter to which only the pinned ones of the packages that are installed here are
    shown. Takes a second, where installing them takes a minute."""
    venv.create(folder, symlinks=True, with_pip=False)
    [site] = (folder / "lib").glob("python*/site-packages")
    for name, version in pins(requirements).items():
        found = distribution(name)
        assert found.version == version, f"{name} {found.version} is installed here: make lock"
        _link(found, site)
    return folder / "bin" / "python"


def _link(found: Distribution, site: Path) -> None:
    for file in found.files or []:
        if ".." not in file.parts:  # what is elsewhere is a command
            there = site / file
            there.parent.mkdir(parents=True, exist_ok=True)
            there.symlink_to(Path(str(found.locate_file(file))))


def installed(folder: Path, requirements: Path, python: str) -> Path:
    """An interpreter for which they were installed, with their hashes checked, as a build does."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    there = folder / "bin" / "python"
    command = [str(there), "-m", "pip", "install", "--quiet", "--require-hashes", "-r"]
    subprocess.run([*command, str(requirements)], check=True)
    return there


def interpreter(folder: Path, requirements: Path) -> Path:
    """`PACKAGE_PYTHON` names one to install with; else what is here is shown."""
    python = os.environ.get("PACKAGE_PYTHON")
    return installed(folder, requirements, python) if python else linked(folder, requirements)
