"""Calls of Gmail and Calendar with the user's access token."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

SECONDS = 10.0
"""The deadline of a call. No call is repeated: the model or the person decides."""
MOST_BYTES = 2_000_000
SERVER_ERROR = 500
UNREADABLE = "Google's answer could not be read."


@dataclass(frozen=True)
class GoogleAddresses:
    """Addresses of the APIs. The local stack has others."""

    gmail: str = "https://gmail.googleapis.com"
    calendar: str = "https://www.googleapis.com"


class GoogleCallError(Exception):
    """A call failed. `text` is for the model, `code` for the backend."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text

    def answer(self) -> dict[str, Any]:
        """Return the answer of the tool."""
        return {"error": self.text, "code": self.code}


@dataclass(frozen=True)
class GoogleRest:
    """One user's access. Raises `GoogleCallError`, whose text quotes nothing of an answer."""

    token: str = field(repr=False)
    addresses: GoogleAddresses = field(default_factory=GoogleAddresses)

    async def get(self, url: str, query: Mapping[str, Any]) -> dict[str, Any]:
        return await self._call("GET", url, query, None)

    async def send(
        self, method: str, url: str, body: Mapping[str, Any], query: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Send a request that changes something. It is never repeated."""
        return await self._call(method, url, query or {}, body)

    async def _call(
        self, method: str, url: str, query: Mapping[str, Any], body: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.token}", "accept-encoding": "identity"}
        changes = body is not None
        try:
            async with (
                asyncio.timeout(SECONDS),
                httpx.AsyncClient(timeout=SECONDS, trust_env=False) as http,
                http.stream(method, url, params=query, json=body, headers=headers) as answer,
            ):
                content = await _content(answer) if answer.is_success else b""
        except (httpx.HTTPError, TimeoutError):
            raise unknown("google_unreachable", "Google did not answer.", changes) from None
        if not answer.is_success:
            raise _refusal(answer.status_code, changes=changes)
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise unknown("google_failed", UNREADABLE, changes)
        return found


async def _content(answer: httpx.Response) -> bytes:
    """Return the body, or nothing if it is longer than `MOST_BYTES`."""
    content = bytearray()
    async for part in answer.aiter_raw():
        content += part
        if len(content) > MOST_BYTES:
            return b""
    return bytes(content)


def unknown(code: str, text: str, changes: bool) -> GoogleCallError:
    """Return the error of a call whose result was lost. A change may have been made."""
    lost = "It is not known whether it was done. Do not try again by yourself. " if changes else ""
    return GoogleCallError(code, f"{lost}{text}")


def _refusal(status: int, *, changes: bool) -> GoogleCallError:
    match status:
        case 401:
            return GoogleCallError(
                "google_unauthorized",
                "Google no longer accepts the permission. The user can connect Google again in the "
                "settings.",
            )
        case 403:
            return GoogleCallError("google_forbidden", "Google does not permit this.")
        case 404:
            return GoogleCallError("google_not_found", "There is no such message or event.")
        case 429:
            return GoogleCallError("google_busy", "Google is busy. Try again in a minute.")
    if status >= SERVER_ERROR:
        return unknown("google_failed", "Google had an error.", changes)
    return GoogleCallError("google_failed", "Google could not do this.")
