"""The functions of this repository, as `functions/<name>/main.py` declares them.

To read a declaration starts nothing: the modules are imported, but no client is created and no setting
is read. Nothing else lists the functions, except `terraform/functions.tf`, which tests compare with
these declarations.
"""

from importlib import import_module

from common.api.endpoint import Function
from common.api.routes import Declaration
from infra.deploy import package


def declarations() -> dict[str, Declaration]:
    """Return the declaration of each function by its name. Raises ValueError for a wrong name."""
    return {name: _declaration(name) for name in package.functions()}


def _declaration(name: str) -> Declaration:
    function: Function = getattr(import_module(f"functions.{name}.main"), name)
    if function.declaration.name != name:
        raise ValueError(f"functions/{name} declares {function.declaration.name}")
    return function.declaration
