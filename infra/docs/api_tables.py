"""The tables of `docs/api.md`, generated from the declarations of the functions."""

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel

from common.api.routes import Operation
from common.domain import errors
from common.schemas.events import ChatEvent
from infra.docs.markdown import markdown_table
from infra.registry import declarations

INVALID = "400, 405, 408, 413, 422"
"""Statuses of `invalid`. Each instance has its own."""


def functions() -> str:
    """Return a table with one row per operation."""
    rows = [
        [
            f"`{operation.route.method} {_path(name, operation)}`",
            _fields(operation),
            _summary(operation),
        ]
        for name, declaration in declarations().items()
        for operation in declaration.operations
    ]
    return markdown_table(["call", "fields", "meaning"], rows)


def events() -> str:
    """Return a table with one row per event of a chat's stream."""
    union, _ = get_args(ChatEvent.__value__)
    rows = [
        [f"`{model.model_fields['event'].default}`", _members(model), _first_line(model)]
        for model in get_args(union)
    ]
    return markdown_table(["event", "data", "meaning"], rows)


def refusals() -> str:
    """Return a table with one row per code of a refusal, and one per kind of a service's failure."""
    rows = [[f"`{code}`", status, title] for code, status, title in sorted(_codes())]
    return markdown_table(["code", "status", "title"], rows)


def _codes() -> Iterator[tuple[str, str, str]]:
    known: list[type[errors.OprinaError]] = [errors.OprinaError, errors.Conflict]
    for error in [*known, *errors.Refused.__subclasses__()]:
        status = INVALID if error is errors.Invalid else str(error.status)
        yield error.code, status, error.title
    upstream: list[type[errors.Upstream]] = [
        errors.Unavailable,
        errors.Busy,
        errors.Ambiguous,
        errors.Failed,
    ]
    for failure in upstream:
        yield f"<service>_{failure.kind}", str(failure.status), failure.title


def _path(name: str, operation: Operation) -> str:
    return f"/{name}{operation.route.path}".rstrip("/")


def _fields(operation: Operation) -> str:
    """Return the names of the request's fields. Optional ones end with a question mark."""
    fields = operation.route.request.model_fields.items()
    return ", ".join(f"`{name}{'' if field.is_required() else '?'}`" for name, field in fields)


def _members(model: type[BaseModel]) -> str:
    return ", ".join(f"`{name}`" for name in model.model_fields if name != "event")


def _summary(operation: Operation) -> str:
    return " ".join((operation.use_case.__doc__ or "").split())


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().partition("\n")[0]
