"""The local stack beside the functions: sign-in, IAM's check, the scheduler, the API reference."""

import os
import re
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
from infra.local.defaults import StackAddress, local_settings, settings_in_environment
from infra.local.functions import load_functions
from infra.local.iam import Iam, certificates_in
from infra.local.identity import LIFETIME, LocalIdentity
from infra.local.scheduler import Scheduler
from infra.local.sign_in import LocalSignIn, uid_of
from infra.registry import declarations
from tests.local.stacks import standing

ORIGINS = {
    "http://localhost:5173": True,
    "http://localhost:3000": True,
    "http://127.0.0.1": True,
    "https://evil.example": False,
    "http://localhost.evil.example:5173": False,
    "http://127.0.0.1:5173.evil.example": False,
}
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


async def test_invoker_passes_and_its_token_loses_the_signature(
    gate: httpx.AsyncClient, identity: LocalIdentity
) -> None:
    token = identity.oidc(ACCOUNT, URL)
    passed = await answer(gate, token)
    assert passed.status_code == 200
    signed = token.rpartition(".")[0]
    assert passed.json() == {"saw": f"Bearer {signed}.SIGNATURE_REMOVED_BY_GOOGLE"}


async def test_call_without_a_token_gets_403(gate: httpx.AsyncClient) -> None:
    assert (await answer(gate, None)).status_code == 403


async def test_another_account_gets_403(gate: httpx.AsyncClient, identity: LocalIdentity) -> None:
    assert (await answer(gate, identity.oidc("eve@example.test", URL))).status_code == 403


@pytest.mark.parametrize("kind", ["audience", "user", "forged", "expired", "nonsense"])
async def test_invalid_token_gets_401(
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


async def test_sweep_needs_iam_and_can_be_run_by_hand(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, ada):
        assert (await ada.post("/sweep_expired")).status_code == 401
        token = local.identity.oidc(local.settings.tasks_account, local.settings.sweep_url)
        scheduled = {"authorization": f"Bearer {token}"}
        assert (await ada.post("/sweep_expired", headers=scheduled)).status_code == 200
        by_hand = await ada.post("/local/sweep")
        assert by_hand.status_code == 200
        assert by_hand.json()["expired"] == 0


async def test_a_name_is_the_same_user_at_every_sign_in(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, ada):
        one, two = [(await ada.post("/local/sign-in", json={"name": n})) for n in ("bo", " Bo")]
        assert one.status_code == 200
        assert one.json()["uid"] == two.json()["uid"] == uid_of("bo")
        assert uid_of("bo") != uid_of("bob")


def test_any_name_becomes_a_valid_user_id() -> None:
    for name in ("ada", "Ада", "a/b", "x" * 100, "?", "Zoë d'Arc"):
        assert 1 <= len(uid_of(name)) <= 64
        assert uid_of(name).replace("-", "").isalnum()
        assert uid_of(name).isascii()


def test_sign_in_names_its_expiry(identity: LocalIdentity) -> None:
    sign_in = LocalSignIn(identity, now=lambda: 1_800_000_000)
    assert sign_in.sign_in("ada").expires_at.timestamp() == 1_800_000_000 + LIFETIME


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
async def test_malformed_sign_in_is_refused_with_a_problem(
    tmp_path: Path, body: bytes, status: int
) -> None:
    async with standing(tmp_path) as (_, ada):
        refused = await ada.post("/local/sign-in", content=body)
        assert refused.status_code == status
        assert refused.headers["content-type"] == "application/problem+json"


async def test_pages_of_any_local_port_may_sign_in(tmp_path: Path) -> None:
    asks = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    async with standing(tmp_path) as (_, ada):
        for origin, allowed in ORIGINS.items():
            headers = {"origin": origin, **asks}
            asked = await ada.options("/local/sign-in", headers=headers)
            assert (asked.headers.get("access-control-allow-origin") == origin) is allowed


async def test_pages_of_any_local_port_may_call_the_functions(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, ada):
        for origin, allowed in ORIGINS.items():
            for answer in (
                await ada.options("/api/chat", headers={"origin": origin}),
                await ada.post("/keep_alive", headers={"origin": origin}),
            ):
                assert answer.headers["vary"] == "Origin"
                shown = answer.headers.get("access-control-allow-origin")
                assert shown == (origin if allowed else None)


async def test_index_lists_the_functions_and_unknown_paths_are_problems(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, ada):
        here = await ada.get("/")
        assert here.headers["content-type"].startswith("text/plain")
        for name, function in declarations().items():
            assert (f" /{name}" in here.text) == (not function.internal)
        missing = await ada.get("/chats")
        assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
        wrong = await ada.get("/local/sign-in")
        assert (wrong.status_code, wrong.json()["status"]) == (405, 405)
        assert (await ada.get("/chat")).status_code == 405


async def test_api_reference_loads_files_of_this_machine_only(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, ada):
        page = await ada.get("/docs")
        assert page.headers["content-type"].startswith("text/html")
        assert "//" not in page.text.replace("<!doctype html>", "")
        files = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert len(files) == 3
        for file in files:
            assert (await ada.get(file)).status_code == 200


async def test_openapi_document_names_this_stack_as_its_server(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, ada):
        document = (await ada.get("/openapi.json")).json()
        servers = [document["servers"], *(path["servers"] for path in document["paths"].values())]
        assert {server["url"] for listed in servers for server in listed} == {"/api"}
        assert {path.split("/")[1] for path in document["paths"]} == set(functions())


async def test_scheduler_goes_on_after_failed_sweeps() -> None:
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


def test_loading_the_functions_leaves_the_process_unchanged() -> None:
    before = list(sys.path), sys.modules.get("main"), dict(os.environ)
    assert set(load_functions()) == set(functions())
    assert (list(sys.path), sys.modules.get("main"), dict(os.environ)) == before


def test_given_settings_win_and_the_others_are_local(tmp_path: Path) -> None:
    place = StackAddress(
        "http://127.0.0.1:1", "127.0.0.1:2", tmp_path, tmp_path / "certificates.json"
    )
    settings = local_settings({"project": "another", "speech_url": "http://elsewhere"}, place)
    assert settings.speech_url == "http://elsewhere"
    assert settings.store == "sqlite"
    assert settings.agent_engine == "projects/another/locations/us-central1/reasoningEngines/local"
    assert settings.agent_engine_url == (
        f"http://127.0.0.1:1/simulators/agent-engine/v1/{settings.agent_engine}"
    )
    assert settings.cloud_tasks_address == settings.secret_manager_address == "127.0.0.1:2"
    assert settings.allowed_origins[0] == "http://localhost:5173"


def test_environment_gives_only_settings_that_it_sets() -> None:
    assert set(settings_in_environment()) <= {"firestore_emulator"}
