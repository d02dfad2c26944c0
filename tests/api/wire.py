"""The functions as they are deployed, called over ASGI by people whose tokens are really verified."""

import json
import sqlite3
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from common.adapters.google.identity import FirebaseIdentity
from common.adapters.sqlite.store import SqliteStore
from common.bootstrap import App
from infra.local.functions import load_functions
from infra.local.identity import LocalIdentity
from tests.support.harness import Harness

PUBLIC = ("start_avatar", "chat", "speak", "keep_alive", "end_session")
EVERY = (*PUBLIC, "sweep_expired")
ORIGIN = "https://app.oprina.test"
PROBLEM = "application/problem+json"
EVENTS = "text/event-stream"
MISSING = "nothing-here"


@cache
def functions() -> dict[str, ASGIApp]:
    """As the framework makes them of their sources, by name."""
    return load_functions()


@dataclass
class Wire:
    """The door to the house `at`. `another` is the door of another process in front of it."""

    harness: Harness
    local: LocalIdentity

    @cached_property
    def app(self) -> App:
        identity = FirebaseIdentity(self.local.project, self.local.certificates)
        return replace(self.harness.app, identity=identity)

    def another(self) -> "Wire":
        wire = Wire(self.harness, self.local)
        wire.app = replace(self.harness.another(), identity=self.app.identity)
        return wire

    def asgi(self, function: str) -> ASGIApp:
        inner = functions()[function]

        async def with_app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await inner({**scope, "oprina.app": self.app}, receive, send)

        return with_app

    def everything(self) -> ASGIApp:
        """Each function under its name."""

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
        headers: dict[str, str] | None = None,
        query: str = "",
    ) -> httpx.Response:
        """`body` is sent as JSON, and bytes (or pieces of them) as they are."""
        raw = body is None or isinstance(body, bytes) or hasattr(body, "__aiter__")
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.asgi(function)), base_url="http://oprina.test"
        ) as client:
            return await client.request(
                method,
                f"/?{query}" if query else "/",
                content=body if raw else json.dumps(body).encode(),
                headers={**self.headers(user, key), **(headers or {})},
            )

    async def start(self, user: str = "ada") -> dict[str, Any]:
        answer = await self.call("start_avatar", {}, user=user)
        assert answer.status_code == 201, answer.text
        started: dict[str, Any] = answer.json()
        return started

    def dump(self) -> dict[str, str]:
        """Every document, by path, as it stands."""
        return dump(self.harness)


def dump(harness: Harness) -> dict[str, str]:
    store = harness.store.inner
    assert isinstance(store, SqliteStore)
    if not isinstance(store._opened, sqlite3.Connection):
        return {}
    return dict(store._opened.execute("SELECT path, body FROM documents ORDER BY path"))


def good_body(function: str, session: str, conversation: str) -> dict[str, Any]:
    """With every field that the function takes."""
    bodies: dict[str, dict[str, Any]] = {
        "start_avatar": {
            "conversation_id": conversation,
            "avatar_id": "some-avatar",
            "voice": "en-US-Neural2-F",
            "quality": "high",
            "language": "en-US",
        },
        "chat": {
            "message": "Hello.",
            "conversation_id": conversation,
            "speak": False,
            "wait": True,
        },
        "speak": {
            "avatar_session_id": session,
            "text": "Hello.",
            "interrupt": False,
            "wait": True,
        },
        "keep_alive": {"avatar_session_id": session},
        "end_session": {"avatar_session_id": session},
        "sweep_expired": {"avatar_session_id": session},
    }
    return bodies[function]


CODES = {
    "invalid",
    "unauthenticated",
    "not_found",
    "quota_exceeded",
    "too_many_sessions",
    "turn_in_progress",
    "avatar_starting",
    "session_over",
    "too_early",
    "key_in_flight",
    "key_reused",
}
"""Of refusals."""


def check_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """As RFC 9457 has it: the media type, and each member of its type."""
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
    }
    assert problem.get("retry_after") == (
        int(answer.headers["retry-after"]) if "retry-after" in answer.headers else None
    )
    return problem


def fields_of(problem: dict[str, Any]) -> list[str]:
    return [error["field"] for error in problem.get("errors", [])]
