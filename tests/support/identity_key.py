"""A signing key for the local identity, made once per process."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.local.identity import LocalIdentity

NAME = "identity-key.pem"


def lend_key(folder: Path) -> Path:
    """Write the key into a folder without one, where a stack finds it. Return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / NAME).exists():
        (folder / NAME).write_bytes(_key())
    return folder


@cache
def _key() -> bytes:
    with TemporaryDirectory() as folder:
        LocalIdentity(Path(folder), "oprina-local")
        return (Path(folder) / NAME).read_bytes()
