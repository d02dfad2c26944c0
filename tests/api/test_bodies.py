"""Invalid requests are refused with the name of the field. They change nothing and cause no 500."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.api.cases import ALL, WITH_BODY, Case
from tests.api.client import FunctionClient, check_problem, fields_of

CANARY = "canary-7f3a"
NOT_OBJECTS: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"hello", "is not JSON"),
    "half of it": (b'{"message": "hi', "is not JSON"),
    "twice": (b"{}{}", "is not JSON"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "is not JSON"),
    "a comment": (b"{} // hi", "is not JSON"),
    "NaN": (b'{"message": NaN}', "is not JSON"),
    "Infinity": (b'{"message": -Infinity}', "is not JSON"),
    "a number without an end": (b'{"message": ' + b"9" * 5_000 + b"}", "is not JSON"),
    "a raw newline in a string": (b'{"message": "a\nb"}', "is not JSON"),
    "a list": (b"[]", "is not a JSON object"),
    "a string": (b'"hello"', "is not a JSON object"),
    "a number": (b"1e999", "is not a JSON object"),
    "null": (b"null", "is not a JSON object"),
    "nested lists": (b"[" * 60_000, "is not JSON"),
    "nested lists, closed": (b"[" * 30_000 + b"]" * 30_000, "is not JSON"),
    "nested objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "is not JSON"),
    "bad UTF-8": (b'{"message": "\xff"}', "is not UTF-8"),
    "UTF-8 that is too long": (b'{"message": "\xc0\xaf"}', "is not UTF-8"),
    "a raw surrogate": (b'{"message": "\xed\xa0\x80"}', "is not UTF-8"),
    "a raw surrogate in a key": (b'{"\xed\xa0\x80": 1}', "is not UTF-8"),
    "UTF-16": ('{"message": "hi"}'.encode("utf-16"), "is not UTF-8"),
}
BAD_IDS: dict[str, Any] = {
    "empty": "",
    "slash": "a/b",
    "slashes": "../../users/bob",
    "dot": ".",
    "dots": "a.b",
    "blank": "a b",
    "newline at the end": "abc\n",
    "NUL": "a\0",
    "not ASCII": "añb",
    "digits of another script": "١٢٣",
    "too long": "a" * 65,
    "the store's own": "__a__",
    "surrogate": "\ud800",
    "number": 1,
}
BAD_TEXTS: dict[str, Any] = {
    "empty": "",
    "blank": " \t\r\n",
    "white space of other scripts": "\u3000\u2003\u2028",
    "characters that nothing shows": "\u200b\u0000\u2060\ufeff",
    "fillers": "\u3164\u115f\u1160\uffa0\u2800\u17b4",
    "selectors and marks": "\ufe0f\u180e\u061c\u034f\ufffb",
    "tags": "\U000e0041\U000e0100",
    "surrogate": "hi \ud83d there",
    "surrogates the wrong way round": "\udc00\ud800",
    "number": 1,
    "list": ["hi"],
    "object": {"text": "hi"},
    "bool": True,
}
BAD_SWITCHES = {"text": "true", "number": 1, "float": 0.0, "list": [], "surrogate": "\ud800"}
BAD: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("conversation_id", "avatar_session_id", "avatar_id"), BAD_IDS),
    **dict.fromkeys(("message", "text", "voice"), BAD_TEXTS),
    **dict.fromkeys(("speak", "wait", "interrupt"), BAD_SWITCHES),
    "quality": {"unknown": "ultra", "case": "HIGH", "surrogate": "\ud800", "number": 1},
    "language": {
        "empty": "",
        "no tag": "!",
        "slash": "en/US",
        "newline at the end": "en-US\n",
        "surrogate": "en-\ud800",
        "number": 1,
        "too long": "en" + "-abcdefgh" * 4,
    },
}
BY_TYPE: dict[str, dict[str, Any]] = {
    "object": {"text": "a", "list": [], "unknown field": {"unknown": 1}},
    "string": {"number": 1, "surrogate": "\ud800", "list": []},
    "boolean": BAD_SWITCHES,
    "integer": {"text": "1", "float": 1.5, "list": []},
    "number": {"text": "1", "list": []},
    "array": {"text": "a", "object": {}},
}
"""Invalid values of a field that is not in BAD."""
UNKNOWN = {
    "unknown": "unknown",
    "Message": "Message",
    "": "body",
    "uid": "uid",
    "__proto__": "__proto__",
    "\ud800": "body",
    "ключ": "\\u043a\\u043b\\u044e\\u0447",
    "a\nb": "a\nb",
    "k" * 1_000: "k" * 100,
}
"""Fields that no request has, each with the name that the refusal gives it."""
STRICT = [each for each in WITH_BODY if each.route.request.model_config.get("extra") != "ignore"]
"""Every request with a body, but not that of Pub/Sub, which adds fields."""
BAD_KEYS = ("", " ", "a b", "ключ", "x" * 201, "a\tb", "\x7f")


def invalid_values(case: Case) -> Iterator[tuple[str, str, Any]]:
    """Yield field, name of the value and value, for each field of the body."""
    schema = case.route.request.model_json_schema()
    for field, found in case.without_parameters(schema["properties"]).items():
        if "$ref" in found:
            continue  # a model of its own, whose fields are those of a service of Google
        kinds = [kind.get("type", "boolean") for kind in found.get("anyOf", [found])]
        bad = dict(BAD[field] if field in BAD else BY_TYPE[kinds[0]])
        if "null" not in kinds:
            bad["null"] = None
        longest = max(kind.get("maxLength", 0) for kind in found.get("anyOf", [found]))
        if longest:
            bad["too long"] = "x" * (longest + 1)
        for name, value in bad.items():
            yield field, name, value


Started = tuple[FunctionClient, dict[str, Any], dict[str, str]]


@pytest.fixture
async def running(api: FunctionClient) -> Started:
    """Return the client, Ada's running session, and the documents that are stored then."""
    started = await api.start()
    return api, started, api.dump()


def valid(case: Case, started: dict[str, Any]) -> dict[str, Any]:
    return case.example(started["avatar_session_id"], started["conversation_id"])


@pytest.mark.parametrize("case", WITH_BODY, ids=str)
async def test_an_invalid_field_is_named(running: Started, case: Case) -> None:
    api, started, before = running
    calls = list(api.harness.avatars.calls)
    for field, name, value in invalid_values(case):
        answer = await api.send(case, {**valid(case, started), field: value})
        assert fields_of(check_problem(answer, 422, "invalid")) == [field], name
        assert api.dump() == before, name
        assert api.harness.avatars.calls == calls, name
        assert not api.harness.agent.asked, name


@pytest.mark.parametrize("case", WITH_BODY, ids=str)
async def test_a_refusal_does_not_repeat_values(running: Started, case: Case) -> None:
    api, started, before = running
    for field in case.without_parameters(valid(case, started)):
        for value in (f"{CANARY}/\ud800" * 1_000, {CANARY: CANARY}, [CANARY]):
            answer = await api.send(case, {**valid(case, started), field: value})
            check_problem(answer, 422, "invalid")
            assert CANARY not in answer.text
    for body in (f"{CANARY}".encode(), f'"{CANARY}"'.encode(), f'{{"a": "{CANARY}'.encode()):
        assert CANARY not in (await api.send(case, body)).text
    assert api.dump() == before


@pytest.mark.parametrize("case", WITH_BODY, ids=str)
async def test_a_missing_field_is_named(running: Started, case: Case) -> None:
    api, started, before = running
    for field, info in case.route.request.model_fields.items():
        if info.is_required() and field not in case.route.parameters:
            body = valid(case, started)
            del body[field]
            answer = await api.send(case, body)
            assert fields_of(check_problem(answer, 422, "invalid")) == [field]
    assert api.dump() == before


@pytest.mark.parametrize("case", WITH_BODY, ids=str)
async def test_a_body_that_is_no_json_object_is_refused(running: Started, case: Case) -> None:
    api, _, before = running
    for bad, (body, why) in NOT_OBJECTS.items():
        problem = check_problem(await api.send(case, body), 400, "invalid")
        assert problem["errors"] == [{"field": "body", "problem": why}], bad
        assert api.dump() == before, bad


@pytest.mark.parametrize("case", STRICT, ids=str)
async def test_an_unknown_field_is_refused(running: Started, case: Case) -> None:
    api, started, before = running
    for key, named in UNKNOWN.items():
        answer = await api.send(case, {**valid(case, started), key: CANARY})
        assert fields_of(check_problem(answer, 422, "invalid")) == [named]
        assert CANARY not in answer.text
        assert api.dump() == before, named


@pytest.mark.parametrize("case", WITH_BODY, ids=str)
async def test_an_answer_does_not_grow_with_the_wrong_fields(running: Started, case: Case) -> None:
    api, _, before = running
    answer = await api.send(case, {f"f{n}": n for n in range(4_000)})
    check_problem(answer, 422, "invalid")
    assert len(answer.content) < 4_096
    assert api.dump() == before


@pytest.mark.parametrize("case", WITH_BODY, ids=str)
async def test_a_duplicate_field_is_refused(running: Started, case: Case) -> None:
    api, started, before = running
    for name, value in case.without_parameters(valid(case, started)).items():
        whole = json.dumps({name: value})[:-1].encode()
        twice = whole + b", " + whole.removeprefix(b"{") + b"}"
        answer = await api.send(case, twice)
        assert fields_of(check_problem(answer, 400, "invalid")) == [name]
    assert api.dump() == before


async def in_pieces(body: bytes, sent: list[int]) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 8_192):
        sent.append(start)
        yield body[start : start + 8_192]


@pytest.mark.parametrize("case", WITH_BODY, ids=str)
async def test_a_large_body_is_refused_and_not_read_fully(running: Started, case: Case) -> None:
    api, started, before = running
    body = case.without_parameters(valid(case, started))
    fitting = json.dumps(body).encode().ljust(case.route.bodies[0].max_bytes)
    large = fitting + b" "
    sent: list[int] = []
    for tried in (large, b"{" * 1_000_000, in_pieces(large.ljust(1_000_000), sent)):
        problem = check_problem(await api.send(case, tried), 413, "invalid")
        assert fields_of(problem) == ["body"]
    assert len(sent) <= 10
    announced = await api.send(case, b"{}", headers={"content-length": str(len(large))})
    check_problem(announced, 413, "invalid")
    assert api.dump() == before
    assert (await api.send(case, fitting)).status_code not in {400, 413, 422, 500}


@pytest.mark.parametrize("case", ALL, ids=str)
async def test_an_invalid_key_is_refused(running: Started, case: Case) -> None:
    api, started, before = running
    for key in BAD_KEYS:
        headers = {"idempotency-key": key.encode()}
        answer = await api.send(case, valid(case, started), headers=headers)
        assert fields_of(check_problem(answer, 400, "invalid")) == ["Idempotency-Key"], key
        assert api.dump() == before, key


async def test_speak_without_anything_to_do_is_refused(running: Started) -> None:
    api, started, before = running
    body = {"avatar_session_id": started["avatar_session_id"]}
    for nothing in ({}, {"text": None}, {"interrupt": False}):
        answer = await api.call("speak", {**body, **nothing})
        assert fields_of(check_problem(answer, 422, "invalid")) == ["text"]
    assert api.dump() == before


# ── any input ──────────────────────────────────────────────────────────────────────────────

texts = st.text(st.characters(exclude_categories=()), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(sorted(BAD)) | texts
objects = st.dictionaries(names, values, max_size=6)
anyhow = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


async def send_and_check(api: FunctionClient, case: Case, body: bytes) -> None:
    answer = await api.send(case, body, headers={"accept": "application/json"})
    assert 200 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize("case", WITH_BODY, ids=str)
@anyhow
@given(body=objects | values)
@example(body={"conversation_id": "__a__", "avatar_session_id": "__a__"})
async def test_no_json_causes_a_server_error(api: FunctionClient, case: Case, body: object) -> None:
    await send_and_check(api, case, json.dumps(body).encode())


@pytest.mark.parametrize("case", WITH_BODY, ids=str)
@anyhow
@given(body=st.binary(max_size=60) | texts.map(lambda text: text.encode("utf-8", "surrogatepass")))
async def test_no_bytes_cause_a_server_error(api: FunctionClient, case: Case, body: bytes) -> None:
    await send_and_check(api, case, body)
