"""Agents on Vertex AI Agent Engine, over REST.

The SDK is not used: it adds 4 s to a cold start, and drops replies that contain a single `{`.
"""

import asyncio
import hashlib
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from common.adapters.agent_engine.events import ReplyParser
from common.adapters.agent_engine.wire import SERVICE
from common.adapters.http.client import MAX_PAUSE, HttpClient
from common.adapters.http.request import (
    KB,
    MB,
    NO_RETRY,
    RETRY_IDEMPOTENT,
    RETRY_REJECTED,
    Auth,
    OutboundRequest,
    refusal,
)
from common.domain import errors
from common.domain.ids import UserId
from common.ports.agent import SESSION_LIFE, OnEvent

ENGINE = re.compile(
    r"(?:(?P<root>https?://[^?#]+?)(?:/v1(?:beta1)?)?/)?"
    r"(?P<name>projects/[^/]+/locations/(?P<location>[a-z0-9-]+)/reasoningEngines/[^/]+)"
)
SESSION = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""Ids that Google accepts for a session. Ids of conversations may have other characters, too."""

SESSION_SECONDS = int(SESSION_LIFE.total_seconds())
"""Google keeps a session for at least a day; its own default is a year."""


async def pause_before_retry() -> None:
    """Wait 0.3 to 0.6 s: less than the age at which a look at the turn is too old to ask."""
    await asyncio.sleep(random.uniform(0.3, 0.6))  # noqa: S311 - spreads retries, guards nothing


class AgentEngine:
    """An agent on Agent Engine.

    `engine` is a resource name, `projects/P/locations/L/reasoningEngines/ID`, or its URL,
    `https://host/v1/projects/...`. Raises ValueError for anything else.

    `idle_seconds` limits the time without an event, including the time of tools. `reply_seconds`
    limits a whole reply. `pause` is awaited before the second attempt at a reply.
    """

    def __init__(
        self,
        engine: str,
        auth: Auth,
        http_client: HttpClient,
        *,
        idle_seconds: float = 30,
        reply_seconds: float = 300,
        pause: Callable[[], Awaitable[None]] = pause_before_retry,
    ) -> None:
        self._stream_url, self._sessions_url = addresses(engine)
        self._engine_url = self._stream_url.partition(":streamQuery")[0]
        self._auth = auth
        self._http_client = http_client
        self._idle_seconds = idle_seconds
        self._reply_seconds = reply_seconds
        self._pause = pause

    async def check(self) -> None:
        """Read the agent's resource, which is free. Raises an `Upstream` error on failure."""
        request = OutboundRequest(SERVICE, "GET", self._engine_url, auth=self._auth, changes=False)
        answer = await self._http_client.call(request, deadline=5, cap=MB, retry=NO_RETRY)
        if not answer.ok:
            raise refusal(request, answer)

    async def create_session(self, user: UserId, session: str) -> bool:
        url = f"{self._sessions_url}?sessionId={session_name(session)}"
        body = {"userId": user, "ttl": f"{SESSION_SECONDS}s"}
        request = OutboundRequest(SERVICE, "POST", url, auth=self._auth, body=body)
        answer = await self._http_client.call(
            request, deadline=10, cap=256 * KB, retry=RETRY_IDEMPOTENT
        )
        if answer.ok:
            _check_operation(answer.json())
            return True
        if answer.status != 409:  # noqa: PLR2004 - it exists already
            raise refusal(request, answer)
        return False

    async def delete_session(self, user: UserId, session: str) -> None:  # noqa: ARG002 - the session's id says enough here
        url = f"{self._sessions_url}/{session_name(session)}"
        request = OutboundRequest(SERVICE, "DELETE", url, auth=self._auth)
        answer = await self._http_client.call(
            request, deadline=10, cap=256 * KB, retry=RETRY_IDEMPOTENT
        )
        if not answer.ok and answer.status != 404:  # noqa: PLR2004 - it is deleted already
            raise refusal(request, answer)

    async def reply(
        self,
        user: UserId,
        session: str,
        message: str,
        take: OnEvent,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        body = {
            "class_method": "async_stream_query",
            "input": {
                "user_id": user,
                "session_id": session_name(session),
                "message": message,
                "run_config": {"streaming_mode": "sse"},  # without it nothing streams
                **({"state_delta": dict(state)} if state else {}),
            },
        }
        request = OutboundRequest(SERVICE, "POST", self._stream_url, auth=self._auth, body=body)
        if not await self._read_reply(request, take, is_last=False):
            await self._pause()
            await self._read_reply(request, take, is_last=True)

    async def _read_reply(self, request: OutboundRequest, take: OnEvent, *, is_last: bool) -> bool:
        """Read one reply. Return False if the stream refused it before any event of the agent.

        The HTTP client has repeated refusals by status already. On the last attempt every refusal
        is raised.
        """
        parser, lines = ReplyParser(), 0

        def take_line(line: bytes) -> None:
            nonlocal lines
            lines += 1
            for event in parser.feed(line):
                take(event)

        try:
            await self._http_client.stream_lines(
                request,
                take_line,
                idle=self._idle_seconds,
                deadline=self._reply_seconds,
                cap=16 * MB,
                retry=RETRY_REJECTED,
            )
            take(parser.finish())
        except errors.Upstream as error:
            for event in parser.release():
                take(event)
            is_refused = (
                lines > 0 and not parser.has_begun and isinstance(error, errors.Unavailable)
            )
            if is_last or not is_refused or (error.retry_after or 0) > MAX_PAUSE:
                raise
            return False
        return True


def addresses(engine: str) -> tuple[str, str]:
    """Return the URL of replies and the URL of sessions."""
    match = ENGINE.fullmatch(engine.rstrip("/"))
    if match is None:
        raise ValueError("neither projects/P/locations/L/reasoningEngines/ID nor its URL")
    root = match["root"] or f"https://{_host(match['location'])}"
    name = match["name"]
    return f"{root}/v1/{name}:streamQuery?alt=sse", f"{root}/v1beta1/{name}/sessions"


def session_name(session: str) -> str:
    """Return the conversation's id, or a hash of it if Google would refuse the id."""
    if SESSION.fullmatch(session):
        return session
    return f"c{hashlib.sha256(session.encode()).hexdigest()[:40]}"


def _host(location: str) -> str:
    if location in {"us", "eu"}:
        return f"aiplatform.{location}.rep.googleapis.com"
    return f"{location}-aiplatform.googleapis.com"


def _check_operation(operation: Any) -> None:  # noqa: ANN401 - any JSON value
    """Raise `Failed` if the long-running operation ended with an error.

    In practice the operation is complete when Google answers.
    """
    error = operation.get("error") if isinstance(operation, dict) else None
    already_exists = 6  # google.rpc.Code
    if isinstance(error, dict) and error.get("code") not in {already_exists, 409}:
        raise errors.Failed(SERVICE, "the session was not created")
