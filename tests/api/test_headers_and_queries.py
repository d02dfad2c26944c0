"""Headers, queries and nested fields: a wrong one is named, and Accept decides the answer."""

import httpx
import pytest

from tests.api.client import FunctionClient, check_problem, fields_of


@pytest.mark.parametrize(
    ("query", "field"),
    [("q=%ff", "q"), ("limit=%C0%AF", "limit"), ("q=a&%ED%A0%80=1", "\\udced\\udca0\\udc80")],
)
async def test_a_query_that_is_not_utf8_is_refused(
    api: FunctionClient, query: str, field: str
) -> None:
    answer = await api.call("conversations", None, path=f"/?{query}", method="GET")
    problem = check_problem(answer, 400, "invalid")
    assert problem["errors"] == [{"field": field, "problem": "is not UTF-8"}]


async def test_an_unknown_preference_is_answered_with_the_known_ones(api: FunctionClient) -> None:
    wrong = {"preferences": {"colour": "red"}}
    answer = await api.call("account", wrong, path="/", method="PATCH")
    problem = check_problem(answer, 422, "invalid")
    known = "avatar_id, voice, language, quality, captions, speed"
    expected = {"field": "preferences", "problem": f"has an unknown field: it has {known}"}
    assert problem["errors"] == [expected]


@pytest.mark.parametrize(
    ("name", "fields", "field", "problem"),
    [
        ("chat", {"message": "Hi.", "msg": 1}, "msg", "is not a field of this request"),
        ("chat", {"message": 5}, "message", "must be a text"),
        ("chat", {"message": "Hi.", "wait": "no"}, "wait", "must be true or false"),
        ("chat", {"message": "a" * 9_000}, "message", "must have at most 8000 characters"),
        ("keep_alive", {}, "avatar_session_id", "is required"),
        (
            "start_avatar",
            {"quality": "ultra"},
            "quality",
            "must be 'very_high', 'high', 'medium' or 'low'",
        ),
    ],
)
async def test_a_wrong_field_is_described_in_words_of_the_api(
    api: FunctionClient, name: str, fields: dict[str, object], field: str, problem: str
) -> None:
    answer = await api.call(name, fields)
    refusal = check_problem(answer, 422, "invalid")
    assert refusal["errors"] == [{"field": field, "problem": problem}]


@pytest.mark.parametrize(
    ("limit", "problem"),
    [("0", "must be at least 1"), ("51", "must be at most 50"), ("1.5", "must be a whole number")],
)
async def test_a_wrong_limit_is_answered_with_its_bounds(
    api: FunctionClient, limit: str, problem: str
) -> None:
    answer = await api.call("conversations", None, path=f"/?limit={limit}", method="GET")
    refusal = check_problem(answer, 422, "invalid")
    assert refusal["errors"] == [{"field": "limit", "problem": problem}]


async def test_two_idempotency_keys_are_refused(api: FunctionClient) -> None:
    before = api.dump()
    keys = [("idempotency-key", "one"), ("idempotency-key", "two")]
    transport = httpx.ASGITransport(api.asgi("chat"))
    async with httpx.AsyncClient(transport=transport, base_url="http://oprina.test") as client:
        headers = [*api.headers().items(), *keys]
        answer = await client.post("/", json={"message": "Hi."}, headers=headers)
    assert fields_of(check_problem(answer, 400, "invalid")) == ["Idempotency-Key"]
    assert api.dump() == before


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/event-stream", "text/event-stream"),
        ("application/json;q=0.1, Text/Event-Stream; q=0.9", "text/event-stream"),
        ("text/event-stream;q=0, application/json", "application/json"),
        ("text/event-stream; q=0.000", "application/json"),
        ("text/event-streams", "application/json"),
        ("*/*", "application/json"),
    ],
)
async def test_the_accept_header_decides_the_kind_of_the_answer(
    api: FunctionClient, accept: str, kind: str
) -> None:
    answer = await api.call("chat", {"message": "Hi."}, headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == kind
