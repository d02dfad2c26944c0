"""Requests that are derived from docs/openapi.json.

A function never answers 422 naming a field that fits its schema. For each rule of the schema, a
request that breaks this rule alone is refused with 422, and the refusal names the field.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.cases import WITH_BODY, Case
from tests.api.client import FunctionClient, check_problem, fields_of
from tests.infra.test_openapi import SCHEMAS, described, wrong
from tests.support.virtual_time import VirtualTimeLoop

Schema = dict[str, Any]
PUBLIC = [case for case in WITH_BODY if case.route.request.model_config.get("extra") == "forbid"]
"""Every request with a body, but not those whose form another service defines."""
OTHER_TYPES: dict[str, list[Any]] = {
    "string": [7, True, ["a"], {"a": "b"}],
    "boolean": ["true", 1, 0.0, []],
    "integer": ["1", 1.5, True, {}],
    "number": ["1", True, []],
    "array": ["a", {}, 1],
    "object": ["a", [], 1],
    "null": [],
}
BEYOND_THE_SCHEMA = {
    "has nothing that can be spoken",
    "is not a language that Google speaks, such as en-US",
    "is not an allowed address",
    "is not the name of a voice, such as en-US-Neural2-F",
}
"""Problems of values that fit the schema. They depend on settings, or on the words of a text."""
NOT_TAGS = ["", "!", "en/US", "en-US\n", " ", "a b", "../x", "e", "\u00e9\u00e9"]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


def request_schema(case: Case) -> Schema:
    schema: Schema = described(case)["requestBody"]["content"]["application/json"]["schema"]
    return schema


def resolved(schema: Schema) -> Schema:
    if "$ref" in schema:
        return resolved(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    return schema


def choices(schema: Schema) -> list[Schema]:
    schema = resolved(schema)
    return (
        [each for part in schema["anyOf"] for each in choices(part)]
        if "anyOf" in schema
        else [schema]
    )


def edges(schema: Schema) -> Iterator[Any]:
    """Yield values at the edges of the rules of one field: some fit, others do not."""
    for part in choices(schema):
        yield from (word for each in part.get("enum", []) for word in (each, str(each).swapcase()))
        if part.get("type") == "string":
            for length in {part.get("minLength", 1), part.get("maxLength", 64)}:
                yield from ("x" * size for size in (length - 1, length, length + 1))
            yield from NOT_TAGS
        if part.get("type") in {"integer", "number"}:
            limits = [part[name] for name in ("minimum", "maximum") if name in part]
            yield from (value for limit in limits for value in (limit - 1, limit, limit + 1))
    yield from (value for values in OTHER_TYPES.values() for value in values)
    yield None


def problems(value: Any, schema: Schema) -> list[str]:
    """Return what is wrong with a value. In addition to `wrong`, ranges and least lengths count."""
    found = []
    for part in choices(schema):
        least = isinstance(value, str) and len(value) < part.get("minLength", 0)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        below = is_number and value < part.get("minimum", value)
        above = is_number and value > part.get("maximum", value)
        part_is_wrong = [*wrong(value, part), *(["range"] if least or below or above else [])]
        if not part_is_wrong:
            return []
        found += part_is_wrong
    return found


def fitting(case: Case, started: Schema) -> Schema:
    return case.without_parameters(
        case.example(started["avatar_session_id"], started["conversation_id"])
    )


@pytest.mark.parametrize("case", PUBLIC, ids=str)
async def test_each_rule_of_a_field_is_enforced_and_no_other(
    api: FunctionClient, case: Case
) -> None:
    started = await api.start()
    whole = resolved(request_schema(case))
    body = fitting(case, started)
    path = {name: each for name, each in case.example().items() if name in case.route.parameters}
    for name, schema in whole.get("properties", {}).items():
        for value in edges(schema):
            tried = {**body, name: value}
            answer = await api.send(case, {**path, **tried})
            named = (
                {each.partition(".")[0] for each in fields_of(answer.json())}
                if answer.status_code == 422 and "errors" in answer.json()
                else set()
            )
            if problems(value, schema):
                check_problem(answer, 422, "invalid")
                assert name in named, (name, value, answer.text)
            elif not [*wrong(tried, request_schema(case))] and answer.status_code == 422:
                assert {each["problem"] for each in answer.json()["errors"]} <= BEYOND_THE_SCHEMA, (
                    name,
                    value,
                    answer.text,
                )


@pytest.mark.parametrize("case", PUBLIC, ids=str)
async def test_each_required_field_and_no_unknown_one(api: FunctionClient, case: Case) -> None:
    started = await api.start()
    whole = resolved(request_schema(case))
    body = fitting(case, started)
    path = {name: each for name, each in case.example().items() if name in case.route.parameters}
    for name in whole.get("required", []):
        less = {key: each for key, each in body.items() if key != name}
        problem = check_problem(await api.send(case, {**path, **less}), 422, "invalid")
        assert fields_of(problem) == [name]
    assert whole["additionalProperties"] is False
    for name in ("unknown", "Message", "avatarId", "__class__"):
        problem = check_problem(await api.send(case, {**path, **body, name: 1}), 422, "invalid")
        assert fields_of(problem) == [name]


def test_each_combination_of_the_document_is_one_of_the_request() -> None:
    for case in PUBLIC:
        combinations = [each for each in case.route.request.REFUSED if "audio" not in each]
        whole = resolved(request_schema(case))
        described_ones = [part for part in whole.get("allOf", []) if "not" in part]
        assert len(described_ones) == len(combinations), case
