"""The steps of the smoke test, in the order in which they run."""

import secrets
import time
from collections.abc import Mapping

import httpx

from clients.python.oprina import ApiError, AsyncOprina, ProblemError
from clients.python.oprina.addresses import Addresses
from clients.python.oprina.models import (
    ChatEvent,
    DoneEvent,
    EndSessionAnswer,
    ErrorEvent,
    SpeechEvent,
    StartAvatarAnswer,
    ToolEvent,
)
from common.api.routes import PARAMETER
from infra.registry import declarations
from infra.smoke.sign_in import NotSignedInError, SignIn

STEPS = ("health", "no_token", "sign_in", "start_avatar", "chat", "keep_alive", "end_session")
REFUSED = {
    "users": {httpx.codes.UNAUTHORIZED},
    "internal": {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND},
}
"""Statuses of a request without a token, by callers. IAM answers for an internal function."""
EXPECTED_EVENTS = ("turn", "text", "speech started", "speech ended", "done complete")
"""Events that a turn must have. Errors and incomplete speech are failures."""


class StepFailedError(Exception):
    """An answer is not as it must be."""


FAILURES = (
    StepFailedError,
    NotSignedInError,
    ApiError,
    httpx.HTTPError,
    LookupError,
    ValueError,
)


class SmokeTest:
    """One run of the test. Each step returns its result in a few words, or raises one of FAILURES.

    The client sends nothing again by itself: every failure is reported.
    """

    def __init__(
        self, http: httpx.AsyncClient, where: str | Mapping[str, str], sign_in: SignIn
    ) -> None:
        self._http = http
        self._addresses = Addresses(where)
        self._sign_in = sign_in
        self._token: str | None = None
        self._client = AsyncOprina(where, self._current_token, http=http, patience=0)
        self._key = secrets.token_hex(16)
        self._unanswered = False
        self._started: StartAvatarAnswer | None = None

    async def _current_token(self) -> str:
        if self._token is None:
            self._token = await self._sign_in(self._http)
        return self._token

    async def health(self) -> str:
        status = (await self._client.health()).status
        _check(status == "ok", f"health is {status}, not ok")
        return "ok"

    async def no_token(self) -> str:
        """Check that every route for users or service accounts refuses a request without a token."""
        count = 0
        for name, function in declarations().items():
            for route in (operation.route for operation in function.operations):
                path = PARAMETER.sub("-", f"/{name}{route.path}".rstrip("/"))
                if route.callers in REFUSED:
                    answer = await self._http.request(route.method, self._addresses.url(path))
                    status, count = answer.status_code, count + 1
                    _check(
                        status in REFUSED[route.callers],
                        f"{route.method} {path} answers {status} to a request without a token",
                    )
        return f"refused by all {count} routes that need one"

    async def sign_in(self) -> str:
        await self._current_token()
        return "signed in"

    async def start_avatar(self) -> str:
        self._unanswered = True
        try:
            started = await self._client.start_avatar(key=self._key)
        except ProblemError:
            self._unanswered = False
            raise
        self._unanswered, self._started = False, started
        return f"session {started.avatar_session_id}, {started.reserved_seconds} s reserved"

    async def chat(self) -> str:
        first: dict[str, float] = {}
        began = time.perf_counter()
        async with self._client.chat(
            "Hello!", conversation_id=self._session.conversation_id
        ) as turn:
            async for event in turn:
                name = _describe(event)
                _check(not _is_failure(event), f"the turn has {name}: {_code(event)}")
                first.setdefault(name, time.perf_counter() - began)
        for name in EXPECTED_EVENTS:
            _check(name in first, f"the turn has no {name}, only {', '.join(first)}")
        return f"text after {first['text']:.2f} s, speech after {first['speech started']:.2f} s"

    async def keep_alive(self) -> str:
        kept = await self._client.keep_alive(self._session.avatar_session_id)
        return f"until {kept.idle_at:%Y-%m-%dT%H:%M:%SZ}"

    async def end_session(self) -> str:
        ended, reserved = await self._end(), self._session.reserved_seconds
        _check(ended.state == "ended", f"the session is {ended.state}, not ended")
        self._started = None
        seconds = ended.seconds
        _check(0 <= seconds <= reserved, f"{seconds} s are charged, of {reserved} s reserved")
        return f"{seconds} s charged"

    async def cancel(self) -> str:
        """End the session if it still runs.

        A start without an answer is sent once more with the same Idempotency-Key, which returns the
        session that was started.
        """
        if self._unanswered:
            await self.start_avatar()
        if self._started is None:
            return "no avatar session is left running"
        session = self._session.avatar_session_id
        return f"the avatar session {session} is {(await self._end()).state}"

    async def _end(self) -> EndSessionAnswer:
        return await self._client.end_session(self._session.avatar_session_id)

    @property
    def _session(self) -> StartAvatarAnswer:
        if self._started is None:
            raise StepFailedError("no avatar session was started")
        return self._started


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise StepFailedError(otherwise)


def _describe(event: ChatEvent) -> str:
    if isinstance(event, SpeechEvent | ToolEvent):
        return f"{event.event} {event.state}"
    return f"done {event.ended}" if isinstance(event, DoneEvent) else event.event


def _code(event: ChatEvent) -> str | None:
    return event.code if isinstance(event, ErrorEvent | SpeechEvent) else None


def _is_failure(event: ChatEvent) -> bool:
    unexpected = isinstance(event, SpeechEvent) and _describe(event) not in EXPECTED_EVENTS
    return unexpected or isinstance(event, ErrorEvent)
