"""The zips: the same bytes from the same sources, without files for development."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.deploy.package import ROOT, functions, package

NEVER = ("test", "simulator", "emulator", "bench", "infra", ".pyc", "__pycache__", "demo")
HEAVY = ("google-cloud-aiplatform", "google-adk", "google-genai", "numpy", "pytest")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Return a copy of the packaged files that a test may change."""
    there = tmp_path / "sources"
    for folder in ("functions", "common"):
        shutil.copytree(ROOT / folder, there / folder)
    shutil.copy(ROOT / "requirements.txt", there)
    return there


def test_manifest_has_a_zip_and_its_hash_for_each_function(tmp_path: Path) -> None:
    hashes = package(tmp_path)
    assert list(hashes) == functions()
    told = json.loads((tmp_path / "manifest.json").read_text())
    assert told == {
        "functions": {name: {"zip": f"{name}.zip", "sha256": sha} for name, sha in hashes.items()}
    }
    for name, sha in hashes.items():
        assert hashlib.sha256((tmp_path / f"{name}.zip").read_bytes()).hexdigest() == sha


def test_zips_do_not_depend_on_time_permissions_and_folder(sources: Path, tmp_path: Path) -> None:
    first = package(tmp_path / "first", sources)
    for path in sources.rglob("*"):
        path.chmod(0o700)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    moved = sources.rename(tmp_path / "elsewhere")
    assert package(tmp_path / "second", moved) == first


def test_zips_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    """Another hash seed changes the order of sets."""
    line = "import sys; from pathlib import Path; from infra.deploy.package import package; "
    line += "print(package(Path(sys.argv[1])))"
    for seed in ("1", "2"):
        ran = subprocess.run(
            [sys.executable, "-c", line, tmp_path / seed],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        )
        assert ran.stdout.strip() == str(package(tmp_path / "here"))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("functions/chat/main.py", ["chat"]),
        ("common/conversations/turn.py", functions()),
        ("requirements.txt", functions()),
        ("functions/chat/__init__.py", []),
        ("README.md", []),
    ],
)
def test_zip_changes_only_with_its_sources(
    sources: Path, tmp_path: Path, changed: str, expected: list[str]
) -> None:
    before = package(tmp_path / "before", sources)
    with (sources / changed).open("a") as source:
        source.write("# another line\n")
    after = package(tmp_path / "after", sources)
    assert [name for name in before if before[name] != after[name]] == expected


def test_zip_of_a_deleted_function_is_removed(sources: Path, tmp_path: Path) -> None:
    package(tmp_path / "dist", sources)
    shutil.rmtree(sources / "functions" / "speak")
    package(tmp_path / "dist", sources)
    there = {path.name for path in (tmp_path / "dist").iterdir()}
    assert there == {f"{name}.zip" for name in functions() if name != "speak"} | {"manifest.json"}


@pytest.mark.parametrize("name", functions())
def test_zip_holds_only_deployed_files(name: str, tmp_path: Path) -> None:
    package(tmp_path)
    with zipfile.ZipFile(tmp_path / f"{name}.zip") as archive:
        names = archive.namelist()
        modes = {entry.external_attr >> 16 for entry in archive.infolist()}
        main = archive.read("main.py")
    common = {path.relative_to(ROOT).as_posix() for path in (ROOT / "common").rglob("*.py")}
    files = [each for each in names if not (name == "page" and each.startswith("web/dist/"))]
    assert files == sorted(common | {"main.py", "requirements.txt"})
    assert main == (ROOT / "functions" / name / "main.py").read_bytes()
    assert modes == {0o100644}
    assert [each for each in names for word in NEVER if word in each] == []


def test_requirements_are_pinned_by_hash_and_without_heavy_packages(tmp_path: Path) -> None:
    package(tmp_path)
    with zipfile.ZipFile(tmp_path / "chat.zip") as archive:
        text = archive.read("requirements.txt").decode()
    lines = re.sub(r"\\\n", "", re.sub(r"(?m)^\s*#.*\n", "", text)).splitlines()
    assert len(lines) > 20
    assert [line for line in lines if not re.search(r"^\S+==\S+\s+--hash=sha256:", line)] == []
    names = {line.partition("==")[0] for line in lines}
    assert names & set(HEAVY) == set()


def test_common_holds_python_files_only() -> None:
    """Files of other types would be missing in a deployment."""
    others = {path.suffix for path in (ROOT / "common").rglob("*") if path.is_file()}
    assert others <= {".py", ".pyc"}
