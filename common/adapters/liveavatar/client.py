"""HeyGen's LiveAvatar over HTTP, in LITE mode: it lends the face, speech and thoughts are ours.

Its answers are `{"code", "data", "message"}`, judged by their HTTP status alone. What its
documentation leaves open is treated so that either answer works.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from common.adapters.http.client import HttpClient
from common.adapters.http.request import (
    KB,
    MB,
    NO_RETRY,
    RETRY_IDEMPOTENT,
    HttpAnswer,
    OutboundRequest,
    Retry,
    refusal,
)
from common.adapters.liveavatar.connection import LiveAvatarConnection, is_socket, open_connection
from common.domain import errors
from common.domain.avatar_session import EndReason
from common.domain.ids import ID, AvatarSessionId
from common.ports.avatar import ProviderRecord, SessionToken, StartedSession

SERVICE = "avatar"

CONCURRENCY_LIMIT = 4003
"""The `code` of a 403: the plan's sessions all run. Passes half a second after a stop, too."""
BUSY_SECONDS = 2

MOST_PAGES = 50
PAGE_SIZE = 100

REASONS: Mapping[EndReason, str] = {
    "user": "USER_CLOSED",
    "expired": "MAX_DURATION_REACHED",
    "idle": "IDLE_TIMEOUT",
    "stuck": "ZOMBIE_SESSION_REAP",
    "gone": "ZOMBIE_SESSION_REAP",
}
"""The provider's words for why a session ends; SERVER_ERROR for every other reason."""

ReadKey = Callable[[bool], Awaitable[str]]
"""The account's key; True: read it again, the one that we had was refused."""


class LiveAvatar:
    """`base_url` e.g. https://api.liveavatar.com. A sandbox is free, ends after about a minute and
    has one avatar only."""

    def __init__(
        self,
        base_url: str,
        read_key: ReadKey,
        http_client: HttpClient,
        *,
        is_sandbox: bool = False,
        encoding: str = "H264",
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._read_key = read_key
        self._http_client = http_client
        self._is_sandbox = is_sandbox
        self._encoding = encoding

    async def create_session_token(self, avatar: str, quality: str, seconds: int) -> SessionToken:
        body = {
            "mode": "LITE",
            "avatar_id": avatar,
            "is_sandbox": self._is_sandbox,
            "video_settings": {"quality": quality, "encoding": self._encoding},
            "max_session_duration": seconds,
        }
        # A ticket twice is a ticket that nobody uses: it neither runs nor bills.
        request = self._request("POST", "/v1/sessions/token", body, changes=False)
        answer = await self._http_client.call(
            request, deadline=6, cap=64 * KB, retry=RETRY_IDEMPOTENT
        )
        if not answer.ok:
            raise refusal(request, answer)
        session, token = _words(answer, "session_id", "session_token")
        if not (ID.fullmatch(session) and token):
            raise errors.Failed(SERVICE, "the ticket makes no sense")
        return SessionToken(AvatarSessionId(session), token)

    async def start(self, ticket: SessionToken) -> StartedSession:
        headers = {"authorization": f"Bearer {ticket.token}"}
        body = {"session_id": ticket.session}
        request = OutboundRequest(
            SERVICE, "POST", f"{self._base_url}/v1/sessions/start", headers, body=body
        )
        answer = await self._http_client.call(request, deadline=10, cap=64 * KB, retry=NO_RETRY)
        if not answer.ok:
            raise _not_started(request, answer)
        session, url, token, ws_url = _words(
            answer, "session_id", "livekit_url", "livekit_client_token", "ws_url"
        )
        if session not in {"", ticket.session} or not (url and token and is_socket(ws_url)):
            raise errors.Ambiguous(SERVICE, "what it started makes no sense")
        return StartedSession(url, token, ws_url)

    async def stop(self, session: AvatarSessionId, reason: EndReason) -> None:
        body = {"session_id": session, "reason": REASONS.get(reason, "SERVER_ERROR")}
        await self._change("/v1/sessions/stop", body)

    async def keep_alive(self, session: AvatarSessionId) -> None:
        await self._change("/v1/sessions/keep-alive", {"session_id": session})

    async def _change(self, path: str, body: Mapping[str, Any]) -> None:
        """Send a change that may be repeated. A success without an envelope is not believed."""
        request = self._request("POST", path, body)
        answer = await self._http_client.call(
            request, deadline=5, cap=64 * KB, retry=RETRY_IDEMPOTENT
        )
        if not answer.ok:
            raise refusal(request, answer)
        if not isinstance(answer.json(), dict):
            raise errors.Ambiguous(SERVICE, "the answer makes no sense")

    async def active(self) -> list[AvatarSessionId]:
        """At most 5,000. An address that the provider gives for its next page is not followed, only
        noticed: our key goes to our own address and nowhere else."""
        found: dict[AvatarSessionId, None] = {}  # a page may repeat what the last one had
        for page in range(1, MOST_PAGES + 1):
            data = await self._get(f"/v1/sessions?type=active&page={page}&page_size={PAGE_SIZE}")
            results = data.get("results")
            if not isinstance(results, list):
                raise errors.Failed(SERVICE, "the list makes no sense")
            ids = (entry.get("id") for entry in results if isinstance(entry, dict))
            found |= {
                AvatarSessionId(i): None for i in ids if isinstance(i, str) and ID.fullmatch(i)
            }
            if not (results and data.get("next")):
                break
        return list(found)

    async def record(self, session: AvatarSessionId) -> ProviderRecord:
        data = await self._get(f"/v1/sessions/{quote(session, safe='')}")
        if data.get("id") != session:
            raise errors.Failed(SERVICE, "the record makes no sense")
        running = data.get("end_at") is None and not data.get("end_reason")
        return ProviderRecord(session, running, None if running else _number(data.get("duration")))

    async def credits(self) -> float:
        left = _number((await self._get("/v1/users/credits", NO_RETRY)).get("credits_left"))
        if left is None:
            raise errors.Failed(SERVICE, "the credits make no sense")
        return left

    async def connect(self, ws_url: str) -> LiveAvatarConnection:
        return await open_connection(ws_url)

    async def _get(self, path: str, retry: Retry = RETRY_IDEMPOTENT) -> Mapping[str, Any]:
        request = self._request("GET", path, None, changes=False)
        answer = await self._http_client.call(request, deadline=5, cap=MB, retry=retry)
        if not answer.ok:
            raise refusal(request, answer)
        return _data(answer)

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None, *, changes: bool = True
    ) -> OutboundRequest:
        url = f"{self._base_url}{path}"
        return OutboundRequest(SERVICE, method, url, auth=self._auth, body=body, changes=changes)

    async def _auth(self, fresh: bool) -> Mapping[str, str]:
        return {"x-api-key": await self._read_key(fresh)}


def _not_started(request: OutboundRequest, answer: HttpAnswer) -> errors.Upstream:
    """A 4xx did not start it; about anything else there is no telling."""
    envelope = answer.json()
    code = envelope.get("code") if isinstance(envelope, dict) else None
    if answer.status == 403 and code == CONCURRENCY_LIMIT:  # noqa: PLR2004 - forbidden
        return errors.Busy(SERVICE, "all sessions of the plan run", retry_after=BUSY_SECONDS)
    refused = refusal(request, answer)
    # `Missing` would say that the session is gone, and here it never was.
    return (
        errors.Failed(SERVICE, refused.why)
        if isinstance(refused, errors.UpstreamNotFound)
        else refused
    )


def _data(answer: HttpAnswer) -> Mapping[str, Any]:
    envelope = answer.json()
    data = envelope.get("data") if isinstance(envelope, dict) else None
    return data if isinstance(data, dict) else {}


def _words(answer: HttpAnswer, *names: str) -> list[str]:
    """What stands under each name, "" where there is no text."""
    data = _data(answer)
    return [value if isinstance(value := data.get(name), str) else "" for name in names]


def _number(value: object) -> float | None:
    """Not below 0; its numbers come as numbers or as strings."""
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        return None
    return max(0.0, number) if math.isfinite(number) else None
