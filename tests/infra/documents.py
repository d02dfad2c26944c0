"""The Markdown documents that have commands, and their parts."""

import re
from pathlib import Path

from infra.deploy.shell import ROOT

PATHS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "terraform/*.md", "infra/**/*.md", "bench/*.md")
    for path in ROOT.glob(pattern)
)
DOCUMENTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PATHS}
"""Every document of the repository, by its path from the root."""
DEPLOY, OPERATE, MAINTAIN = (
    DOCUMENTS[f"docs/{name}.md"] for name in ("deploy", "operate", "maintain")
)
CONTRIBUTING = DOCUMENTS["CONTRIBUTING.md"]


def blocks(document: str, language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", document)


def commands(document: str) -> str:
    """Return the shell commands of a document, each on one line."""
    return "\n".join(blocks(document, "sh")).replace("\\\n", " ")


COMMANDS = {name: commands(text) for name, text in DOCUMENTS.items() if blocks(text, "sh")}
EVERY_COMMAND = "\n".join(COMMANDS.values())


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub gives to the titles of a document."""
    text = re.sub(r"(?ms)^```.*?^```$", "", path.read_text(encoding="utf-8"))
    titles = re.findall(r"(?m)^#+ (.*)$", text)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
