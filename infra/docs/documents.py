"""The documents that are generated, whole or in part."""

from pathlib import Path

from infra.docs import api_tables, openapi, settings_table
from infra.docs.generated import replace_part

FOLDER = openapi.DOCUMENT.parent


def documents() -> dict[Path, str]:
    """Return the text that each document has when it is up to date."""
    settings, api = FOLDER / "settings.md", FOLDER / "api.md"
    text = current(api)
    for name, part in (
        ("functions", api_tables.functions()),
        ("events", api_tables.events()),
        ("codes", api_tables.refusals()),
    ):
        text = replace_part(text, name, part)
    return {
        openapi.DOCUMENT: openapi.text(),
        settings: replace_part(current(settings), "settings", settings_table.table()),
        api: text,
    }


def current(path: Path) -> str:
    return path.read_text(encoding="utf-8")
