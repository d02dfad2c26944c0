"""Who gets in, and that somebody else's things are not there."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from common.bootstrap import from_environment
from infra.local.identity import LocalIdentity
from tests.api.wire import (
    EVERY,
    MISSING,
    PUBLIC,
    Wire,
    check_problem,
    fields_of,
    functions,
    good_body,
)

PAST = 1_700_000_000
ELSEWHERE = "https://securetoken.google.com/another-project"


def with_other_claims(token: str, **claims: object) -> str:
    """Other claims under the old signature."""
    header, body, signature = token.split(".")
    says = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed = json.dumps({**says, **claims}).encode()
    return f"{header}.{base64.urlsafe_b64encode(changed).rstrip(b'=').decode()}.{signature}"


def bad_credentials(local: LocalIdentity, stranger: LocalIdentity) -> dict[str, str | None]:
    good = local.mint("ada", "Ada")
    stranger.key_id = local.key_id
    return {
        "missing": None,
        "empty": "",
        "no token": "Bearer",
        "no token but a blank": "Bearer  ",
        "another scheme": f"Basic {good}",
        "no scheme": good,
        "no JWT": "Bearer let-me-in",
        "not ASCII": "Bearer tökén",
        "too long": f"Bearer {good}{'A' * 9_000}",
        "forged claims": f"Bearer {with_other_claims(good, sub='bob', user_id='bob')}",
        "forged key": f"Bearer {stranger.mint('ada', 'Ada')}",
        "unsigned": f"Bearer {good.rpartition('.')[0]}.",
        "expired": f"Bearer {local.mint('ada', 'Ada', iat=PAST - 3600, exp=PAST)}",
        "wrong audience": f"Bearer {local.mint('ada', 'Ada', aud='another-project')}",
        "wrong issuer": f"Bearer {local.mint('ada', 'Ada', iss=ELSEWHERE)}",
        "no issuer": f"Bearer {local.mint('ada', 'Ada', iss=None)}",
        "a service account's": f"Bearer {local.oidc('x@example.test', local.project)}",
        "no user": f"Bearer {local.mint('ada', 'Ada', sub=None)}",
        "a user that is a path": f"Bearer {local.mint('a/b', 'Ada')}",
    }


@pytest.mark.parametrize("function", PUBLIC)
async def test_nobody_without_a_token_of_ours_gets_in(
    wire: Wire, local: LocalIdentity, tmp_path_factory: pytest.TempPathFactory, function: str
) -> None:
    stranger = LocalIdentity(tmp_path_factory.mktemp("stranger"), local.project)
    for name, credentials in bad_credentials(local, stranger).items():
        headers = {} if credentials is None else {"authorization": credentials.encode("latin-1")}
        answer = await wire.call(function, b"{}", user=None, headers=headers)  # type: ignore[arg-type]  # httpx takes bytes too
        problem = check_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer", name
        assert not credentials or len(credentials) < 9 or credentials not in answer.text
        assert "errors" not in problem
    assert not wire.harness.store.trips
    assert not wire.harness.avatars.calls


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_schemes_name_knows_no_case(wire: Wire, scheme: str) -> None:
    authorization = {"authorization": f"{scheme} {wire.token('ada')}"}
    answer = await wire.call("chat", {"message": "Hi."}, user=None, headers=authorization)
    assert answer.status_code == 200


async def test_the_sweep_has_no_token_of_its_own_since_iam_guards_it(wire: Wire) -> None:
    """Behind that check Google takes the token's signature away, so none could be verified here;
    that only the scheduler and the queue may call it is Terraform's to say."""
    for headers in ({}, {"authorization": "Bearer SIGNATURE_REMOVED_BY_GOOGLE"}):
        answer = await wire.call("sweep_expired", user=None, headers=headers)
        assert (answer.status_code, answer.json()["expired"]) == (200, 0)


@pytest.mark.parametrize("function", PUBLIC)
async def test_somebody_elses_id_gives_the_same_answer_as_a_missing_one(
    wire: Wire, function: str
) -> None:
    ada = await wire.start("ada")
    before = wire.dump()
    theirs = good_body(function, ada["avatar_session_id"], ada["conversation_id"])
    missing = good_body(function, MISSING, MISSING)
    answers = [await wire.call(function, body, user="bob") for body in (theirs, missing)]
    for answer in answers:
        check_problem(answer, 404, "not_found")
    assert answers[0].content == answers[1].content
    assert answers[0].headers == answers[1].headers
    assert wire.dump() == before


@pytest.mark.parametrize("function", PUBLIC)
async def test_somebody_elses_id_is_missing_when_it_has_ended_too(
    wire: Wire, function: str
) -> None:
    ada = await wire.start("ada")
    await wire.call("end_session", {"avatar_session_id": ada["avatar_session_id"]})
    body = good_body(function, ada["avatar_session_id"], ada["conversation_id"])
    check_problem(await wire.call(function, body, user="bob"), 404, "not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
@pytest.mark.parametrize("function", EVERY)
async def test_anything_but_post_is_refused(wire: Wire, function: str, method: str) -> None:
    answer = await wire.call(function, {}, method=method)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST, OPTIONS"
    if method != "HEAD":
        assert fields_of(check_problem(answer, 405, "invalid")) == ["method"]
    assert not wire.harness.store.trips


async def test_a_bug_is_told_to_nobody_and_is_a_problem_document_too(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_: str) -> None:
        raise RuntimeError("canary-7f3a")

    wire.harness.store.before = broken
    for function in EVERY:
        answer = await wire.call(function, good_body(function, MISSING, MISSING))
        check_problem(answer, 500, "internal")
        assert "canary" not in answer.text
    assert caplog.text.count("RuntimeError: canary-7f3a") == len(EVERY)


async def test_a_process_that_is_set_wrongly_says_so_to_its_log_and_not_to_the_caller(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPRINA_VAULT", "canary-1c2d")
    from_environment.cache_clear()
    for function in (*EVERY, "health"):
        transport = httpx.ASGITransport(functions()[function])
        async with httpx.AsyncClient(transport=transport, base_url="http://oprina.test") as client:
            check_problem(await client.post("/", json={}), 500, "internal")
    assert caplog.text.count("WronglySetError: OPRINA_VAULT") == len(EVERY) + 1
    assert "canary" not in caplog.text


@pytest.mark.parametrize("function", EVERY)
async def test_no_request_waits_for_ever(wire: Wire, function: str) -> None:
    async def hangs(_: str) -> None:
        await asyncio.Event().wait()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(1)
            yield b" "

    wire.harness.store.before = hangs
    longest = 300 if function == "sweep_expired" else 30
    for body in (good_body(function, MISSING, MISSING), endless()):
        before = asyncio.get_running_loop().time()
        answer = await wire.call(function, body)
        check_problem(answer, 503, "request_unavailable")
        assert asyncio.get_running_loop().time() - before == pytest.approx(longest, abs=1)
