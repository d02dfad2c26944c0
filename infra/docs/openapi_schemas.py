"""The schemas of docs/openapi.json, from the models of the routes and the error tree."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter
from typing_extensions import TypeAliasType

from common.api.requests import JSON
from common.api.routes import Route
from common.domain import errors
from common.domain.quota import Meter

REF = "#/components/schemas/{model}"
UPSTREAM = r"^(agent|avatar|identity|request|speech|store|tasks|vault|voice)_[a-z]+$"
STREAM = (
    "One event of the stream. The stream's line `event:` has the member `event`, and its line `data:`"
    " has the other members as one JSON object. The browser's `EventSource` cannot be used, because it"
    " sends neither POST nor an Authorization header: read the response of `fetch`."
)
Json = dict[str, Any]
Error = type[errors.OprinaError]


class FieldProblem(BaseModel):
    """`field` is the path of a wrong field, or one of `body`, `method` and `Idempotency-Key`."""

    model_config = ConfigDict(extra="forbid")

    field: str
    problem: str


class Problem(BaseModel):
    """A problem document (RFC 9457).

    `code` tells problems apart. The members after it depend on the code. `retry_after` is in seconds,
    and equals the header `Retry-After`.
    """

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
    turn_id: str | None = None
    conversation_id: str | None = None
    still_works: str | None = None


def ref(model: type[BaseModel] | TypeAliasType) -> Json:
    return {"$ref": REF.format(model=model.__name__)}


def schemas(routes: Sequence[Route[Any, Any]]) -> Json:
    """Return each schema by its name: requests with a body, answers, events, and their parts."""
    requests = {route.request: route for route in routes if route.has_body and JSON in route.bodies}
    answers = {route.answer for route in routes if route.answer} | {Problem}
    events = {route.events for route in routes if route.events}
    found = _definitions([*requests, *answers, *events])
    sent = _with_parts([each.__name__ for each in (*answers, *events)], found)
    in_path = {request.__name__: set(route.parameters) for request, route in requests.items()}
    named = {
        name: _as_sent(schema) if name in sent else _as_received(schema, in_path.get(name, set()))
        for name, schema in found.items()
    }
    for stream in events:
        named[stream.__name__]["description"] = STREAM
    code = named[Problem.__name__]["properties"]["code"]
    code["anyOf"] = [{"enum": codes()}, {"pattern": UPSTREAM}]
    return named


def codes() -> list[str]:
    """Return every code except those of `Upstream`, which begin with the service's name."""
    refused = {error.code for error in _tree(errors.Refused)} - {errors.Refused.code}
    return sorted({*refused, errors.OprinaError.code, errors.Conflict.code})


def _definitions(models: Sequence[type[BaseModel] | TypeAliasType]) -> dict[str, Json]:
    """Return the schemas of the models and of their parts, without titles."""
    ordered = sorted(models, key=lambda model: model.__name__)
    adapters: dict[str, TypeAdapter[Any]] = {
        model.__name__: TypeAdapter(cast("type[Any]", model)) for model in ordered
    }
    _, found = TypeAdapter.json_schemas(
        [(name, "validation", adapter) for name, adapter in adapters.items()], ref_template=REF
    )
    return {name: _plain(schema) for name, schema in sorted(found["$defs"].items())}


def _plain(schema: Json) -> Json:
    """Remove the titles, which only repeat the names, and the line breaks of descriptions."""
    properties = {
        name: {key: value for key, value in found.items() if key != "title"}
        for name, found in schema.get("properties", {}).items()
    }
    kept = {key: value for key, value in schema.items() if key != "title"}
    if "description" in kept:
        kept["description"] = " ".join(kept["description"].split())
    return {**kept, **({"properties": properties} if properties else {})}


def _with_parts(names: Sequence[str], found: dict[str, Json]) -> set[str]:
    """Return the names of these schemas and of all schemas that they refer to."""
    reached, ahead = set[str](), [*names]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead.extend(_references(found[name]))
    return reached


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].rpartition("/")[2]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _references(each)


def _as_received(schema: Json, in_path: set[str]) -> Json:
    """Describe a request: without the fields that are in the path and without `default`.

    Generators take a field with a default for one that must be sent, or send the default themselves.
    The defaults are said in the schema's description.
    """
    if "properties" not in schema:
        return schema
    fields = {name: each for name, each in schema["properties"].items() if name not in in_path}
    defaults = [f"`{name}` {value}" for name, each in fields.items() if (value := _default(each))]
    required = [name for name in schema.get("required", []) if name not in in_path]
    kept = {key: value for key, value in schema.items() if key != "required"}
    if defaults:
        said = f"Defaults: {', '.join(defaults)}."
        kept["description"] = f"{kept.get('description', '')} {said}".strip()
    properties = {name: _without_default(each) for name, each in fields.items()}
    return {**kept, "properties": properties, **({"required": required} if required else {})}


def _default(found: Json) -> str:
    """Return the default as JSON, or an empty text if it is null or an object."""
    default = found.get("default")
    return json.dumps(default) if isinstance(default, bool | int | float | str) else ""


def _without_default(found: Json) -> Json:
    return {key: value for key, value in found.items() if key != "default"}


def parameter(found: Json) -> Json:
    """Describe a field in a path, a query or a form, which have no null."""
    plain = _without_null(_without_default(found))
    default = {"description": f"Default: {said}."} if (said := _default(found)) else {}
    return {**{key: value for key, value in plain.items() if key != "title"}, **default}


def _without_null(found: Json) -> Json:
    """Remove the alternative null. A single other one takes the place of `anyOf`."""
    kinds = [kind for kind in found.get("anyOf", []) if kind != {"type": "null"}]
    rest = {key: value for key, value in found.items() if key != "anyOf"}
    return (
        {**rest, **kinds[0]} if len(kinds) == 1 else {**rest, **({"anyOf": kinds} if kinds else {})}
    )


def _as_sent(schema: Json) -> Json:
    """Describe an answer as it is sent: without null members, and with all others."""
    if "properties" not in schema:
        return schema
    fields = schema["properties"].items()
    optional = {name for name, found in fields if {"type": "null"} in found.get("anyOf", [])}
    properties = {
        name: {key: value for key, value in _without_null(found).items() if key != "default"}
        for name, found in fields
    }
    required = [name for name in properties if name not in optional]
    return {**schema, "properties": properties, "required": required}


def _tree(error: Error) -> Iterator[Error]:
    yield error
    for below in error.__subclasses__():
        yield from _tree(below)
