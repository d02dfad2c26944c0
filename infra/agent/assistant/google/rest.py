"""Calls of Gmail and Calendar with the user's access token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

SECONDS = 10.0
MOST_BYTES = 2_000_000


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
        try:
            async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as http:
                answer = await http.request(method, url, params=query, json=body, headers=headers)
        except httpx.HTTPError:
            lost = "It is not known whether it was done. " if body is not None else ""
            raise GoogleCallError("google_unreachable", f"{lost}Google did not answer.") from None
        if not answer.is_success:
            raise _refusal(answer.status_code)
        try:
            found = answer.json() if len(answer.content) <= MOST_BYTES else None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise GoogleCallError("google_failed", "Google's answer could not be read.")
        return found


def _refusal(status: int) -> GoogleCallError:
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
    return GoogleCallError("google_failed", "Google could not do this.")
