"""`python -m infra.docs.settings_table`: the README's table of settings, from the settings themselves.

With `--write`, it is put into README.md, between the lines that say where.
"""

import ast
import inspect
import sys
from itertools import pairwise
from pathlib import Path

from pydantic.fields import FieldInfo

from common.settings import Settings

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- settings -->", "<!-- /settings -->"
HEAD = "| setting | default | what it is |\n| --- | --- | --- |"


def table() -> str:
    """Every setting: the variable's name, its default, one line."""
    says = descriptions()
    rows = [
        f"| `{_variable(name, field)}` | {_default(field)} | {says[name]} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join([HEAD, *rows])


def descriptions() -> dict[str, str]:
    """The string below each setting. Read from the source here, and not by pydantic at each start of
    a function. KeyError later on for one that has none."""
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


def between_markers(readme: str) -> str:
    """ValueError where README.md does not say where the table is."""
    _, there, rest = readme.partition(BEGIN)
    inside, end, _ = rest.partition(END)
    if not (there and end):
        raise ValueError(f"README.md has no {BEGIN} ... {END}")
    return inside.strip()


def written(readme: str) -> str:
    """README.md with the table as it should be."""
    between_markers(readme)
    before, _, rest = readme.partition(BEGIN)
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
        README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(table())


if __name__ == "__main__":
    main(sys.argv[1:])
