"""Write docs/openapi.json, the contract with callers, from the declarations of the functions.

python -m infra.docs.openapi
"""

import json
import tomllib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from common.api.requests import JSON, KEY, BodyKind
from common.api.routes import Declaration, Operation, Route
from common.api.streaming import EVENT_STREAM
from common.domain import errors
from common.schemas.base import refusal_schema
from infra.docs.openapi_schemas import Error, Json, Problem, parameter, ref, schemas
from infra.registry import declarations

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "openapi.json"

DESCRIPTION = (
    "Every refusal and every failure is a problem document (`application/problem+json`, RFC 9457)."
    " A method that a path does not have gets 405 with the code `invalid`. A path that a function does"
    " not have gets 404 with the code `not_found`. Google's front end may answer in place of a deployed"
    " function, with 401, 403, 404, 429, 500, 503 or 504. Its body is not a problem document."
)
LOCAL = {
    "url": "http://localhost:8080/api",
    "description": "The local stack (`make run`). The prefix `/api` is optional.",
}
ONE_HOST = {
    "url": "https://{domain}/api",
    "description": "A deployment with a domain: page and API share one host.",
    "variables": {"domain": {"default": "talk.example.com"}},
}
USERS: tuple[Error, ...] = (errors.Unauthenticated, errors.NotInvited)
KEYED: tuple[Error, ...] = (errors.KeyInFlight, errors.KeyReused)
UPSTREAM: tuple[type[errors.Upstream], ...] = (
    errors.Unavailable,
    errors.Ambiguous,
    errors.Failed,
)


def document() -> Json:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    functions = declarations().values()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Oprina",
            "version": project["version"],
            "description": f"{project['description']}\n\n{DESCRIPTION}",
        },
        "servers": [LOCAL, ONE_HOST],
        "security": [{"idToken": []}],
        "paths": {path: item for each in functions for path, item in _paths(each).items()},
        "components": {
            "schemas": schemas(
                [each.route for function in functions for each in function.operations]
            ),
            "securitySchemes": {
                "idToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A Firebase ID token.",
                }
            },
            "parameters": {
                "IdempotencyKey": {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "required": False,
                    "description": "Requests with the same key have one effect and one answer.",
                    "schema": {"type": "string", "pattern": f"^{KEY.pattern}$"},
                }
            },
        },
    }


# ── paths ────────────────────────────────────────────────────────────────────────────────────────


def _paths(function: Declaration) -> Json:
    paths: Json = {}
    for operation in function.operations:
        route = operation.route
        item = paths.setdefault(f"/{function.name}{route.path}".rstrip("/"), {})
        item[route.method.lower()] = _operation(operation)
    shared = [] if function.internal else [ONE_HOST]
    servers = [LOCAL, *shared, _function_host(function.name)]
    return {path: {"servers": servers, **item} for path, item in paths.items()}


def _function_host(function: str) -> Json:
    """Return the function's own host on Cloud Run, as `terraform output function_urls` has it."""
    service = function.replace("_", "-")
    return {
        "url": f"https://{service}-{{number}}.{{region}}.run.app",
        "description": "The deployed function, at a host of its own.",
        "variables": {
            "number": {"default": "123456789012", "description": "The number of the project."},
            "region": {"default": "us-central1"},
        },
    }


def _operation(operation: Operation) -> Json:
    route = operation.route
    parameters = list(_parameters(operation))
    return {
        "operationId": operation.name,
        "summary": " ".join((operation.use_case.__doc__ or "").split()),
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": _body(operation)} if route.has_body else {}),
        "responses": _responses(operation),
        **({} if route.callers == "users" else {"security": []}),
    }


def _parameters(operation: Operation) -> Iterator[Json]:
    """Yield the key, the path's parameters, and the query of a method that has no body."""
    route = operation.route
    if route.keyed:
        yield {"$ref": "#/components/parameters/IdempotencyKey"}
    schema = route.request.model_json_schema()
    for name, found in schema.get("properties", {}).items():
        in_path = name in route.parameters
        if in_path or not route.has_body or any(kind.with_query for kind in route.bodies):
            yield {
                "name": name,
                "in": "path" if in_path else "query",
                "required": in_path or name in schema.get("required", ()),
                "schema": parameter(found),
            }


def _body(operation: Operation) -> Json:
    route = operation.route
    fields = route.request.model_fields.items()
    required = (name for name, field in fields if field.is_required())
    return {
        "required": any(name not in route.parameters for name in required),
        "description": f"At most {max(kind.max_bytes for kind in route.bodies)} bytes.",
        "content": {
            media_type: {"schema": _body_schema(route, kind)}
            for kind in route.bodies
            for media_type in kind.media_types
        },
    }


def _body_schema(route: Route[Any, Any], kind: BodyKind) -> Json:
    """Return the schema of a body of this kind."""
    sound: Json = {"type": "string", "format": "binary"}
    if kind.json_part is not None:
        parts = {kind.json_part: ref(route.request), "audio": sound}
        return {"type": "object", "properties": parts, "required": ["audio"]}
    if kind is JSON:
        alone = route.request.NOT_WITHOUT_AUDIO
        return ref(route.request) | (refusal_schema(alone) if alone else {})
    if kind.with_query:
        return sound
    found = route.request.model_json_schema().get("properties", {})
    fields = {name: parameter(each) for name, each in found.items()}
    return {"type": "object", "properties": {**fields, "audio": sound}, "required": ["audio"]}


# ── responses ────────────────────────────────────────────────────────────────────────────────────


def _responses(operation: Operation) -> Json:
    """Return the responses by status. Where an answer and a problem share one, their types differ."""
    responses = _problems(operation)
    for status, description in operation.route.answers.items():
        answer, problem = _answer(operation, description), responses.get(str(status))
        if problem:
            answer["description"] += f" {problem['description']}"
            answer = {**problem, **answer, "content": {**answer["content"], **problem["content"]}}
        responses[str(status)] = answer
    if operation.route.callers == "internal":
        responses["403"] = {"description": "IAM refuses the caller, and the function does not run."}
    return dict(sorted(responses.items()))


def _answer(operation: Operation, description: str) -> Json:
    route = operation.route
    content: Json = {} if route.answer is None else _json(route.answer)
    if route.media_type is not None:
        content[route.media_type] = {"schema": {"type": "string", "format": "binary"}}
    if route.events:
        content[EVENT_STREAM] = {"schema": ref(route.events)}
    return {"description": description, **({"content": content} if content else {})}


def _problems(operation: Operation) -> Json:
    """Return the problems by status, each with every code that it may have."""
    by_status = groupby(sorted(_codes(operation)), lambda each: each[0])
    return {
        str(status): _problem(status, [text for _, text in texts]) for status, texts in by_status
    }


def _codes(operation: Operation) -> Iterator[tuple[int, str]]:
    route = operation.route
    invalid = [(400, "a duplicate field, or an invalid Idempotency-Key"), (422, "an invalid field")]
    if route.has_body:
        invalid = [
            (400, "an invalid body or Idempotency-Key"),
            (408, "the body did not arrive in time"),
            (413, "body too large"),
            invalid[1],
        ]
    for status, reason in invalid:
        yield status, f"`{errors.Invalid.code}`: {reason}."
    users, keyed = USERS * (route.callers == "users"), KEYED * route.keyed
    for error in (*route.raises, *users, *keyed):
        yield error.status, f"`{error.code}`: {error.title}."
    for upstream in UPSTREAM:
        yield upstream.status, f"`<service>_{upstream.kind}`: {upstream.title}."
    yield errors.OprinaError.status, f"`{errors.OprinaError.code}`: {errors.OprinaError.title}."


def _problem(status: int, texts: list[str]) -> Json:
    problem: Json = {
        "description": " ".join(texts),
        "content": {"application/problem+json": {"schema": ref(Problem)}},
    }
    if status in {
        errors.Unavailable.status,
        errors.KeyInFlight.status,
        errors.QuotaExceeded.status,
    }:
        seconds = {"schema": {"type": "integer"}, "description": "Seconds, where a retry helps."}
        problem["headers"] = {"Retry-After": seconds}
    return problem


def _json(model: type[BaseModel]) -> Json:
    return {"application/json": {"schema": ref(model)}}


def text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(text(), encoding="utf-8")
