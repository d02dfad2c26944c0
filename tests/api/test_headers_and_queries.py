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
