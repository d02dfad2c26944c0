"""The table of `docs/settings.md`, generated from `common/settings.py`."""

import ast
import inspect
from itertools import pairwise

from pydantic.fields import FieldInfo

from common.settings import Settings
from infra.docs.markdown import markdown_table


def table() -> str:
    """Return a Markdown table with one row per setting: variable, default, meaning."""
    meaning = descriptions()
    rows = [
        [f"`{_variable(name, field)}`", _default(field), meaning[name]]
        for name, field in Settings.model_fields.items()
    ]
    return markdown_table(["setting", "default", "meaning"], rows)


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


def _variable(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    return alias if isinstance(alias, str) else f"OPRINA_{name.upper()}"


def _default(field: FieldInfo) -> str:
    value = field.get_default()
    if value is None or value in ("", (), {}):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
