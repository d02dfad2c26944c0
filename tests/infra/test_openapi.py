"""docs/openapi.json: current, consistent, and equal to what is sent over the api."""

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from common.domain import errors
from infra.deploy.shell import ROOT
from infra.docs.openapi import DOCUMENT, text
from infra.registry import declarations
from tests.api.cases import ALL, MISSING, SESSION, WITH_BODY, Case
from tests.api.client import EVENTS, PROBLEM, FunctionClient
from tests.api.sse import events
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


def wrong(value: Any, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield what does not fit the schema. Undescribed members do not fit."""
    if "$ref" in schema:
        yield from wrong(value, SCHEMAS[schema["$ref"].rpartition("/")[2]], path)
    yield from wrong_together(value, schema, path)
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


def wrong_together(value: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    """Yield the combinations of fields that a schema refuses, and what does not fit its parts."""
    for part in [*schema.get("allOf", []), *([{"not": schema["not"]}] if "not" in schema else [])]:
        if "not" not in part:
            yield from wrong(value, part, path)
            continue
        fields = part["not"]["properties"]
        missing = {*part["not"].get("required", [])} - {*value}
        others = [n for n, each in fields.items() if n in value and list(wrong(value[n], each))]
        if not missing and not others:
            yield f"{path} has a combination that is refused: {sorted(fields)}"


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
    ecma = re.sub(r"\$$", r"\\Z", schema.get("pattern", ""))  # `$` is the very end there
    if not re.search(ecma, str(value)):
        yield "pattern"
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        yield "maxLength"


def described(case: Case) -> dict[str, Any]:
    """Return the operation in the document."""
    path = WRITTEN["paths"][f"/{case.function}{case.route.path}".rstrip("/")]
    operation: dict[str, Any] = path[case.route.method.lower()]
    return operation


def schema_of(case: Case, status: int, media: str = "application/json") -> dict[str, Any]:
    schema: dict[str, Any] = described(case)["responses"][str(status)]["content"][media]["schema"]
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
    operations = {
        operation["operationId"]: operation
        for item in WRITTEN["paths"].values()
        for method, operation in item.items()
        if method != "servers"
    }
    assert operations == {str(case): described(case) for case in ALL}
    for ref in refs(WRITTEN):
        node = WRITTEN
        for part in ref.removeprefix("#/").split("/"):
            node = node[part]
    assert {ref.rpartition("/")[2] for ref in refs(WRITTEN) if "/schemas/" in ref} == set(SCHEMAS)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_token_and_key_are_described_where_they_are_used(case: Case) -> None:
    key, operation = {"$ref": "#/components/parameters/IdempotencyKey"}, described(case)
    users = case.route.callers == "users"
    assert operation.get("security", WRITTEN["security"]) == ([{"idToken": []}] * users)
    assert ("401" in operation["responses"]) == users
    assert (key in operation.get("parameters", [])) == case.route.keyed


@pytest.mark.parametrize("case", ALL, ids=str)
def test_refusals_of_a_route_are_described(case: Case) -> None:
    responses = described(case)["responses"]
    for error in case.route.raises:
        assert f"`{error.code}`" in responses[str(error.status)]["description"]


def test_servers_are_the_hosts_that_terraform_makes() -> None:
    hosts = (ROOT / "terraform" / "functions.tf").read_text()
    project = "${data.google_project.this.number}.${var.region}.run.app"
    assert f"${{service}}-{project}" in hosts
    for path, item in WRITTEN["paths"].items():
        name = path.split("/")[1]
        service = name.replace("_", "-")
        urls = [server["url"] for server in item["servers"]]
        assert urls[-1] == f"https://{service}-{{number}}.{{region}}.run.app"
        assert ("https://{domain}/api" in urls) is not declarations()[name].internal


@pytest.mark.parametrize("path", ["/api/health", "/health", "/"])
async def test_every_server_leads_to_the_function(path: str, api: FunctionClient) -> None:
    """A client adds a path to a server. The load balancer takes the name out of it again."""
    answer = await api.call("health", method="GET", user=None, path=path)
    assert answer.status_code == 200


def test_parameters_of_a_get_are_its_query() -> None:
    operation = WRITTEN["paths"]["/health"]["get"]
    (deep,) = operation["parameters"]
    assert (deep["name"], deep["in"], deep["required"]) == ("deep", "query", False)
    assert deep["schema"]["type"] == "boolean"
    assert "requestBody" not in operation


def test_generators_are_given_nothing_that_they_misread() -> None:
    """A default makes a field required in TypeScript. A value of two types stops a Python generator."""
    received = {
        ref.rpartition("/")[2] for case in WITH_BODY for ref in refs(described(case)["requestBody"])
    }
    for name in [*received, "PreferencesChange"]:
        for field in SCHEMAS[name].get("properties", {}).values():
            assert "default" not in field
            assert len({type(value) for value in field.get("enum", [])}) <= 1
    for case in ALL:
        for found in described(case).get("parameters", []):
            assert not {"default", "anyOf"} & {*found.get("schema", {})}


def test_requests_can_reset_a_field_and_answers_leave_it_out() -> None:
    null = {"type": "null"}
    assert null in SCHEMAS["PreferencesChange"]["properties"]["speed"]["anyOf"]
    assert "anyOf" not in SCHEMAS["AccountPreferences"]["properties"]["speed"]


def test_document_lists_every_code() -> None:
    """Codes that begin with a service's name are described by a pattern."""
    code = SCHEMAS["Problem"]["properties"]["code"]["anyOf"]
    refusals = {each.code for each in errors.Refused.__subclasses__()}
    assert set(code[0]["enum"]) == refusals | {"internal", "conflict"}
    assert re.search(code[1]["pattern"], errors.Busy("agent", "answered 429").code)


def required(case: Case) -> list[str]:
    return [name for name, each in case.route.request.model_fields.items() if each.is_required()]


NEEDS_MORE = [case for case in ALL if case.function == "connections"]
NEEDS_MORE += [case for case in ALL if str(case) == "read_certificate"]
"""Operations whose example is refused without an earlier request: they need a connection."""


async def test_answers_fit_their_schemas(api: FunctionClient) -> None:
    calls = {str(case): case for case in ALL}
    started = await api.start()
    session, conversation = started["avatar_session_id"], started["conversation_id"]
    api.harness.agent.replies.extend([["One.", " Two."]] * 2)
    others = [name for name, case in calls.items() if name not in SESSION and case.route.answer]
    for name in [*SESSION, *others]:
        case = calls[name]
        optional = name not in SESSION and not required(case)
        fields = {} if optional else case.example(session, conversation)
        answer = await api.send(case, fields)
        if answer.status_code in {each.status for each in case.route.raises} and case in NEEDS_MORE:
            assert list(wrong(answer.json(), SCHEMAS["Problem"])) == []
            continue
        if case.function == "page":  # files, which are there if the page is built
            assert answer.status_code in {200, 404}
            continue
        assert answer.status_code in case.route.answers, answer.text
        assert list(wrong(answer.json(), schema_of(case, answer.status_code))) == []
    answer = await api.send(calls["chat"], {"message": "Hi."})
    assert list(wrong(answer.json(), schema_of(calls["chat"], 200))) == []


@pytest.mark.parametrize("case", WITH_BODY, ids=str)
async def test_the_schema_accepts_and_refuses_as_the_function_does(
    api: FunctionClient, case: Case
) -> None:
    started = await api.start()
    fields = case.example(started["avatar_session_id"], started["conversation_id"])
    body = case.without_parameters(fields)
    schema = described(case)["requestBody"]["content"]["application/json"]["schema"]
    assert list(wrong(body, schema)) == []
    unknown = [] if case.route.request.model_config.get("extra") == "ignore" else [{"unknown": 1}]
    invalid: list[dict[str, Any]] = [*unknown, *({name: {"a": [None]}} for name in body)]
    for unfit in invalid:
        assert (await api.send(case, {**fields, **unfit})).status_code == 422
        assert list(wrong({**body, **unfit}, schema))


SOME = {
    "message": "Hi.",
    "stop": True,
    "regenerate": True,
    "edit": "m1",
    "confirm": "p1",
    "yes": False,
    "conversation_id": "c1",
    "text": "Hi.",
    "interrupt": True,
}
COMBINED = {
    "chat": ["message", "stop", "regenerate", "edit", "confirm", "yes", "conversation_id"],
    "speak": ["text", "interrupt"],
}


@pytest.mark.parametrize("function", COMBINED)
async def test_the_schema_knows_which_fields_go_together(
    api: FunctionClient, function: str
) -> None:
    """Every combination of the optional fields is refused by both, or by neither."""
    (case,) = (case for case in ALL if str(case) == function)
    schema = described(case)["requestBody"]["content"]["application/json"]["schema"]
    names = COMBINED[function]
    always = {"avatar_session_id": MISSING} if function == "speak" else {}
    for chosen in itertools.product([True, False], repeat=len(names)):
        given = [name for name, is_given in zip(names, chosen, strict=True) if is_given]
        for rest in ({}, {"text": None}) if function == "speak" else ({}, {"message": None}):
            body = always | rest | {name: SOME[name] for name in given}
            refused = (await api.send(case, body)).status_code == 422
            assert bool(list(wrong(body, schema))) == refused, body


async def test_events_fit_the_schema_of_their_name(api: FunctionClient) -> None:
    started = await api.start()
    body = {"message": "Hi.", "conversation_id": started["conversation_id"]}
    answer = await api.call("chat", body, headers={"accept": EVENTS})
    (chat,) = (case for case in ALL if str(case) == "chat")
    schema = schema_of(chat, 200, EVENTS)
    stream = events(answer.content)
    assert {event.name for event in stream} >= {"turn", "text", "sentence", "speech", "done"}
    for event in stream:
        assert list(wrong({"event": event.name, **event.data}, schema)) == []
        assert list(wrong({"event": event.name, **event.data, "more": 1}, schema))


async def test_problems_fit_their_schema(api: FunctionClient) -> None:
    started = await api.start()
    body = {"avatar_session_id": started["avatar_session_id"]}
    problems = [
        ("chat", await api.call("chat", {}, user=None)),
        ("chat", await api.call("chat", b"[")),
        ("chat", await api.call("chat", {"message": ""})),
        ("chat", await api.call("chat", b"x" * 70_000)),
        ("speak", await api.call("speak", {"avatar_session_id": MISSING, "text": "Hi."})),
        ("start_avatar", await api.call("start_avatar", {})),
        ("sweep_expired", await api.call("sweep_expired", body)),
    ]
    await api.call("end_session", body)
    problems.append(("keep_alive", await api.call("keep_alive", body)))
    statuses = [answer.status_code for _, answer in problems]
    assert statuses == [401, 400, 422, 413, 404, 429, 425, 409]
    calls = {str(case): case for case in ALL}
    for function, answer in problems:
        schema = schema_of(calls[function], answer.status_code, PROBLEM)
        assert list(wrong(answer.json(), schema)) == []
