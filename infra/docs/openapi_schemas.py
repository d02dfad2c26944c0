"""The shapes that docs/openapi.json names, from the models and the error tree."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import models_json_schema

from common.domain import errors
from common.domain.quota import Meter

REF = "#/components/schemas/{model}"
UPSTREAM = r"^(agent|avatar|identity|request|store|tasks|vault|voice)_[a-z]+$"
Json = dict[str, Any]
Error = type[errors.OprinaError]


class FieldProblem(BaseModel):
    """`field` is the path of what is wrong; `body`, `method` and `Idempotency-Key` are such, too."""

    model_config = ConfigDict(extra="forbid")

    field: str
    problem: str


class Problem(BaseModel):
    """RFC 9457. `code` says which; the members below it are there where they help. `retry_after`, in
    seconds, stands in the header `Retry-After`, too."""

    model_config = ConfigDict(extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem] | None = None
    retry_after: int | None = None
    meter: Meter | None = None
    resets_at: str | None = None
    avatar_session_ids: list[str] | None = None
    still_works: str | None = None


def ref(model: type[BaseModel]) -> Json:
    return {"$ref": REF.format(model=model.__name__)}


def schemas(requests: AbstractSet[type[BaseModel]], answers: AbstractSet[type[BaseModel]]) -> Json:
    """By name, with every shape that they are made of."""
    asked = sorted(requests | answers, key=lambda model: model.__name__)
    _, found = models_json_schema([(model, "validation") for model in asked], ref_template=REF)
    taken = {request.__name__ for request in requests}
    named = {
        name: _plain(schema) if name in taken else _as_sent(_plain(schema))
        for name, schema in found["$defs"].items()
    }
    code = named[Problem.__name__]["properties"]["code"]
    code["anyOf"] = [{"enum": codes()}, {"pattern": UPSTREAM}]
    return named


def codes() -> list[str]:
    """Of everything but `Upstream`, whose codes begin with the service's name."""
    refused = {error.code for error in _tree(errors.Refused)} - {errors.Refused.code}
    return sorted({*refused, errors.OprinaError.code, errors.Conflict.code})


def _plain(schema: Json) -> Json:
    """Without the titles that only repeat the names."""
    properties = {
        name: {key: value for key, value in found.items() if key != "title"}
        for name, found in schema.get("properties", {}).items()
    }
    kept = {key: value for key, value in schema.items() if key != "title"}
    if "description" in kept:
        kept["description"] = " ".join(kept["description"].split())
    return {**kept, **({"properties": properties} if properties else {})}


def _as_sent(schema: Json) -> Json:
    """Of an answer: what is null is left out, and all else is there (but for an event's name in a
    stream, where it stands above the data)."""
    properties, required = {}, []
    for name, found in schema.get("properties", {}).items():
        given = {key: value for key, value in found.items() if key != "default"}
        kinds = [kind for kind in given.pop("anyOf", []) if kind != {"type": "null"}]
        properties[name] = {**given, **(kinds[0] if len(kinds) == 1 else {})}
        if not kinds and "const" not in given:
            required.append(name)
    return {**schema, "properties": properties, "required": required}


def _tree(error: Error) -> Iterator[Error]:
    yield error
    for below in error.__subclasses__():
        yield from _tree(below)
