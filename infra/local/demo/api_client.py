"""A client of Oprina's API that needs only httpx."""

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

Json = dict[str, Any]


class RefusedError(Exception):
    """An answer that is not a success. The message names the request, the status and the detail."""


@dataclass(frozen=True)
class ApiAnswer:
    """The status and the body of an answer, and the seconds until it came."""

    status: int
    body: Json
    seconds: float


@dataclass(frozen=True)
class StreamEvent:
    """A server-sent event that came `at` seconds after the request."""

    name: str
    data: Json
    at: float


class OprinaClient:
    """Calls Oprina. Every method raises `RefusedError` for an answer that is not a success.

    `locate` returns the URL of a path, for functions that are not below the client's base URL.
    """

    def __init__(self, http: httpx.AsyncClient, locate: Callable[[str], str] = str) -> None:
        self._http = http
        self._locate = locate

    def set_token(self, token: str) -> None:
        self._http.headers["authorization"] = f"Bearer {token}"

    async def post(
        self, path: str, body: Mapping[str, Any], *, key: str | None = None
    ) -> ApiAnswer:
        """Send a body as JSON. `key` is the Idempotency-Key."""
        began = time.perf_counter()
        headers = {"idempotency-key": key} if key else None
        answer = await self._http.post(self._locate(path), json=body, headers=headers)
        await _raise_for_status(answer)
        return ApiAnswer(answer.status_code, answer.json(), time.perf_counter() - began)

    async def get(self, path: str) -> Json:
        answer = await self._http.get(self._locate(path))
        await _raise_for_status(answer)
        body: Json = answer.json()
        return body

    async def delete(self, path: str) -> Json:
        answer = await self._http.delete(self._locate(path))
        await _raise_for_status(answer)
        body: Json = answer.json()
        return body

    async def chat(self, body: Mapping[str, Any]) -> AsyncIterator[StreamEvent]:
        """Send a message, and yield the turn's events as they arrive."""
        began = time.perf_counter()
        headers = {"accept": "text/event-stream"}
        url = self._locate("/chat")
        async with self._http.stream("POST", url, json=body, headers=headers) as answer:
            await _raise_for_status(answer)
            name = ""
            async for line in answer.aiter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    yield StreamEvent(name, json.loads(value), time.perf_counter() - began)


async def _raise_for_status(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    await answer.aread()
    try:
        detail = answer.json().get("detail", "")
    except ValueError:
        detail = ""
    request = f"{answer.request.method} {answer.request.url.path}"
    raise RefusedError(f"{request} answered {answer.status_code}. {detail}".strip())
