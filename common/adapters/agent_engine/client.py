"""Agents on Vertex AI Agent Engine, over REST.

The SDK costs 4 s of cold start and loses replies that hold a lone `{`, so it is not used here.
"""

import hashlib
import re
from typing import Any

from common.adapters.agent_engine.events import SERVICE, ReplyParser
from common.adapters.http.client import HttpClient
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
from common.ports.agent import OnEvent

ENGINE = re.compile(
    r"(?:(?P<root>https?://[^?#]+?)(?:/v1(?:beta1)?)?/)?"
    r"(?P<name>projects/[^/]+/locations/(?P<location>[a-z0-9-]+)/reasoningEngines/[^/]+)"
)
SESSION = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""What Google takes as the id of a session, less than we take as one of a conversation."""

MONTH = 30 * 24 * 3600


class AgentEngine:
    """`engine` is a resource name, `projects/P/locations/L/reasoningEngines/ID`, or the whole
    address of one, `https://host/v1/projects/...`. ValueError where it is neither.

    `idle_seconds` is how long the agent may say nothing, tools included; `reply_seconds` how long a
    whole reply may take; `session_seconds` how long Google keeps a session that nobody deletes (at
    least a day; its own default is a year).
    """

    def __init__(
        self,
        engine: str,
        auth: Auth,
        http_client: HttpClient,
        *,
        idle_seconds: float = 30,
        reply_seconds: float = 300,
        session_seconds: int = MONTH,
    ) -> None:
        self._stream_url, self._sessions_url = addresses(engine)
        self._engine_url = self._stream_url.partition(":streamQuery")[0]
        self._auth = auth
        self._http_client = http_client
        self._idle_seconds = idle_seconds
        self._reply_seconds = reply_seconds
        self._session_seconds = session_seconds

    async def check(self) -> None:
        """The agent is there; nothing is asked of it."""
        request = OutboundRequest(SERVICE, "GET", self._engine_url, auth=self._auth, changes=False)
        answer = await self._http_client.call(request, deadline=5, cap=MB, retry=NO_RETRY)
        if not answer.ok:
            raise refusal(request, answer)

    async def create_session(self, user: UserId, session: str) -> bool:
        url = f"{self._sessions_url}?sessionId={session_name(session)}"
        body = {"userId": user, "ttl": f"{self._session_seconds}s"}
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
        if not answer.ok and answer.status != 404:  # noqa: PLR2004 - it is gone already
            raise refusal(request, answer)

    async def reply(self, user: UserId, session: str, message: str, take: OnEvent) -> None:
        body = {
            "class_method": "async_stream_query",
            "input": {
                "user_id": user,
                "session_id": session_name(session),
                "message": message,
                "run_config": {"streaming_mode": "sse"},  # without it nothing streams
            },
        }
        reply = ReplyParser()

        def heard(line: bytes) -> None:
            for event in reply.feed(line):
                take(event)

        await self._http_client.stream_lines(
            OutboundRequest(SERVICE, "POST", self._stream_url, auth=self._auth, body=body),
            heard,
            idle=self._idle_seconds,
            deadline=self._reply_seconds,
            cap=16 * MB,
            retry=RETRY_REJECTED,
        )
        take(reply.finish())


def addresses(engine: str) -> tuple[str, str]:
    """Where turns, and where sessions, are asked for."""
    match = ENGINE.fullmatch(engine.rstrip("/"))
    if match is None:
        raise ValueError("not projects/P/locations/L/reasoningEngines/ID, nor an address of one")
    root = match["root"] or f"https://{_host(match['location'])}"
    name = match["name"]
    return f"{root}/v1/{name}:streamQuery?alt=sse", f"{root}/v1beta1/{name}/sessions"


def session_name(session: str) -> str:
    """The conversation's id, or, where Google would refuse that, always the same one for it."""
    if SESSION.fullmatch(session):
        return session
    return f"c{hashlib.sha256(session.encode()).hexdigest()[:40]}"


def _host(location: str) -> str:
    if location in {"us", "eu"}:
        return f"aiplatform.{location}.rep.googleapis.com"
    return f"{location}-aiplatform.googleapis.com"


def _check_operation(operation: Any) -> None:  # noqa: ANN401 - JSON is anything
    """A long-running operation, done at once in practice, and perhaps with an error."""
    error = operation.get("error") if isinstance(operation, dict) else None
    already_exists = 6  # google.rpc.Code
    if isinstance(error, dict) and error.get("code") not in {already_exists, 409}:
        raise errors.Failed(SERVICE, "the session could not be made")
