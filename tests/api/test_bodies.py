"""What is not as it should be is refused by name, changes nothing, and is nobody's 500."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from common.schemas.base import Request
from common.schemas.requests import (
    ChatRequest,
    EndSessionRequest,
    KeepAliveRequest,
    SpeakRequest,
    StartAvatarRequest,
    SweepRequest,
)
from tests.api.wire import EVERY, Wire, check_problem, fields_of, good_body

MODELS: dict[str, type[Request]] = {
    "start_avatar": StartAvatarRequest,
    "chat": ChatRequest,
    "speak": SpeakRequest,
    "keep_alive": KeepAliveRequest,
    "end_session": EndSessionRequest,
    "sweep_expired": SweepRequest,
}
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
    "surrogate": "hi \ud83d there",
    "surrogates the wrong way round": "\udc00\ud800",
    "too long": "x" * 8_001,
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
NULLABLE = {"conversation_id", "avatar_id", "voice", "quality", "language", "speak", "text"}


def cases() -> Iterator[Any]:
    for function, model in MODELS.items():
        for field in model.model_fields:
            bad = dict(BAD[field])
            if field not in NULLABLE and function != "sweep_expired":
                bad["null"] = None
            for name, value in bad.items():
                yield pytest.param(function, field, value, id=f"{function}-{field}-{name}")


@pytest.fixture
async def world(wire: Wire) -> tuple[Wire, dict[str, Any], dict[str, str]]:
    """With a session of Ada's that runs, and what is stored then."""
    started = await wire.start()
    return wire, started, wire.dump()


World = tuple[Wire, dict[str, Any], dict[str, str]]


def body_of(function: str, started: dict[str, Any]) -> dict[str, Any]:
    return good_body(function, started["avatar_session_id"], started["conversation_id"])


@pytest.mark.parametrize(("function", "field", "value"), list(cases()))
async def test_a_field_that_is_wrong_is_named(
    world: World, function: str, field: str, value: object
) -> None:
    wire, started, before = world
    calls = list(wire.harness.avatars.calls)
    answer = await wire.call(function, {**body_of(function, started), field: value})
    assert fields_of(check_problem(answer, 422, "invalid")) == [field]
    assert wire.dump() == before
    assert wire.harness.avatars.calls == calls
    assert not wire.harness.agent.asked


@pytest.mark.parametrize("function", EVERY)
async def test_no_value_comes_back_in_a_refusal(world: World, function: str) -> None:
    wire, started, before = world
    for field in MODELS[function].model_fields:
        for value in (f"{CANARY}/" * 1_000, {CANARY: CANARY}, [CANARY]):
            answer = await wire.call(function, {**body_of(function, started), field: value})
            check_problem(answer, 422, "invalid")
            assert CANARY not in answer.text
    for body in (f"{CANARY}".encode(), f'"{CANARY}"'.encode(), f'{{"a": "{CANARY}'.encode()):
        assert CANARY not in (await wire.call(function, body)).text
    assert wire.dump() == before


@pytest.mark.parametrize("function", EVERY)
async def test_what_is_missing_is_named(world: World, function: str) -> None:
    wire, started, before = world
    for field, info in MODELS[function].model_fields.items():
        if info.is_required():
            body = body_of(function, started)
            del body[field]
            answer = await wire.call(function, body)
            assert fields_of(check_problem(answer, 422, "invalid")) == [field]
    assert wire.dump() == before


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize("bad", NOT_OBJECTS)
async def test_what_is_no_object_is_refused(world: World, function: str, bad: str) -> None:
    wire, _, before = world
    body, why = NOT_OBJECTS[bad]
    problem = check_problem(await wire.call(function, body), 400, "invalid")
    assert problem["errors"] == [{"field": "body", "problem": why}]
    assert wire.dump() == before


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("unknown", "unknown"),
        ("Message", "Message"),
        ("", "body"),
        ("uid", "uid"),
        ("__proto__", "__proto__"),
        ("\ud800", "body"),
        ("ключ", "\\u043a\\u043b\\u044e\\u0447"),
        ("a\nb", "a\nb"),
        ("k" * 1_000, "k" * 100),
    ],
)
async def test_an_unknown_field_is_refused(
    world: World, function: str, key: str, named: str
) -> None:
    wire, started, before = world
    answer = await wire.call(function, {**body_of(function, started), key: CANARY})
    assert fields_of(check_problem(answer, 422, "invalid")) == [named]
    assert CANARY not in answer.text
    assert wire.dump() == before


@pytest.mark.parametrize("function", EVERY)
async def test_many_wrong_fields_make_no_long_answer(world: World, function: str) -> None:
    wire, _, before = world
    answer = await wire.call(function, {f"f{n}": n for n in range(4_000)})
    check_problem(answer, 422, "invalid")
    assert len(answer.content) < 4_096
    assert wire.dump() == before


@pytest.mark.parametrize("function", EVERY)
async def test_a_field_that_is_there_twice_is_refused(world: World, function: str) -> None:
    wire, started, before = world
    for name, value in body_of(function, started).items():
        whole = json.dumps({name: value})[:-1].encode()
        twice = whole + b", " + whole.removeprefix(b"{") + b"}"
        answer = await wire.call(function, twice)
        assert fields_of(check_problem(answer, 400, "invalid")) == [name]
    assert wire.dump() == before


async def in_pieces(body: bytes, given: list[int]) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 8_192):
        given.append(start)
        yield body[start : start + 8_192]


@pytest.mark.parametrize("function", EVERY)
async def test_a_body_over_64_kib_is_refused_and_not_read_to_its_end(
    world: World, function: str
) -> None:
    wire, started, before = world
    fitting = json.dumps(body_of(function, started)).encode().ljust(65_536)
    large = fitting + b" "
    given: list[int] = []
    for body in (large, b"{" * 1_000_000, in_pieces(large.ljust(1_000_000), given)):
        problem = check_problem(await wire.call(function, body), 413, "invalid")
        assert fields_of(problem) == ["body"]
    assert len(given) <= 10
    announced = await wire.call(function, b"{}", headers={"content-length": "65537"})
    check_problem(announced, 413, "invalid")
    assert wire.dump() == before
    assert (await wire.call(function, fitting)).status_code in {200, 425}


@pytest.mark.parametrize("key", ["", " ", "a b", "ключ", "x" * 201, "a\tb", "\x7f"])
@pytest.mark.parametrize("function", EVERY)
async def test_a_key_that_is_none_is_refused(world: World, function: str, key: str) -> None:
    wire, started, before = world
    answer = await wire.call(
        function,
        body_of(function, started),
        headers={"idempotency-key": key.encode()},  # type: ignore[dict-item]  # httpx takes bytes too
    )
    assert fields_of(check_problem(answer, 400, "invalid")) == ["Idempotency-Key"]
    assert wire.dump() == before


async def test_nothing_to_speak_is_refused(world: World) -> None:
    wire, started, before = world
    body = {"avatar_session_id": started["avatar_session_id"]}
    for nothing in ({}, {"text": None}, {"interrupt": False}):
        answer = await wire.call("speak", {**body, **nothing})
        assert fields_of(check_problem(answer, 422, "invalid")) == ["text"]
    assert wire.dump() == before


# ── anything at all ──────────────────────────────────────────────────────────────────────────────

texts = st.text(st.characters(exclude_categories=()), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(sorted(BAD)) | texts
objects = st.dictionaries(fields, values, max_size=6)
anyhow = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


async def never_a_bug(wire: Wire, function: str, body: bytes) -> None:
    answer = await wire.call(function, body, headers={"accept": "application/json"})
    assert answer.status_code in {200, 201, 400, 404, 409, 422, 425, 429}, answer.text


@pytest.mark.parametrize("function", EVERY)
@anyhow
@given(body=objects | values)
@example(body={"conversation_id": "__a__", "avatar_session_id": "__a__"})
async def test_no_json_is_a_bug(wire: Wire, function: str, body: object) -> None:
    await never_a_bug(wire, function, json.dumps(body).encode())


@pytest.mark.parametrize("function", EVERY)
@anyhow
@given(body=st.binary(max_size=60) | texts.map(lambda text: text.encode("utf-8", "surrogatepass")))
async def test_no_bytes_are_a_bug(wire: Wire, function: str, body: bytes) -> None:
    await never_a_bug(wire, function, body)
