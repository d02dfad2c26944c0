"""Virtual environments with the packages of one requirements.txt only."""

import os
import re
import subprocess
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def pins(requirements: Path) -> dict[str, str]:
    """Return the pinned version of each package."""
    return dict(PINNED.findall(requirements.read_text()))


def make_linked(folder: Path, requirements: Path) -> Path:
    """Make an environment of links to the pinned packages of this one. Return its interpreter.

    This takes a second; an installation takes a minute.
    """
    venv.create(folder, symlinks=True, with_pip=False)
    [site] = (folder / "lib").glob("python*/site-packages")
    for name, version in pins(requirements).items():
        found = distribution(name)
        assert found.version == version, f"{name} {found.version} is installed: run make lock"
        _link(found, site)
    return folder / "bin" / "python"


def _link(found: Distribution, site: Path) -> None:
    for file in found.files or []:
        if ".." not in file.parts:  # files elsewhere are commands
            link = site / file
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(Path(str(found.locate_file(file))))


def make_installed(folder: Path, requirements: Path, python: str) -> Path:
    """Make an environment of `python` and install the packages with their hashes, as a build does."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    interpreter = folder / "bin" / "python"
    command = [str(interpreter), "-m", "pip", "install", "--quiet", "--require-hashes", "-r"]
    subprocess.run([*command, str(requirements)], check=True)
    return interpreter


def make_interpreter(folder: Path, requirements: Path) -> Path:
    """Make an environment, with the interpreter that PACKAGE_PYTHON names or with links."""
    python = os.environ.get("PACKAGE_PYTHON")
    return (
        make_installed(folder, requirements, python)
        if python
        else make_linked(folder, requirements)
    )
