"""The generated modules of the Python client: its models, and the client without async."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "clients" / "python"
PACKAGE = CLIENT / "oprina"
MODELS = PACKAGE / "models.py"
FROM, TO = PACKAGE / "asynchronous", PACKAGE / "synchronous"
HEAD = "# Generated from ../asynchronous by infra/docs/client_modules.py.\n"
WITHOUT_ASYNC = (
    (r"\basync (?=def|for|with)", ""),
    (r"\bawait ", ""),
    (r"\ban async function\b", "a function"),
    (r"\bAwaitable\[(\w+)\]", r"\1"),
    (r"\bAwaitable, ", ""),
    (r"\bAsyncGenerator\[(.+), None\]", r"Generator[\1, None, None]"),
    (r"\bAsync(?=[A-Z])", ""),
    (r"\b__a(?=(enter|exit|iter|next)__)", "__"),
    (r"\ba(?=(close|closing|read|iter_bytes)\b)", ""),
    (r"\bimport asyncio\n", "import threading\nimport time\n"),
    (r"\basyncio\.sleep\b", "time.sleep"),
    (r"\basyncio\.Lock\b", "threading.Lock"),
)
"""Patterns and their replacements, in code and docstrings."""


def modules(document: str) -> dict[Path, str]:
    """Return the text of every generated module, for an OpenAPI document."""
    return {MODELS: _models(document), **dict(_synchronous())}


def _models(document: str) -> str:
    """Generate the models. The options stand in the client's pyproject.toml."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "openapi.json", Path(folder) / MODELS.name
        source.write_text(document, encoding="utf-8")
        command = [sys.executable, "-m", "datamodel_code_generator"]
        subprocess.run(  # noqa: S603 - our own interpreter
            [*command, "--input", str(source), "--output", str(target)], cwd=CLIENT, check=True
        )
        _ruff("format", folder=Path(folder))
        return target.read_text(encoding="utf-8")


def _synchronous() -> Iterator[tuple[Path, str]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in FROM.glob("*.py"):
            text = path.read_text(encoding="utf-8")
            for pattern, replacement in WITHOUT_ASYNC:
                text = re.sub(pattern, replacement, text)
            (folder / path.name).write_text(HEAD + text, encoding="utf-8")
        _ruff("check", "--select", "I,F401", "--fix-only", folder=folder)
        _ruff("format", folder=folder)
        for path in sorted(folder.glob("*.py")):
            yield TO / path.name, path.read_text(encoding="utf-8")


def _ruff(command: str, *options: str, folder: Path) -> None:
    config = ("--quiet", "--no-cache", "--config", str(CLIENT.parents[1] / "pyproject.toml"))
    line = (sys.executable, "-m", "ruff", command, *config, *options, str(folder))
    subprocess.run(line, check=True)  # noqa: S603 - our own interpreter
