"""The users of Firebase, by Identity Toolkit's REST API.

Reference: https://cloud.google.com/identity-platform/docs/reference/rest/v1/projects.accounts
"""

import json
from typing import TYPE_CHECKING, Any

from common.adapters.http.request import (
    KB,
    RETRY_IDEMPOTENT,
    RETRY_REJECTED,
    Auth,
    HttpAnswer,
    OutboundRequest,
    Retry,
    refusal,
)
from common.domain.errors import Failed
from common.domain.ids import UserId
from common.domain.user import INVITED

if TYPE_CHECKING:
    from common.adapters.http.client import HttpClient

ADDRESS = "https://identitytoolkit.googleapis.com"
SERVICE = "sign_ins"
DEADLINE = 10.0
MISSING = "USER_NOT_FOUND"


class IdentityToolkit:
    """The users of a project. A call is authorised by the function's own token."""

    def __init__(
        self, project: str, auth: Auth, http_client: "HttpClient", *, base_url: str | None = None
    ) -> None:
        self._url = f"{base_url or ADDRESS}/v1/projects/{project}/accounts"
        self._auth = auth
        self._http_client = http_client

    async def delete_user(self, user: UserId) -> None:
        request, answer = await self._call(":delete", {"localId": user}, RETRY_IDEMPOTENT)
        if not answer.ok and not _message(answer).startswith(MISSING):
            raise refusal(request, answer)

    async def invite(self, email: str) -> UserId:
        found = await self._ask(":lookup", {"email": [email]}, RETRY_IDEMPOTENT)
        users = found.get("users") or [await self._ask("", {"email": email}, RETRY_REJECTED)]
        user, claims = users[0].get("localId"), users[0].get("customAttributes") or "{}"
        if not isinstance(user, str):
            raise Failed(SERVICE, "the answer names no user")
        attributes = json.dumps({**json.loads(claims), INVITED: True})
        change = {"localId": user, "customAttributes": attributes}
        await self._ask(":update", change, RETRY_IDEMPOTENT)
        return UserId(user)

    async def _ask(self, method: str, body: dict[str, Any], retry: Retry) -> dict[str, Any]:
        """Return the answer's object. Raises an `Upstream` error for a refusal."""
        request, answer = await self._call(method, body, retry)
        found = answer.json()
        if not answer.ok or not isinstance(found, dict):
            raise refusal(request, answer)
        return found

    async def _call(
        self, method: str, body: dict[str, Any], retry: Retry
    ) -> tuple[OutboundRequest, HttpAnswer]:
        url = f"{self._url}{method}"
        request = OutboundRequest(SERVICE, "POST", url, auth=self._auth, body=body)
        answer = await self._http_client.call(request, deadline=DEADLINE, cap=64 * KB, retry=retry)
        return request, answer


def _message(answer: HttpAnswer) -> str:
    """Return the message of Google's error envelope, or "" for anything else."""
    envelope = answer.json()
    error = envelope.get("error") if isinstance(envelope, dict) else None
    return str(error.get("message", "")) if isinstance(error, dict) else ""
