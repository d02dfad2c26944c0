"""HeyGen's LiveAvatar over HTTP, in LITE mode.

The provider renders the avatar; speech and text are ours.

Its answers are `{"code", "data", "message"}`. Success is decided by the HTTP status alone. Where
the provider's documentation leaves the answer open, every plausible answer is handled.
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
from common.adapters.liveavatar.connection import (
    LiveAvatarConnection,
    is_websocket_url,
    open_connection,
)
from common.domain import errors
from common.domain.avatar_session import EndReason
from common.domain.ids import ID, AvatarSessionId
from common.ports.avatar import NO_KEY, ProviderRecord, SessionToken, StartedSession

SERVICE = "avatar"

ADDRESS = "https://api.liveavatar.com"

CONCURRENCY_LIMIT = 4003
"""The `code` of a 403 that means: the plan's limit of sessions is reached.

The provider still answers it for half a second after a session was stopped.
"""
BUSY_SECONDS = 2

MAY_RUN = frozenset({408, 409, 499})
"""Refusals of a start after which the session may run: a time-out of a proxy, or a conflict with a call
that was carried out before."""

MAX_PAGES = 50
PAGE_SIZE = 100

STOP_REASONS: dict[EndReason, str] = {
    "user": "USER_CLOSED",
    "expired": "MAX_DURATION_REACHED",
    "idle": "IDLE_TIMEOUT",
    "stuck": "ZOMBIE_SESSION_REAP",
    "gone": "ZOMBIE_SESSION_REAP",
    "start_failed": "SERVER_ERROR",
    "start_ambiguous": "SERVER_ERROR",
    "stopped": "ZOMBIE_SESSION_REAP",
}
"""The reasons to end a session, in the provider's words."""

ENCODING = "H264"
"""The codec of the video."""

ReadKey = Callable[[bool], Awaitable[str]]
"""Returns the account's API key. The argument is True after a 401: read the key again."""


class LiveAvatar:
    """A LiveAvatar account.

    `is_sandbox`: sessions are free, end after about a minute and have one avatar only.
    """

    def __init__(
        self,
        base_url: str,
        read_key: ReadKey,
        http_client: HttpClient,
        *,
        is_sandbox: bool = False,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._read_key = read_key
        self._http_client = http_client
        self._is_sandbox = is_sandbox

    async def create_session_token(self, avatar: str, quality: str, seconds: int) -> SessionToken:
        body = {
            "mode": "LITE",
            "avatar_id": avatar,
            "is_sandbox": self._is_sandbox,
            "video_settings": {"quality": quality, "encoding": ENCODING},
            "max_session_duration": seconds,
        }
        # A repeated call creates a token that is never used: it neither runs nor costs.
        request = self._request("POST", "/v1/sessions/token", body, changes=False)
        answer = await self._http_client.call(
            request, deadline=6, cap=64 * KB, retry=RETRY_IDEMPOTENT
        )
        if answer.status in {400, 404, 422}:
            raise errors.Failed(SERVICE, f"answered {answer.status}", kind="rejected")
        if not answer.ok:
            raise refusal(request, answer)
        session, token = _strings(answer, "session_id", "session_token")
        if not (ID.fullmatch(session) and token):
            raise errors.Failed(SERVICE, "malformed session token")
        return SessionToken(AvatarSessionId(session), token)

    async def start(self, token: SessionToken) -> StartedSession:
        headers = {"authorization": f"Bearer {token.token}"}
        body = {"session_id": token.session}
        request = OutboundRequest(
            SERVICE, "POST", f"{self._base_url}/v1/sessions/start", headers, body=body
        )
        answer = await self._http_client.call(request, deadline=10, cap=64 * KB, retry=NO_RETRY)
        if not answer.ok:
            raise _start_refusal(request, answer)
        session, url, livekit_token, ws_url = _strings(
            answer, "session_id", "livekit_url", "livekit_client_token", "ws_url"
        )
        is_complete = url and livekit_token and is_websocket_url(ws_url)
        if session not in {"", token.session} or not is_complete:
            raise errors.Ambiguous(SERVICE, "malformed started session")
        return StartedSession(url, livekit_token, ws_url)

    async def stop(self, session: AvatarSessionId, reason: EndReason) -> None:
        body = {"session_id": session, "reason": STOP_REASONS[reason]}
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
            raise errors.Ambiguous(SERVICE, "malformed answer")

    async def active(self) -> list[AvatarSessionId]:
        """Return the ids of the running sessions, at most 5,000.

        The URL that the provider gives for the next page is not followed, because our key is sent
        only to `base_url`.
        """
        found: dict[AvatarSessionId, None] = {}  # a page may repeat ids of the page before
        for page in range(1, MAX_PAGES + 1):
            data = await self._get(f"/v1/sessions?type=active&page={page}&page_size={PAGE_SIZE}")
            results = data.get("results")
            if not isinstance(results, list):
                raise errors.Failed(SERVICE, "malformed list of sessions")
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
            raise errors.Failed(SERVICE, "malformed record")
        running = data.get("end_at") is None and not data.get("end_reason")
        return ProviderRecord(session, running, None if running else _number(data.get("duration")))

    async def credits(self) -> float:
        left = _number((await self._get("/v1/users/credits", NO_RETRY)).get("credits_left"))
        if left is None:
            raise errors.Failed(SERVICE, "malformed credits")
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
        try:
            return {"x-api-key": await self._read_key(fresh)}
        except errors.UpstreamNotFound:  # not "there is no such session"
            raise errors.Failed(SERVICE, "there is no key", kind=NO_KEY) from None


def _start_refusal(request: OutboundRequest, answer: HttpAnswer) -> errors.Upstream:
    """Return the error for a start that was not a success.

    After a 4xx the session does not run, except for those of `MAY_RUN`. After anything else it may
    run.
    """
    envelope = answer.json()
    code = envelope.get("code") if isinstance(envelope, dict) else None
    if answer.status == 403 and code == CONCURRENCY_LIMIT:  # noqa: PLR2004 - forbidden
        return errors.Busy(SERVICE, "all sessions of the plan run", retry_after=BUSY_SECONDS)
    if answer.status in MAY_RUN:
        return request.lost_answer(f"answered {answer.status}")
    refused = refusal(request, answer)
    # `UpstreamNotFound` would mean that the session has ended, and this one never ran.
    return (
        errors.Failed(SERVICE, refused.why)
        if isinstance(refused, errors.UpstreamNotFound)
        else refused
    )


def _data(answer: HttpAnswer) -> Mapping[str, Any]:
    envelope = answer.json()
    data = envelope.get("data") if isinstance(envelope, dict) else None
    return data if isinstance(data, dict) else {}


def _strings(answer: HttpAnswer, *names: str) -> list[str]:
    """Return the string under each name, or "" where there is none."""
    data = _data(answer)
    return [value if isinstance(value := data.get(name), str) else "" for name in names]


def _number(value: object) -> float | None:
    """Return a number of at least 0, or None. The provider sends numbers also as strings."""
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        return None
    return max(0.0, number) if math.isfinite(number) else None
