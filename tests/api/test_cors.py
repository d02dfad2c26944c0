"""A browser's page sees our answers from the origins that are named, and from no other."""

import pytest

from tests.api.wire import EVENTS, EVERY, MISSING, ORIGIN, PUBLIC, Wire, good_body

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
PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,idempotency-key",
}


@pytest.mark.parametrize("function", EVERY)
async def test_a_preflight_from_a_named_origin_is_answered_without_a_token(
    wire: Wire, function: str
) -> None:
    answer = await wire.call(
        function, method="OPTIONS", user=None, headers={"origin": ORIGIN, **PREFLIGHT}
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-methods"] == "POST"
    allowed = set(answer.headers["access-control-allow-headers"].split(", "))
    assert allowed == {"authorization", "content-type", "idempotency-key"}
    assert int(answer.headers["access-control-max-age"]) > 0
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers
    assert "content-length" not in answer.headers
    assert not wire.harness.store.trips


@pytest.mark.parametrize("origin", OTHERS)
@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
async def test_no_other_origin_is_told_anything(wire: Wire, origin: str, method: str) -> None:
    answer = await wire.call("chat", {"message": "Hi."}, method=method, headers={"origin": origin})
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert answer.headers["vary"] == "Origin"


async def test_no_origin_at_all_is_a_program_and_no_page(wire: Wire) -> None:
    answer = await wire.call("chat", {"message": "Hi."})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("accept", [EVENTS, "application/json"])
async def test_every_answer_can_be_read_by_the_page(wire: Wire, accept: str) -> None:
    headers = {"origin": ORIGIN, "accept": accept}
    started = (await wire.call("start_avatar", {}, headers=headers)).json()
    session, conversation = started["avatar_session_id"], started["conversation_id"]
    answers = [
        await wire.call(function, good_body(function, session, conversation), headers=headers)
        for function in PUBLIC
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["vary"] == "Origin"
        assert answer.headers.get_list("content-length") in ([], [str(len(answer.content))])
    assert answers[1].headers["content-type"].partition(";")[0] == accept


@pytest.mark.parametrize("function", PUBLIC)
async def test_every_refusal_can_be_read_by_the_page(wire: Wire, function: str) -> None:
    headers = {"origin": ORIGIN}
    body = good_body(function, MISSING, MISSING)
    answers = [
        await wire.call(function, body, user=None, headers=headers),
        await wire.call(function, body, headers=headers),
        await wire.call(function, b"[", headers=headers),
        await wire.call(function, method="PUT", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [401, 404, 400, 405]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["access-control-expose-headers"] == "retry-after"


async def test_too_many_sessions_and_bugs_can_be_read_by_the_page(wire: Wire) -> None:
    await wire.start()
    refused = await wire.call("start_avatar", {}, headers={"origin": ORIGIN})
    assert refused.status_code == 429
    assert refused.headers["access-control-allow-origin"] == ORIGIN
    assert int(refused.headers["retry-after"]) > 0

    async def broken(_: str) -> None:
        raise RuntimeError

    wire.harness.store.before = broken
    bug = await wire.call("start_avatar", {}, headers={"origin": ORIGIN})
    assert bug.status_code == 500
    assert bug.headers["access-control-allow-origin"] == ORIGIN
