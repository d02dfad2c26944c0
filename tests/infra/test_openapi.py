"""docs/openapi.json: current, consistent, and equal to what is sent over the wire."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from common.api.routes import Operation
from infra.deploy.shell import ROOT
from infra.docs.openapi import DOCUMENT, text
from infra.local.identity import LocalIdentity
from infra.registry import declarations
from tests.api.sse import events
from tests.api.wire import CODES, EVENTS, EVERY, MISSING, Wire, good_body
from tests.support.harness import new_harness
from tests.support.virtual_time import VirtualTimeLoop

WRITTEN: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
SCHEMAS: dict[str, Any] = WRITTEN["components"]["schemas"]
KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


@pytest.fixture
async def wire(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wire]:
    harness = new_harness()
    yield Wire(harness, LocalIdentity(tmp_path_factory.mktemp("identity"), "oprina-local"))
    await harness.store.close()


def wrong(value: Any, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield what does not fit the schema. Undescribed members do not fit."""
    if "$ref" in schema:
        yield from wrong(value, SCHEMAS[schema["$ref"].rpartition("/")[2]], path)
    if "oneOf" in schema:
        yield from wrong(value, by_discriminator(value, schema), path)
        return
    if "anyOf" in schema and all(list(wrong(value, each, path)) for each in schema["anyOf"]):
        yield f"{path} is none of anyOf"
    kind = schema.get("type", "")
    if not isinstance(value, KINDS.get(kind, object)) or (
        isinstance(value, bool) and kind not in {"boolean", ""}
    ):
        yield f"{path} is no {kind}"
    elif isinstance(value, dict):
        yield from wrong_members(value, schema, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from wrong(item, schema["items"], f"{path}/{index}")
    else:
        yield from (f"{path}: {word}" for word in wrong_scalar(value, schema))


def by_discriminator(value: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    discriminator = schema["discriminator"]
    ref = discriminator["mapping"][value[discriminator["propertyName"]]]
    assert {"$ref": ref} in schema["oneOf"]
    return {"$ref": ref}


def wrong_members(value: dict[str, Any], schema: dict[str, Any], path: str) -> Iterator[str]:
    if "$ref" in schema or "anyOf" in schema:
        return
    yield from (f"{path}/{name} is missing" for name in {*schema.get("required", [])} - {*value})
    for name, item in value.items():
        below = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
        if below:
            yield from wrong(item, below, f"{path}/{name}")
        else:
            yield f"{path}/{name} is not described"


def wrong_scalar(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield "enum"
    if "const" in schema and value != schema["const"]:
        yield "const"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield "pattern"
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        yield "maxLength"


def schema_of(function: str, status: int, media: str) -> dict[str, Any]:
    (operation,) = (
        item for key, item in WRITTEN["paths"][f"/{function}"].items() if key != "servers"
    )
    schema: dict[str, Any] = operation["responses"][str(status)]["content"][media]["schema"]
    return schema


def refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
        for each in node.values():
            yield from refs(each)
    elif isinstance(node, list):
        for each in node:
            yield from refs(each)


def test_document_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == text(), "run: python -m infra.docs.openapi"


def test_document_has_every_operation_and_every_referenced_schema() -> None:
    described = {
        (path, method): operation["operationId"]
        for path, item in WRITTEN["paths"].items()
        for method, operation in item.items()
        if method != "servers"
    }
    assert described == {
        (f"/{name}{each.route.path}".rstrip("/"), each.route.method.lower()): each.name
        for name, function in declarations().items()
        for each in function.operations
    }
    for ref in refs(WRITTEN):
        node = WRITTEN
        for part in ref.removeprefix("#/").split("/"):
            node = node[part]
    assert {ref.rpartition("/")[2] for ref in refs(WRITTEN) if "/schemas/" in ref} == set(SCHEMAS)


def operations() -> Iterator[tuple[dict[str, Any], Operation]]:
    """Yield each operation of the document with its declaration."""
    for name, function in declarations().items():
        for each in function.operations:
            path = WRITTEN["paths"][f"/{name}{each.route.path}".rstrip("/")]
            yield path[each.route.method.lower()], each


def test_token_and_key_are_described_where_they_are_used() -> None:
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    for described, operation in operations():
        users = operation.route.callers == "users"
        assert described.get("security", WRITTEN["security"]) == ([{"idToken": []}] * users)
        assert ("401" in described["responses"]) == users
        assert (key in described.get("parameters", [])) == operation.route.keyed


def test_every_refusal_of_a_route_is_described() -> None:
    for described, operation in operations():
        for error in operation.route.raises:
            assert f"`{error.code}`" in described["responses"][str(error.status)]["description"]


def test_servers_are_the_hosts_that_terraform_makes() -> None:
    hosts = (ROOT / "terraform" / "functions.tf").read_text()
    assert (
        '${replace(name, "_", "-")}-${data.google_project.this.number}.${var.region}.run.app'
        in hosts
    )
    for name in declarations():
        _, deployed = WRITTEN["paths"][f"/{name}"]["servers"]
        assert deployed["url"] == f"https://{name.replace('_', '-')}-{{number}}.{{region}}.run.app"


def test_parameters_of_a_get_are_its_query() -> None:
    operation = WRITTEN["paths"]["/health"]["get"]
    (deep,) = operation["parameters"]
    assert (deep["name"], deep["in"], deep["required"]) == ("deep", "query", False)
    assert deep["schema"]["type"] == "boolean"
    assert "requestBody" not in operation


def test_document_lists_every_code() -> None:
    listed = SCHEMAS["Problem"]["properties"]["code"]["anyOf"][0]["enum"]
    assert set(listed) == CODES | {"internal", "conflict"}


async def test_answers_fit_their_schemas(wire: Wire) -> None:
    started = await wire.call("start_avatar", {})
    session, conversation = started.json()["avatar_session_id"], started.json()["conversation_id"]
    answers = [("start_avatar", started)]
    wire.harness.agent.replies.extend([["One.", " Two."]] * 2)
    for function in ("start_avatar", "chat", "speak", "keep_alive", "end_session"):
        body = good_body(function, session, conversation)
        answers.append((function, await wire.call(function, body)))
    answers.append(("chat", await wire.call("chat", {"message": "Hi."})))
    answers.append(("sweep_expired", await wire.call("sweep_expired")))
    answers.append(("health", await wire.call("health", user=None, method="GET")))
    assert [answer.status_code for _, answer in answers] == [201, *[200] * 8]
    for function, answer in answers:
        schema = schema_of(function, answer.status_code, "application/json")
        assert list(wrong(answer.json(), schema)) == []


async def test_accepted_requests_fit_their_schemas(wire: Wire) -> None:
    started = await wire.start()
    for function in EVERY:
        body = good_body(function, started["avatar_session_id"], started["conversation_id"])
        operation = WRITTEN["paths"][f"/{function}"]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert list(wrong(body, schema)) == []
        unfit = [{**body, "unknown": 1}, *({**body, name: "a/b\n" * 3_000} for name in body)]
        for each in unfit:
            assert (await wire.call(function, each)).status_code == 422
            assert list(wrong(each, schema))


async def test_events_fit_the_schema_of_their_name(wire: Wire) -> None:
    started = await wire.start()
    body = {"message": "Hi.", "conversation_id": started["conversation_id"]}
    answer = await wire.call("chat", body, headers={"accept": EVENTS})
    described = schema_of("chat", 200, EVENTS)
    stream = events(answer.content)
    assert {event.name for event in stream} >= {"turn", "text", "sentence", "speech", "done"}
    for event in stream:
        assert list(wrong({"event": event.name, **event.data}, described)) == []
        assert list(wrong({"event": event.name, **event.data, "more": 1}, described))


async def test_problems_fit_their_schema(wire: Wire) -> None:
    started = await wire.start()
    body = {"avatar_session_id": started["avatar_session_id"]}
    problems = [
        ("chat", await wire.call("chat", {}, user=None)),
        ("chat", await wire.call("chat", b"[")),
        ("chat", await wire.call("chat", {"message": ""})),
        ("chat", await wire.call("chat", b"x" * 70_000)),
        ("speak", await wire.call("speak", {"avatar_session_id": MISSING, "text": "Hi."})),
        ("start_avatar", await wire.call("start_avatar", {})),
        ("sweep_expired", await wire.call("sweep_expired", body)),
    ]
    await wire.call("end_session", body)
    problems.append(("keep_alive", await wire.call("keep_alive", body)))
    statuses = [answer.status_code for _, answer in problems]
    assert statuses == [401, 400, 422, 413, 404, 429, 425, 409]
    for function, answer in problems:
        schema = schema_of(function, answer.status_code, "application/problem+json")
        assert list(wrong(answer.json(), schema)) == []
