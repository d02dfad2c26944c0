"""What the smoke test does, a step after the other, as somebody outside does it."""

import secrets
from collections.abc import Callable
from typing import Any

import httpx

from infra.local.demo.caller import Caller, Event, RefusedError
from infra.smoke.sign_in import NotSignedInError, SignIn

STEPS = ("health", "strangers", "sign_in", "start_avatar", "chat", "keep_alive", "end_session")
GATED = ("start_avatar", "chat", "speak", "keep_alive", "end_session")
SHUT = {401, 403, 404}
"""How an internal function looks from outside: IAM refuses, or the way in is not there."""
HEARD = ("turn", "text", "speech started", "speech ended", "done complete")
"""What a turn must have; what it must not have are errors, and speech that is not heard whole."""


At = Callable[[str], str]
"""From a path, `/chat`, to where that function is."""


class NotWellError(Exception):
    """What is not as it must be."""


TROUBLE = (NotWellError, NotSignedInError, RefusedError, httpx.HTTPError, LookupError, ValueError)


class Visit:
    """Each step gives a word on how it went, or raises one of TROUBLE."""

    def __init__(self, http: httpx.AsyncClient, at: At, sign_in: SignIn) -> None:
        self._http = http
        self._at = at
        self._caller = Caller(http, at)
        self._sign_in = sign_in
        self._key = secrets.token_hex(16)
        self._unanswered = False
        self._started: dict[str, Any] = {}

    async def health(self) -> str:
        status = (await self._caller.get("/health")).get("status")
        _must(status == "ok", f"health is {status}, not ok")
        return "ok"

    async def strangers(self) -> str:
        for name in GATED:
            status = await self._stranger(f"/{name}")
            _must(status == httpx.codes.UNAUTHORIZED, f"/{name} answers a stranger {status}")
        status = await self._stranger("/sweep_expired")
        _must(status in SHUT, f"/sweep_expired answers a stranger {status}")
        return f"refused by all {len(GATED)}, and by the sweep"

    async def _stranger(self, path: str) -> int:
        return (await self._http.post(self._at(path), json={})).status_code

    async def sign_in(self) -> str:
        self._caller.signed_in(await self._sign_in(self._http))
        return "signed in"

    async def start_avatar(self) -> str:
        self._unanswered = True
        try:
            said = await self._caller.post("/start_avatar", {}, key=self._key)
        except RefusedError:
            self._unanswered = False
            raise
        self._unanswered, self._started = False, said.body
        return f"session {self._session}, {said.body['reserved_seconds']} s set aside"

    async def chat(self) -> str:
        body = {"message": "Hello!", "conversation_id": self._started["conversation_id"]}
        first: dict[str, float] = {}
        async for event in self._caller.chat(body):
            _must(not _is_trouble(event), f"the turn has {_what(event)}: {event.data.get('code')}")
            first.setdefault(_what(event), event.at)
        for what in HEARD:
            _must(what in first, f"the turn has no {what}, only {', '.join(first)}")
        return f"text after {first['text']:.2f} s, heard after {first['speech started']:.2f} s"

    async def keep_alive(self) -> str:
        kept = await self._caller.post("/keep_alive", {"avatar_session_id": self._session})
        return f"until {kept.body['idle_at']}"

    async def end_session(self) -> str:
        ended, most = await self._end(), self._started["reserved_seconds"]
        _must(ended["state"] == "ended", f"the session is {ended['state']}, not ended")
        self._started = {}
        _must(0 < ended["seconds"] <= most, f"{ended['seconds']} s are settled, of {most} s")
        return f"{ended['seconds']} s settled"

    async def cancel(self) -> str:
        """Ends what still runs. A start to which no answer came is asked for once more under the same
        key, which tells what became of it."""
        if self._unanswered:
            await self.start_avatar()
        if not self._started:
            return "nothing is left running"
        return f"the avatar session {self._session} is {(await self._end())['state']}"

    async def _end(self) -> dict[str, Any]:
        said = await self._caller.post("/end_session", {"avatar_session_id": self._session})
        return said.body

    @property
    def _session(self) -> str:
        return str(self._started["avatar_session_id"])


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotWellError(otherwise)


def _what(event: Event) -> str:
    return f"{event.name} {event.data.get('state') or event.data.get('ended') or ''}".strip()


def _is_trouble(event: Event) -> bool:
    return event.name == "error" or (event.name == "speech" and _what(event) not in HEARD)
