"""`python -m infra.deploy.package` writes dist/: a zip a function, as it is deployed, and
what is in them.

The same sources give the same bytes, whatever the day, the machine and the umask: a zip's hash is
its content's, and a function that did not change is not deployed again.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
MIDNIGHT = (1980, 1, 1, 0, 0, 0)
"""The earliest moment that a zip can tell."""
UNIX = 3
READABLE = 0o100644 << 16

Files = Mapping[str, bytes]


def functions(root: Path = ROOT) -> list[str]:
    return sorted(path.parent.name for path in (root / "functions").glob("*/main.py"))


def package(dist: Path = DIST, root: Path = ROOT) -> dict[str, str]:
    """The zips' hashes by function. The zips of an earlier time are gone."""
    dist.mkdir(parents=True, exist_ok=True)
    for old in dist.glob("*.zip"):
        old.unlink()
    hashes = {}
    for name in functions(root):
        data = zipped(contents(name, root))
        (dist / f"{name}.zip").write_bytes(data)
        hashes[name] = hashlib.sha256(data).hexdigest()
    (dist / "manifest.json").write_text(manifest(hashes), encoding="utf-8")
    return hashes


def manifest(hashes: Mapping[str, str]) -> str:
    """What Terraform reads: each function's file, and the hash that goes into its object's name."""
    listed = {name: {"zip": f"{name}.zip", "sha256": sha} for name, sha in hashes.items()}
    return json.dumps({"functions": listed}, indent=2) + "\n"


def contents(function: str, root: Path = ROOT) -> Files:
    """By its path in the zip: the entry point, all of `common`, and what is to be installed.

    Each has all of `common`: what a function loads is decided when it runs (see common/bootstrap.py),
    and no size of a zip is worth a list that somebody must keep.
    """
    entry = root / "functions" / function / "main.py"
    common = {path.relative_to(root).as_posix(): path for path in (root / "common").rglob("*.py")}
    taken = {"main.py": entry, "requirements.txt": root / "requirements.txt", **common}
    return {name: path.read_bytes() for name, path in taken.items()}


def zipped(files: Files) -> bytes:
    """In order of their names, and stored: what a compressor makes of them differs between versions
    of zlib."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, MIDNIGHT)
            entry.create_system, entry.external_attr = UNIX, READABLE
            archive.writestr(entry, content)
    return data.getvalue()


def main() -> None:
    for name, sha in package().items():
        size = (DIST / f"{name}.zip").stat().st_size
        print(f"dist/{name}.zip  {size // 1024} KiB  sha256 {sha}")


if __name__ == "__main__":
    main()
