"""CORS: pages of the configured origins can read the answers, and no other pages can."""

import pytest

from common.api.requests import JSON
from tests.api.cases import ALL, FOR_USERS, OF_OWNERS, SESSION, Case
from tests.api.client import EVENTS, ORIGIN, FunctionClient

OTHERS = [
    "https://app.oprina.test.evil.test",
    "https://evil.test",
    "http://app.oprina.test",
    "https://app.oprina.test:8443",
    "https://APP.oprina.test",
    "https://app.oprina.test/",
    "null",
    "*",
    "",
]
ASKED = "authorization,content-type,idempotency-key"


@pytest.mark.parametrize("case", ALL, ids=str)
async def test_a_preflight_from_an_allowed_origin_needs_no_token(
    api: FunctionClient, case: Case
) -> None:
    preflight = {
        "origin": ORIGIN,
        "access-control-request-method": case.route.method,
        "access-control-request-headers": ASKED,
    }
    answer = await api.send(case, None, method="OPTIONS", user=None, headers=preflight)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-methods"] == ", ".join(case.methods)
    allowed = set(answer.headers["access-control-allow-headers"].split(", "))
    assert allowed == {"authorization", "content-type", "idempotency-key"}
    assert int(answer.headers["access-control-max-age"]) > 0
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers
    assert "content-length" not in answer.headers
    assert not api.harness.store.trips


@pytest.mark.parametrize("origin", OTHERS)
@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
async def test_another_origin_gets_no_cors_headers(
    api: FunctionClient, origin: str, method: str
) -> None:
    answer = await api.call("chat", {"message": "Hi."}, method=method, headers={"origin": origin})
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert answer.headers["vary"] == "Origin"


async def test_a_request_without_an_origin_gets_no_cors_headers(api: FunctionClient) -> None:
    answer = await api.call("chat", {"message": "Hi."})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("accept", [EVENTS, "application/json"])
async def test_pages_can_read_every_answer_of_a_session(api: FunctionClient, accept: str) -> None:
    headers = {"origin": ORIGIN, "accept": accept}
    started = (await api.call("start_avatar", {}, headers=headers)).json()
    session, conversation = started["avatar_session_id"], started["conversation_id"]
    calls = {str(case): case for case in FOR_USERS}
    answers = [
        await api.send(calls[name], calls[name].example(session, conversation), headers=headers)
        for name in SESSION
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["vary"] == "Origin"
        assert answer.headers.get_list("content-length") in ([], [str(len(answer.content))])
    assert answers[1].headers["content-type"].partition(";")[0] == accept


@pytest.mark.parametrize("case", FOR_USERS, ids=str)
async def test_pages_can_read_every_refusal(api: FunctionClient, case: Case) -> None:
    headers, fields = {"origin": ORIGIN}, case.example()
    answers = {
        401: await api.send(case, fields, user=None, headers=headers),
        405: await api.send(case, fields, method=case.other_method, headers=headers),
        404: await api.call(case.function, path="/no/such/path", headers=headers),
    }
    if case.route.has_body and case.route.bodies[0] is JSON:
        answers[400] = await api.send(case, b"[", headers=headers)
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["access-control-expose-headers"] == "retry-after, date"


@pytest.mark.parametrize("case", OF_OWNERS, ids=str)
async def test_pages_can_read_that_something_is_missing(api: FunctionClient, case: Case) -> None:
    answer = await api.send(case, case.example(), headers={"origin": ORIGIN})
    assert answer.status_code == 404
    assert answer.headers["access-control-allow-origin"] == ORIGIN


async def test_pages_can_read_refusals_and_failures(api: FunctionClient) -> None:
    await api.start()
    refused = await api.call("start_avatar", {}, headers={"origin": ORIGIN})
    assert refused.status_code == 429
    assert refused.headers["access-control-allow-origin"] == ORIGIN
    assert int(refused.headers["retry-after"]) > 0

    async def broken(_: str) -> None:
        raise RuntimeError

    api.harness.store.before = broken
    bug = await api.call("start_avatar", {}, headers={"origin": ORIGIN})
    assert bug.status_code == 500
    assert bug.headers["access-control-allow-origin"] == ORIGIN
