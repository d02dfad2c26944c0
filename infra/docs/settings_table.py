"""Generate the table of `docs/settings.md` from `common/settings.py`.

`python -m infra.docs.settings_table` prints the table. With `--write` it replaces the table in the document.
"""

import ast
import inspect
import sys
from itertools import pairwise
from pathlib import Path

from pydantic.fields import FieldInfo

from common.settings import Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"
BEGIN, END = "<!-- settings -->", "<!-- /settings -->"
HEAD = "| setting | default | meaning |\n| --- | --- | --- |"


def table() -> str:
    """Return a Markdown table with one row per setting: variable, default, description."""
    description = descriptions()
    rows = [
        f"| `{_variable(name, field)}` | {_default(field)} | {description[name]} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join([HEAD, *rows])


def descriptions() -> dict[str, str]:
    """Return the docstring below each setting, by the setting's name.

    They are read from the source, because pydantic would read them at each start of a function.
    """
    (found,) = ast.parse(inspect.getsource(Settings)).body
    if not isinstance(found, ast.ClassDef):
        raise TypeError(found)
    return {
        field.target.id: " ".join(str(below.value.value).split())
        for field, below in pairwise(found.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }


def between_markers(document: str) -> str:
    """Return the text between the two markers. Raises ValueError if a marker is missing."""
    _, there, rest = document.partition(BEGIN)
    inside, end, _ = rest.partition(END)
    if not (there and end):
        raise ValueError(f"{DOCUMENT.name} has no {BEGIN} ... {END}")
    return inside.strip()


def replace_table(document: str) -> str:
    """Return the document with a new table between the markers."""
    between_markers(document)
    before, _, rest = document.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


def _variable(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    return alias if isinstance(alias, str) else f"OPRINA_{name.upper()}"


def _default(field: FieldInfo) -> str:
    value = field.get_default()
    if value is None or value in ("", (), {}):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def main(arguments: list[str]) -> None:
    if arguments == ["--write"]:
        document = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(replace_table(document), encoding="utf-8")
    else:
        print(table())


if __name__ == "__main__":
    main(sys.argv[1:])
