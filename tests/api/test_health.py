"""Who asks how it is, and what they are told."""

import asyncio
from dataclasses import replace

import pytest
from anyio.lowlevel import checkpoint

from common.domain import errors
from common.health import HealthCheck
from tests.api.wire import ORIGIN, Wire, check_problem, fields_of


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_whoever_asks_is_told_that_it_serves_and_nobody_else_is_asked(
    wire: Wire, method: str
) -> None:
    answer = await wire.call("health", user=None, method=method)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    if method == "GET":
        assert answer.json() == {"status": "ok"}
    assert not wire.harness.store.trips
    assert not wire.harness.avatars.calls


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_it_is_asked_with_get(wire: Wire, method: str) -> None:
    answer = await wire.call("health", b"{}", user=None, method=method)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert fields_of(check_problem(answer, 405, "invalid")) == ["method"]


async def test_a_page_may_ask_too(wire: Wire) -> None:
    headers = {"origin": ORIGIN, "access-control-request-method": "GET"}
    answer = await wire.call("health", user=None, method="OPTIONS", headers=headers)
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
async def test_a_query_is_checked_as_a_body_is(
    wire: Wire, query: str, status: int, field: str
) -> None:
    answer = await wire.call("health", user=None, method="GET", query=query)
    assert fields_of(check_problem(answer, status, "invalid")) == [field]
    assert "perhaps" not in answer.text


async def test_who_asks_deeper_is_told_who_is_down_and_not_why(wire: Wire) -> None:
    async def down() -> None:
        raise errors.Failed("avatar", "canary-9e1f answered 401")

    health_check = HealthCheck({"avatar": down, "voice": asyncio.Event().wait, "store": checkpoint})
    wire.app = replace(wire.app, health_check=health_check)
    answer = await wire.call("health", user=None, method="GET", query="deep=true")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"status": "degraded", "down": ["avatar", "voice"]}
