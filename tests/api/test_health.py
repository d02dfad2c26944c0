"""The health check: methods, query and answers."""

import asyncio
from dataclasses import replace

import pytest
from anyio.lowlevel import checkpoint

from common.domain import errors
from common.health import HealthCheck
from tests.api.client import ORIGIN, FunctionClient, check_problem, fields_of


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_health_answers_without_calling_a_service(api: FunctionClient, method: str) -> None:
    answer = await api.call("health", user=None, method=method)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    if method == "GET":
        assert answer.json() == {"status": "ok"}
    assert not api.harness.store.trips
    assert not api.harness.avatars.calls


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(api: FunctionClient, method: str) -> None:
    answer = await api.call("health", b"{}", user=None, method=method)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert fields_of(check_problem(answer, 405, "invalid")) == ["method"]


async def test_pages_may_ask(api: FunctionClient) -> None:
    headers = {"origin": ORIGIN, "access-control-request-method": "GET"}
    answer = await api.call("health", user=None, method="OPTIONS", headers=headers)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("deep=perhaps", 422, "deep"),
        ("deeper=true", 422, "deeper"),
        ("deep=true&deep=false", 400, "deep"),
    ],
)
async def test_an_invalid_query_is_refused(
    api: FunctionClient, query: str, status: int, field: str
) -> None:
    answer = await api.call("health", user=None, method="GET", path=f"/?{query}")
    assert fields_of(check_problem(answer, status, "invalid")) == [field]
    assert "perhaps" not in answer.text


async def test_a_deep_check_names_the_services_that_are_down(api: FunctionClient) -> None:
    async def down() -> None:
        raise errors.Failed("avatar", "canary-9e1f answered 401")

    health_check = HealthCheck({"avatar": down, "voice": asyncio.Event().wait, "store": checkpoint})
    api.app = replace(api.app, health_check=health_check)
    answer = await api.call("health", user=None, method="GET", path="/?deep=true")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"status": "degraded", "down": ["avatar", "voice"]}
