"""A client of Oprina's, with nothing but httpx."""

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

Json = dict[str, Any]


class RefusedError(Exception):
    """What was asked, and the answer that should not have come."""


@dataclass(frozen=True)
class Said:
    """An answer's body, its status, and how many seconds it took."""

    status: int
    body: Json
    seconds: float


@dataclass(frozen=True)
class Event:
    """A server-sent event, `at` seconds after the question."""

    name: str
    data: Json
    at: float


class Caller:
    """`at` gives a path's address, where that is not below the client's base."""

    def __init__(self, http: httpx.AsyncClient, at: Callable[[str], str] = str) -> None:
        self._http = http
        self._at = at

    async def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> Said:
        """`key` is the Idempotency-Key."""
        asked = time.perf_counter()
        named = {"idempotency-key": key} if key else None
        answer = await self._http.post(self._at(path), json=body, headers=named)
        await _refuse(answer)
        return Said(answer.status_code, answer.json(), time.perf_counter() - asked)

    async def get(self, path: str) -> Json:
        answer = await self._http.get(self._at(path))
        await _refuse(answer)
        found: Json = answer.json()
        return found

    def signed_in(self, token: str) -> None:
        self._http.headers["authorization"] = f"Bearer {token}"

    async def chat(self, body: Mapping[str, Any]) -> AsyncIterator[Event]:
        """The turn's events, as they come."""
        asked = time.perf_counter()
        headers = {"accept": "text/event-stream"}
        url = self._at("/chat")
        async with self._http.stream("POST", url, json=body, headers=headers) as answer:
            await _refuse(answer)
            name = ""
            async for line in answer.aiter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    yield Event(name, json.loads(value), time.perf_counter() - asked)


async def _refuse(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    await answer.aread()
    try:
        why = answer.json().get("detail", "")
    except ValueError:
        why = ""
    asked = f"{answer.request.method} {answer.request.url.path}"
    raise RefusedError(f"{asked} answered {answer.status_code}. {why}".strip())
