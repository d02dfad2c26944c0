"""`python -m infra.smoke WHERE`: is it well? A short visit from outside, to the local stack (WHERE is
http://localhost:8080) or to any deployment (WHERE is the functions' addresses as JSON, in quotes:
"$(terraform -chdir=terraform output -json function_urls)").

A line a step, with how long it took; 1 and the reason at the first that fails. One avatar session is
started, and is ended whatever happens. It costs a credit (a minute) at the provider, and nothing
where the deployment is set to the sandbox (OPRINA_SANDBOX). infra/smoke_sign_in.py says who it is.
"""

import argparse
import asyncio
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from infra import smoke_sign_in
from infra.local.demo.caller import Caller, Event, RefusedError
from infra.smoke_sign_in import NotSignedInError, SignIn, sign_in_of

SECONDS = 90.0
"""For all steps together, each of them on a function that may be started for it."""
LAST_SECONDS = 30.0
"""For ending what was started."""
GATED = ("start_avatar", "chat", "speak", "keep_alive", "end_session")
SHUT = {401, 403, 404}
"""How an internal function looks from outside: IAM refuses, or the way in is not there."""
STEPS = ("health", "strangers", "sign_in", "start_avatar", "chat", "keep_alive", "end_session")
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

    async def leave(self) -> str:
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


async def smoke(
    http: httpx.AsyncClient,
    sign_in: SignIn,
    *,
    at: At = str,
    steps: Sequence[str] = STEPS,
    say: Callable[[str], None] = print,
    seconds: float = SECONDS,
) -> int:
    """The exit code: 0 if all of it is well. Takes `seconds` and LAST_SECONDS at the most."""
    visit = Visit(http, at, sign_in)
    try:
        failed = await _all_of(visit, steps, say, seconds)
    finally:
        ended = await _leave(visit, say)
    return int(failed or not ended)


async def _all_of(
    visit: Visit, steps: Sequence[str], say: Callable[[str], None], seconds: float
) -> bool:
    """Whether one of them failed."""
    name, begun = "", 0.0
    try:
        async with asyncio.timeout(seconds):
            for name in steps:
                begun = time.perf_counter()
                word = await getattr(visit, name)()
                say(f"ok      {name:<13} {time.perf_counter() - begun:6.2f} s  {word}")
    except (*TROUBLE, TimeoutError) as error:
        why = f"not within {seconds:g} s" if isinstance(error, TimeoutError) else _told(error)
        say(f"FAILED  {name:<13} {time.perf_counter() - begun:6.2f} s  {why}")
        return True
    return False


async def _leave(visit: Visit, say: Callable[[str], None]) -> bool:
    """Whether nothing is left that costs."""
    try:
        async with asyncio.timeout(LAST_SECONDS):
            say(f"        {await visit.leave()}")
    except (*TROUBLE, TimeoutError) as error:
        say(f"FAILED  an avatar session may still run, until it is idle: {_told(error)}")
        return False
    return True


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotWellError(otherwise)


def _what(event: Event) -> str:
    return f"{event.name} {event.data.get('state') or event.data.get('ended') or ''}".strip()


def _is_trouble(event: Event) -> bool:
    return event.name == "error" or (event.name == "speech" and _what(event) not in HEARD)


def _told(error: BaseException) -> str:
    return f"{error or type(error).__name__}"


def addresses(where: str) -> tuple[str, At]:
    """A client's base, and what is where below it, or elsewhere. ValueError where it is neither."""
    if where.startswith("http"):
        return where, str
    try:
        urls: dict[str, str] = json.loads(where)
    except ValueError:
        raise ValueError("neither an address (http...) nor the addresses as JSON") from None
    return "", lambda path: urls[path.removeprefix("/")]


async def _visited(where: str) -> int:
    try:
        sign_in, (base, at) = sign_in_of(os.environ), addresses(where)
    except (NotSignedInError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    async with httpx.AsyncClient(base_url=base, timeout=SECONDS) as http:
        return await smoke(http, sign_in, at=at)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m infra.smoke",
        description=__doc__,
        epilog=smoke_sign_in.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("where")
    try:
        return asyncio.run(_visited(parser.parse_args().where))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
