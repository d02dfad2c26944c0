"""The models of the Python client, generated from docs/openapi.json."""

import subprocess
import sys
import tempfile
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "clients" / "python"
MODULE = CLIENT / "oprina" / "models.py"


def text(document: str) -> str:
    """Return the module for an OpenAPI document. Options stand in the client's pyproject.toml."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "openapi.json", Path(folder) / MODULE.name
        source.write_text(document, encoding="utf-8")
        command = [sys.executable, "-m", "datamodel_code_generator"]
        subprocess.run(  # noqa: S603 - our own interpreter
            [*command, "--input", str(source), "--output", str(target)], cwd=CLIENT, check=True
        )
        return target.read_text(encoding="utf-8")
