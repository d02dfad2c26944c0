"""Calls of the functions as they are deployed, over ASGI, with ID tokens that are really verified."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from common.adapters.google.identity import FirebaseIdentity
from common.adapters.sqlite.store import SqliteStore
from common.app import App
from infra.local.functions import load_functions
from infra.local.identity import LocalIdentity
from tests.api.cases import Case
from tests.support.harness import Harness

ORIGIN = "https://app.oprina.test"
PROBLEM = "application/problem+json"
EVENTS = "text/event-stream"
CANARY = "canary-4b1d-my-mothers-maiden-name"
"""A secret of a user: it may stand in no log line, and in no error that a caller gets."""


class BrokenApp(App):
    """An app that fails in every request, also in those that need no use case."""

    def __getattribute__(self, name: str) -> Any:
        if name == "traces":
            raise RuntimeError(CANARY) from ValueError(CANARY)
        return super().__getattribute__(name)


@cache
def functions() -> dict[str, ASGIApp]:
    """Return the functions by name, as the framework makes them of their sources."""
    return load_functions()


@dataclass
class FunctionClient:
    """A client of one process that serves the functions over the harness's fakes."""

    harness: Harness
    local: LocalIdentity

    @cached_property
    def app(self) -> App:
        identity = FirebaseIdentity(self.local.project, self.local.certificates)
        return replace(self.harness.app, identity=identity)

    def another(self) -> "FunctionClient":
        """Return a client of another process over the same store and services."""
        client = FunctionClient(self.harness, self.local)
        client.app = replace(self.harness.another(), identity=self.app.identity)
        return client

    def asgi(self, function: str) -> ASGIApp:
        inner = functions()[function]

        async def with_app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await inner({**scope, "oprina.app": self.app}, receive, send)

        return with_app

    def everything(self) -> ASGIApp:
        """Return one app that serves each function under its name."""

        async def routed(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await self.asgi(scope["path"].strip("/"))(scope, receive, send)

        return routed

    @cached_property
    def _tokens(self) -> dict[str, str]:
        return {}

    def token(self, user: str) -> str:
        return self._tokens.setdefault(user, self.local.mint(user, user.title()))

    def headers(self, user: str | None = "ada", key: str | None = None) -> dict[str, str]:
        named = {"authorization": f"Bearer {self.token(user)}"} if user else {}
        return {**named, **({"idempotency-key": key} if key is not None else {})}

    async def call(
        self,
        function: str,
        body: Any = None,
        *,
        user: str | None = "ada",
        key: str | None = None,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        path: str = "/",
    ) -> httpx.Response:
        """Send one request. `body` is sent as JSON; bytes, or pieces of them, are sent as they are."""
        raw = body is None or isinstance(body, bytes) or hasattr(body, "__aiter__")
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.asgi(function)), base_url="http://oprina.test"
        ) as client:
            return await client.request(
                method,
                path,
                content=body if raw else json.dumps(body).encode(),
                headers={**self.headers(user, key), **(headers or {})},
            )

    async def send(self, case: Case, fields: Any, **options: Any) -> httpx.Response:
        """Send the fields where the route takes them: in the path, the query or the body.

        Fields that are no mapping are sent as the body, with examples in the path.
        """
        given = fields if isinstance(fields, dict) else None
        path, rest = case.path(given or {}), case.without_parameters(given or {})
        if not case.route.has_body:
            query = str(httpx.QueryParams(rest))
            path, body = f"{path}?{query}" if query else path, None
        else:
            body = fields if given is None else rest
            if given is not None and case.route.bodies[0].with_query:
                body = rest.pop("audio", b"")
                path = f"{path}?{httpx.QueryParams(rest)}"
        options = {"method": case.route.method, **options}
        return await self.call(case.function, body, path=path, **options)

    async def start(self, user: str = "ada") -> dict[str, Any]:
        answer = await self.call("start_avatar", {}, user=user)
        assert answer.status_code == 201, answer.text
        started: dict[str, Any] = answer.json()
        return started

    def dump(self) -> dict[str, str]:
        """Return every stored document as text, by path."""
        return dump(self.harness)


def dump(harness: Harness) -> dict[str, str]:
    store = harness.store.inner
    assert isinstance(store, SqliteStore)
    if not isinstance(store._opened, sqlite3.Connection):
        return {}
    return dict(store._opened.execute("SELECT path, body FROM documents ORDER BY path"))


def check_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check the media type and the type of each member (RFC 9457). Return the problem."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["cache-control"] == "no-store"
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"urn:oprina:problem:{code}"
    assert problem["status"] == status
    assert problem["code"] == code
    assert isinstance(problem["title"], str)
    assert isinstance(problem["detail"], str)
    assert problem.keys() <= {
        *("type", "title", "status", "detail", "code", "errors", "retry_after"),
        *("still_works", "meter", "resets_at", "avatar_session_ids"),
        *("turn_id", "conversation_id"),
    }
    assert status != 503 or "retry_after" in problem
    assert problem.get("retry_after") == (
        int(answer.headers["retry-after"]) if "retry-after" in answer.headers else None
    )
    return problem


def fields_of(problem: dict[str, Any]) -> list[str]:
    return [error["field"] for error in problem.get("errors", [])]
