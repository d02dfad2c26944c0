"""The users of Firebase, by Identity Toolkit's REST API."""

from typing import TYPE_CHECKING

from common.adapters.http.request import KB, RETRY_IDEMPOTENT, Auth, OutboundRequest, refusal
from common.domain.ids import UserId

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
        self._url = f"{base_url or ADDRESS}/v1/projects/{project}/accounts:delete"
        self._auth = auth
        self._http_client = http_client

    async def delete_user(self, user: UserId) -> None:
        request = OutboundRequest(
            SERVICE, "POST", self._url, auth=self._auth, body={"localId": user}
        )
        answer = await self._http_client.call(
            request, deadline=DEADLINE, cap=64 * KB, retry=RETRY_IDEMPOTENT
        )
        if answer.ok:
            return
        envelope = answer.json()
        error = envelope.get("error") if isinstance(envelope, dict) else None
        message = error.get("message") if isinstance(error, dict) else None
        if answer.status != 400 or not str(message).startswith(MISSING):  # noqa: PLR2004 - deleted already
            raise refusal(request, answer)
