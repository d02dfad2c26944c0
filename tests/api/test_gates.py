"""Tokens, methods, ownership, failures and deadlines: the same for every operation."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from common.bootstrap import from_environment
from common.domain import deadlines
from common.domain.user import User
from infra.local.identity import LocalIdentity
from tests.api.cases import ALL, FOR_USERS, OF_OWNERS, SESSION, WITH_BODY, Case
from tests.api.client import CANARY, BrokenApp, FunctionClient, check_problem, fields_of, functions

PAST = 1_700_000_000
ELSEWHERE = "https://securetoken.google.com/another-project"


def with_other_claims(token: str, **claims: object) -> str:
    """Replace claims, and keep the signature."""
    header, body, signature = token.split(".")
    says = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed = json.dumps({**says, **claims}).encode()
    return f"{header}.{base64.urlsafe_b64encode(changed).rstrip(b'=').decode()}.{signature}"


def bad_credentials(local: LocalIdentity, foreign: LocalIdentity) -> dict[str, str | None]:
    good = local.mint("ada", "Ada")
    foreign.key_id = local.key_id
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
        "forged key": f"Bearer {foreign.mint('ada', 'Ada')}",
        "unsigned": f"Bearer {good.rpartition('.')[0]}.",
        "expired": f"Bearer {local.mint('ada', 'Ada', iat=PAST - 3600, exp=PAST)}",
        "wrong audience": f"Bearer {local.mint('ada', 'Ada', aud='another-project')}",
        "wrong issuer": f"Bearer {local.mint('ada', 'Ada', iss=ELSEWHERE)}",
        "no issuer": f"Bearer {local.mint('ada', 'Ada', iss=None)}",
        "a service account's": f"Bearer {local.oidc('x@example.test', local.project)}",
        "no user": f"Bearer {local.mint('ada', 'Ada', sub=None)}",
        "a user that is a path": f"Bearer {local.mint('a/b', 'Ada')}",
    }


@pytest.fixture(scope="module")
def foreign(local: LocalIdentity, tmp_path_factory: pytest.TempPathFactory) -> LocalIdentity:
    return LocalIdentity(tmp_path_factory.mktemp("foreign"), local.project)


@pytest.mark.parametrize("case", FOR_USERS, ids=str)
async def test_a_request_without_a_valid_token_is_refused(
    api: FunctionClient, local: LocalIdentity, foreign: LocalIdentity, case: Case
) -> None:
    for name, credentials in bad_credentials(local, foreign).items():
        headers = {} if credentials is None else {"authorization": credentials.encode("latin-1")}
        answer = await api.send(case, case.example(), user=None, headers=headers)
        problem = check_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer", name
        assert not credentials or len(credentials) < 9 or credentials not in answer.text
        assert "errors" not in problem
    assert not api.harness.store.trips
    assert not api.harness.avatars.calls


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_name_of_the_scheme_ignores_case(api: FunctionClient, scheme: str) -> None:
    authorization = {"authorization": f"{scheme} {api.token('ada')}"}
    answer = await api.call("chat", {"message": "Hi."}, user=None, headers=authorization)
    assert answer.status_code == 200


async def test_an_internal_function_does_not_verify_tokens(api: FunctionClient) -> None:
    """IAM has verified the token, and Google has removed its signature."""
    for headers in ({}, {"authorization": "Bearer SIGNATURE_REMOVED_BY_GOOGLE"}):
        answer = await api.call("sweep_expired", user=None, headers=headers)
        assert (answer.status_code, answer.json()["expired"]) == (200, 0)


@pytest.mark.parametrize("case", OF_OWNERS, ids=str)
async def test_foreign_and_missing_ids_get_the_same_answer(api: FunctionClient, case: Case) -> None:
    ada = await api.start("ada")
    before = api.dump()
    foreign = case.example(ada["avatar_session_id"], ada["conversation_id"])
    answers = [await api.send(case, each, user="bob") for each in (foreign, case.example())]
    for answer in answers:
        check_problem(answer, 404, "not_found")
    assert answers[0].content == answers[1].content
    assert answers[0].headers == answers[1].headers
    assert api.dump() == before


@pytest.mark.parametrize("case", OF_OWNERS, ids=str)
async def test_the_id_of_a_foreign_session_that_ended_is_missing(
    api: FunctionClient, case: Case
) -> None:
    ada = await api.start("ada")
    await api.call("end_session", {"avatar_session_id": ada["avatar_session_id"]})
    foreign = case.example(ada["avatar_session_id"], ada["conversation_id"])
    check_problem(await api.send(case, foreign, user="bob"), 404, "not_found")


WRONG_METHODS = [
    pytest.param(case, method, id=f"{case}-{method}")
    for case in ALL
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD")
    if method not in case.methods
]


@pytest.mark.parametrize(("case", "method"), WRONG_METHODS)
async def test_a_method_that_the_path_does_not_have_is_refused(
    api: FunctionClient, case: Case, method: str
) -> None:
    answer = await api.send(case, case.example(), method=method)
    assert answer.status_code == 405
    assert answer.headers["allow"] == ", ".join([*case.methods, "OPTIONS"])
    if method != "HEAD":
        assert fields_of(check_problem(answer, 405, "invalid")) == ["method"]
    assert not api.harness.store.trips


@pytest.mark.parametrize("path", ["/no/such/path", "/api/no-such-function", "/%2e%2e/chat"])
@pytest.mark.parametrize("case", ALL, ids=str)
async def test_an_unknown_path_is_not_found(api: FunctionClient, case: Case, path: str) -> None:
    answer = await api.call(case.function, path=path, method=case.route.method)
    check_problem(answer, 404, "not_found")
    assert not api.harness.store.trips


@pytest.mark.parametrize("case", ALL, ids=str)
async def test_a_bug_is_logged_and_the_caller_gets_no_details(
    api: FunctionClient, case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    api.app = BrokenApp(**vars(api.app))
    answer = await api.send(case, case.example())
    check_problem(answer, 500, "internal")
    assert "canary" not in answer.text
    assert caplog.text.count(f"RuntimeError: {CANARY}") == 1


async def test_a_wrong_setting_is_logged_and_not_sent_to_callers(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPRINA_VAULT", "canary-1c2d")
    from_environment.cache_clear()
    for function in functions().values():
        transport = httpx.ASGITransport(function)
        async with httpx.AsyncClient(transport=transport, base_url="http://oprina.test") as client:
            check_problem(await client.post("/", json={}), 500, "internal")
    assert caplog.text.count("WronglySetError: OPRINA_VAULT") == len(functions())
    assert "canary" not in caplog.text


async def check_deadline(
    api: FunctionClient, case: Case, fields: object, code: str = "request_unavailable"
) -> None:
    before = asyncio.get_running_loop().time()
    answer = await api.send(case, fields)
    check_problem(answer, 503, code)
    assert asyncio.get_running_loop().time() - before == pytest.approx(case.route.seconds, abs=1)


@pytest.mark.parametrize("first", [b"", b"{", b"{}"], ids=["no byte", "a half", "a whole"])
@pytest.mark.parametrize("pause", [1, 19.5, 3_600], ids=["drip", "late byte", "silence"])
@pytest.mark.parametrize("case", WITH_BODY, ids=str)
async def test_a_body_that_does_not_end_is_refused(
    api: FunctionClient, case: Case, pause: float, first: bytes
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield first
        while True:
            await asyncio.sleep(pause)
            yield b" "

    before = asyncio.get_running_loop().time()
    check_problem(await api.send(case, endless()), 408, "invalid")
    assert asyncio.get_running_loop().time() - before == pytest.approx(deadlines.BODY, abs=1)


@pytest.mark.parametrize("function", ["chat", "speak"])
async def test_a_slow_body_takes_from_the_time_of_its_turn(
    api: FunctionClient, function: str
) -> None:
    started = await api.start()
    names = {"chat": ("conversation_id", "message"), "speak": ("avatar_session_id", "text")}
    name, text = names[function]
    arrived_at = api.harness.clock.now()

    async def slow() -> AsyncIterator[bytes]:
        yield b" "
        await asyncio.sleep(deadlines.BODY - 1)
        yield json.dumps({name: started[name], text: "Hello."}).encode()

    assert (await api.call(function, slow())).status_code == 200
    (record,) = await api.harness.documents("turns")
    assert record["deadline_at"] == arrived_at + timedelta(seconds=deadlines.TURN)


class HangingIdentity:
    async def verify(self, _bearer: str) -> User:
        await asyncio.Event().wait()
        raise AssertionError


@pytest.mark.parametrize("case", FOR_USERS, ids=str)
async def test_a_hanging_verification_ends_at_the_deadline(api: FunctionClient, case: Case) -> None:
    api.app = replace(api.app, identity=HangingIdentity())
    await check_deadline(api, case, case.example())


STORED = {"account", "chat", "conversations", "speak", "voice", *SESSION}
HANGING = [each for each in FOR_USERS if each.route.answer and each.function in STORED]
HANGING += [each for each in ALL if str(each) in {"sweep_expired", "switch_google"}]
"""Operations that use the store before anything else."""


@pytest.mark.parametrize("case", HANGING, ids=str)
async def test_a_hanging_store_ends_at_the_deadline(api: FunctionClient, case: Case) -> None:
    """An effect may have happened by then, and the answer says so."""

    async def hang(_: str) -> None:
        await asyncio.Event().wait()

    api.harness.store.before = hang
    code = "request_unavailable" if case.route.method == "GET" else "request_ambiguous"
    await check_deadline(api, case, case.example(), code)
