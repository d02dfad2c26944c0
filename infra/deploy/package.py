"""`python -m infra.deploy.package` writes a zip for each function, and manifest.json, to dist/.

The same sources give the same bytes on every day, machine and umask. So the hash of a zip is the
hash of its content, and Terraform redeploys only functions whose content changed.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can store. All entries have this time."""
PAGE = "page"
UNIX = 3
REGULAR_READABLE_FILE = 0o100644 << 16

Files = Mapping[str, bytes]


def functions(root: Path = ROOT) -> list[str]:
    """Return the names of the functions: the folders of functions/ with a main.py."""
    return sorted(path.parent.name for path in (root / "functions").glob("*/main.py"))


def package(dist: Path = DIST, root: Path = ROOT) -> dict[str, str]:
    """Write all zips and manifest.json. Return the SHA-256 of each zip. Older zips are deleted."""
    dist.mkdir(parents=True, exist_ok=True)
    for old in dist.glob("*.zip"):
        old.unlink()
    hashes = {}
    for name in functions(root):
        data = build_zip(read_files(name, root))
        (dist / f"{name}.zip").write_bytes(data)
        hashes[name] = hashlib.sha256(data).hexdigest()
    (dist / "manifest.json").write_text(render_manifest(hashes), encoding="utf-8")
    return hashes


def render_manifest(hashes: Mapping[str, str]) -> str:
    """Return manifest.json for Terraform: file and hash of each function."""
    entries = {name: {"zip": f"{name}.zip", "sha256": sha} for name, sha in hashes.items()}
    return json.dumps({"functions": entries}, indent=2) + "\n"


def read_files(function: str, root: Path = ROOT) -> Files:
    """Return the files of a function's zip: its main.py, all of common/, and requirements.txt.

    The zip of `page` has the built page as well (`make page`).

    Each zip has all of common/, although a function loads only a part of it (common/bootstrap.py).
    A list of the needed modules would have to be maintained, and a smaller zip saves nothing.
    """
    entry = root / "functions" / function / "main.py"
    common = {path.relative_to(root).as_posix(): path for path in (root / "common").rglob("*.py")}
    paths = {"main.py": entry, "requirements.txt": root / "requirements.txt", **common}
    if function == PAGE:
        built = (path for path in (root / "web" / "dist").rglob("*") if path.is_file())
        paths |= {path.relative_to(root).as_posix(): path for path in built}
    return {name: path.read_bytes() for name, path in paths.items()}


def build_zip(files: Files) -> bytes:
    """Return a zip, sorted by name and not compressed: compression differs between zlib versions."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.create_system, entry.external_attr = UNIX, REGULAR_READABLE_FILE
            archive.writestr(entry, content)
    return data.getvalue()


def main() -> None:
    """Write the packages and print their sizes and hashes."""
    for name, sha in package().items():
        size = (DIST / f"{name}.zip").stat().st_size
        print(f"dist/{name}.zip  {size // 1024} KiB  sha256 {sha}")


if __name__ == "__main__":
    main()
