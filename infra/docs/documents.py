"""The documents that are generated, whole or in part."""

from pathlib import Path

from infra.costs import table as costs
from infra.deploy import terraform_readme
from infra.deploy.marked_text import replace_marked
from infra.docs import api_tables, client_modules, openapi, settings_table

FOLDER = openapi.DOCUMENT.parent


def documents() -> dict[Path, str]:
    """Return the text that each document has when it is up to date."""
    settings, api = FOLDER / "settings.md", FOLDER / "api.md"
    return {
        openapi.DOCUMENT: openapi.text(),
        **client_modules.modules(openapi.text()),
        settings: replace_marked(current(settings), "settings", settings_table.table()),
        api: _api(current(api)),
        costs.DOCUMENT: costs.insert_tables(current(costs.DOCUMENT)),
        terraform_readme.README: terraform_readme.insert_tables(current(terraform_readme.README)),
    }


def current(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _api(document: str) -> str:
    for name, table in (
        ("functions", api_tables.functions()),
        ("events", api_tables.events()),
        ("codes", api_tables.refusals()),
    ):
        document = replace_marked(document, name, table)
    return document
