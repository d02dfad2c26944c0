"""What stands beside the functions: signing in, the internal function's gate, the schedule."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from infra.deploy.package import functions
from infra.local.defaults import Place, given_by_environment, local_settings
from infra.local.functions import load_functions
from infra.local.iam import Iam, certificates_in
from infra.local.identity import LIFETIME, LocalIdentity
from infra.local.scheduler import Scheduler
from infra.local.sign_in import SignInDesk, uid_of
from tests.local.stacks import standing

URL = "http://127.0.0.1:8080/sweep_expired"
ACCOUNT = "tasks@oprina-local.iam.gserviceaccount.com"


async def show_token(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    await JSONResponse({"saw": request.headers["authorization"]})(scope, receive, send)


@pytest.fixture
def identity(tmp_path: Path) -> LocalIdentity:
    return LocalIdentity(tmp_path, "oprina-local")


@pytest.fixture
async def gate(identity: LocalIdentity) -> httpx.AsyncClient:
    certificates = certificates_in((await identity.certificates()).body)
    guarded = Iam(show_token, certificates, audience=URL, account=ACCOUNT)
    return httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url=URL)


async def answer(gate: httpx.AsyncClient, token: str | None) -> httpx.Response:
    async with gate:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return await gate.post("", headers=headers)


async def test_the_invoker_passes_and_its_token_loses_the_signature(
    gate: httpx.AsyncClient, identity: LocalIdentity
) -> None:
    token = identity.oidc(ACCOUNT, URL)
    passed = await answer(gate, token)
    assert passed.status_code == 200
    signed = token.rpartition(".")[0]
    assert passed.json() == {"saw": f"Bearer {signed}.SIGNATURE_REMOVED_BY_GOOGLE"}


async def test_nobody_passes_without_a_token(gate: httpx.AsyncClient) -> None:
    assert (await answer(gate, None)).status_code == 403


async def test_another_account_does_not_pass(
    gate: httpx.AsyncClient, identity: LocalIdentity
) -> None:
    assert (await answer(gate, identity.oidc("eve@example.test", URL))).status_code == 403


@pytest.mark.parametrize("kind", ["audience", "user", "forged", "expired", "nonsense"])
async def test_a_token_that_is_not_good_does_not_pass(
    gate: httpx.AsyncClient, identity: LocalIdentity, tmp_path: Path, kind: str
) -> None:
    tokens = {
        "audience": identity.oidc(ACCOUNT, "http://elsewhere.test"),
        "user": identity.mint("ada", "Ada", email=ACCOUNT, aud=URL),
        "forged": LocalIdentity(tmp_path / "eve", "oprina-local").oidc(ACCOUNT, URL),
        "expired": LocalIdentity(tmp_path, "oprina-local", now=lambda: 1e9).oidc(ACCOUNT, URL),
        "nonsense": "a.b.c",
    }
    refused = await answer(gate, tokens[kind])
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_the_sweep_is_guarded_and_can_be_had_by_hand(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, ada):
        assert (await ada.post("/sweep_expired")).status_code == 401
        token = local.identity.oidc(local.settings.tasks_account, local.settings.sweep_url)
        scheduled = {"authorization": f"Bearer {token}"}
        assert (await ada.post("/sweep_expired", headers=scheduled)).status_code == 200
        by_hand = await ada.post("/local/sweep")
        assert by_hand.status_code == 200
        assert by_hand.json()["expired"] == 0


async def test_a_name_is_the_same_user_each_time(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, ada):
        one, two = [(await ada.post("/local/sign-in", json={"name": n})) for n in ("bo", " Bo")]
        assert one.status_code == 200
        assert one.json()["uid"] == two.json()["uid"] == uid_of("bo")
        assert uid_of("bo") != uid_of("bob")


def test_any_name_makes_an_identifier() -> None:
    for name in ("ada", "Ада", "a/b", "x" * 100, "?", "Zoë d'Arc"):
        assert 1 <= len(uid_of(name)) <= 64
        assert uid_of(name).replace("-", "").isalnum()
        assert uid_of(name).isascii()


def test_a_sign_in_says_when_it_ends(identity: LocalIdentity) -> None:
    desk = SignInDesk(identity, now=lambda: 1_800_000_000)
    assert desk.sign_in("ada").expires_at.timestamp() == 1_800_000_000 + LIFETIME


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"name": "ada", "admin": true}', 422),
        (b'{"name": 7}', 422),
        (b'{"name": " "}', 422),
        (b"{}", 422),
        (b"name=ada", 400),
        (b'{"name": "\\ud800"}', 422),
    ],
)
async def test_a_sign_in_that_makes_no_sense_is_refused(
    tmp_path: Path, body: bytes, status: int
) -> None:
    async with standing(tmp_path) as (_, ada):
        refused = await ada.post("/local/sign-in", content=body)
        assert refused.status_code == status
        assert refused.headers["content-type"] == "application/problem+json"


async def test_the_page_may_sign_in_from_its_own_address(tmp_path: Path) -> None:
    asks = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    async with standing(tmp_path) as (_, ada):
        for origin, may in (("http://localhost:5173", True), ("https://evil.example", False)):
            headers = {"origin": origin, **asks}
            asked = await ada.options("/local/sign-in", headers=headers)
            assert (asked.headers.get("access-control-allow-origin") == origin) is may


async def test_the_front_says_what_is_here_and_what_is_not(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, ada):
        here = await ada.get("/")
        assert here.headers["content-type"].startswith("text/plain")
        assert all(f"/{name}" in here.text for name in functions() if name != "sweep_expired")
        missing = await ada.get("/chats")
        assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
        wrong = await ada.get("/local/sign-in")
        assert (wrong.status_code, wrong.json()["status"]) == (405, 405)
        assert (await ada.get("/chat")).status_code == 405


async def test_the_schedule_goes_on_when_a_sweep_fails() -> None:
    answers: Iterator[Any] = iter([httpx.ConnectError("no"), httpx.Response(503)])
    asked: list[httpx.Request] = []
    waited: list[float] = []

    class Enough(Exception):
        pass

    def target(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        given = next(answers)
        if isinstance(given, Exception):
            raise given
        assert isinstance(given, httpx.Response)
        return given

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) > 1:
            raise Enough

    async with httpx.AsyncClient(transport=httpx.MockTransport(target)) as http:
        tokens = iter("ab")
        scheduler = Scheduler(http, URL, lambda: next(tokens), seconds=60, sleep=sleep)
        with suppress(Enough):
            await scheduler.run()
    assert [each.headers["authorization"] for each in asked] == ["Bearer a", "Bearer b"]
    assert waited == [60, 60]


def test_loading_the_functions_leaves_the_process_as_it_was() -> None:
    before = list(sys.path), sys.modules.get("main"), dict(os.environ)
    assert set(load_functions()) == set(functions())
    assert (list(sys.path), sys.modules.get("main"), dict(os.environ)) == before


def test_what_is_given_stands_and_the_rest_is_local(tmp_path: Path) -> None:
    place = Place("http://127.0.0.1:1", "127.0.0.1:2", tmp_path, tmp_path / "certificates.json")
    settings = local_settings({"project": "another", "speech_url": "http://elsewhere"}, place)
    assert settings.speech_url == "http://elsewhere"
    assert settings.store == "sqlite"
    assert settings.agent_engine == "projects/another/locations/us-central1/reasoningEngines/local"
    assert settings.agent_engine_url == (
        f"http://127.0.0.1:1/simulators/agent-engine/v1/{settings.agent_engine}"
    )
    assert settings.cloud_tasks_address == settings.secret_manager_address == "127.0.0.1:2"
    assert settings.allowed_origins[0] == "http://localhost:5173"


def test_the_environment_gives_only_what_somebody_set() -> None:
    assert set(given_by_environment()) <= {"firestore_emulator"}
