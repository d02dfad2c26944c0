"""The steps of the smoke test, in the order in which they run."""

import secrets
from collections.abc import Callable
from typing import Any

import httpx

from common.api.routes import PARAMETER
from infra.local.demo.api_client import OprinaClient, RefusedError, StreamEvent
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

Locate = Callable[[str], str]
"""Returns the URL of a path such as `/chat`."""


class StepFailedError(Exception):
    """An answer is not as it must be."""


FAILURES = (
    StepFailedError,
    NotSignedInError,
    RefusedError,
    httpx.HTTPError,
    LookupError,
    ValueError,
)


class SmokeTest:
    """One run of the test. Each step returns its result in a few words, or raises one of FAILURES."""

    def __init__(self, http: httpx.AsyncClient, locate: Locate, sign_in: SignIn) -> None:
        self._http = http
        self._locate = locate
        self._caller = OprinaClient(http, locate)
        self._sign_in = sign_in
        self._key = secrets.token_hex(16)
        self._unanswered = False
        self._started: dict[str, Any] = {}

    async def health(self) -> str:
        status = (await self._caller.get("/health")).get("status")
        _check(status == "ok", f"health is {status}, not ok")
        return "ok"

    async def no_token(self) -> str:
        """Check that every route for users or service accounts refuses a request without a token."""
        count = 0
        for name, function in declarations().items():
            for route in (operation.route for operation in function.operations):
                path = PARAMETER.sub("-", f"/{name}{route.path}".rstrip("/"))
                if route.callers in REFUSED:
                    answer = await self._http.request(route.method, self._locate(path))
                    status, count = answer.status_code, count + 1
                    _check(
                        status in REFUSED[route.callers],
                        f"{route.method} {path} answers {status} to a request without a token",
                    )
        return f"refused by all {count} routes that need one"

    async def sign_in(self) -> str:
        self._caller.set_token(await self._sign_in(self._http))
        return "signed in"

    async def start_avatar(self) -> str:
        self._unanswered = True
        try:
            said = await self._caller.post("/start_avatar", {}, key=self._key)
        except RefusedError:
            self._unanswered = False
            raise
        self._unanswered, self._started = False, said.body
        return f"session {self._session}, {said.body['reserved_seconds']} s reserved"

    async def chat(self) -> str:
        body = {"message": "Hello!", "conversation_id": self._started["conversation_id"]}
        first: dict[str, float] = {}
        async for event in self._caller.chat(body):
            code = event.data.get("code")
            _check(not _is_failure(event), f"the turn has {_describe(event)}: {code}")
            first.setdefault(_describe(event), event.at)
        for name in EXPECTED_EVENTS:
            _check(name in first, f"the turn has no {name}, only {', '.join(first)}")
        return f"text after {first['text']:.2f} s, speech after {first['speech started']:.2f} s"

    async def keep_alive(self) -> str:
        kept = await self._caller.post("/keep_alive", {"avatar_session_id": self._session})
        return f"until {kept.body['idle_at']}"

    async def end_session(self) -> str:
        ended, reserved = await self._end(), self._started["reserved_seconds"]
        _check(ended["state"] == "ended", f"the session is {ended['state']}, not ended")
        self._started = {}
        seconds = ended["seconds"]
        _check(0 <= seconds <= reserved, f"{seconds} s are charged, of {reserved} s reserved")
        return f"{seconds} s charged"

    async def cancel(self) -> str:
        """End the session if it still runs.

        A start without an answer is sent once more with the same Idempotency-Key, which returns the
        session that was started.
        """
        if self._unanswered:
            await self.start_avatar()
        if not self._started:
            return "no avatar session is left running"
        return f"the avatar session {self._session} is {(await self._end())['state']}"

    async def _end(self) -> dict[str, Any]:
        said = await self._caller.post("/end_session", {"avatar_session_id": self._session})
        return said.body

    @property
    def _session(self) -> str:
        return str(self._started["avatar_session_id"])


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise StepFailedError(otherwise)


def _describe(event: StreamEvent) -> str:
    return f"{event.name} {event.data.get('state') or event.data.get('ended') or ''}".strip()


def _is_failure(event: StreamEvent) -> bool:
    return event.name == "error" or (
        event.name == "speech" and _describe(event) not in EXPECTED_EVENTS
    )
