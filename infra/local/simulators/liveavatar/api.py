"""The provider's HTTP calls."""

import hmac
from typing import TypeVar

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.simulators.liveavatar.account import LiveAvatarAccount, Refusal
from infra.local.simulators.liveavatar.answers import ok
from infra.local.simulators.liveavatar.bodies import (
    Json,
    ListRequest,
    SessionRequest,
    StopRequest,
    TokenRequest,
)
from infra.local.simulators.liveavatar.catalogue import (
    LANGUAGES,
    OWN_AVATARS,
    PUBLIC_AVATARS,
    VOICES,
)
from infra.local.simulators.liveavatar.journal import TOLD
from infra.local.simulators.liveavatar.sessions import Session

Body = TypeVar("Body", bound=BaseModel)
Named = TypeVar("Named", bound=SessionRequest)


class Api:
    def __init__(self, world: LiveAvatarAccount) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        return [
            Route("/v1/sessions/token", self.token, methods=["POST"]),
            Route("/v1/sessions/start", self.start, methods=["POST"]),
            Route("/v1/sessions/stop", self.stop, methods=["POST"]),
            Route("/v1/sessions/keep-alive", self.keep_alive, methods=["POST"]),
            Route("/v1/sessions", self.listed, methods=["GET"]),
            Route("/v1/sessions/{session_id}", self.one, methods=["GET"]),
            Route("/v1/users/credits", self.credits, methods=["GET"]),
            Route("/v1/avatars", self.own_avatars, methods=["GET"]),
            Route("/v1/avatars/public", self.public_avatars, methods=["GET"]),
            Route("/v1/voices", self.voices, methods=["GET"]),
            Route("/v1/languages", self.languages, methods=["GET"]),
        ]

    async def token(self, request: Request) -> Response:
        self._keyed(request)
        asked = await _parsed(request, TokenRequest)
        session = self.world.create(
            asked.mode,
            str(asked.avatar_id),
            asked.max_session_duration,
            sandbox=asked.is_sandbox,
        )
        _tell(request, session_id=session.id)
        token = self.world.tokens.session(session)
        return ok({"session_id": session.id, "session_token": token})

    async def start(self, request: Request) -> Response:
        token = _bearer(request)
        if token is None:
            raise Refusal(403, 4030, "Not authenticated")
        session = self.world.session_of(token)
        asked = await _parsed(request, SessionRequest, empty=True)
        _tell(request, session_id=session.id)
        _same(session, asked.session_id)
        self.world.start(session)
        if self.world.settings.start_delay_seconds:
            await self.world.clock.sleep(self.world.settings.start_delay_seconds)
        return ok(self._started(request, session), 201)

    async def stop(self, request: Request) -> Response:
        session, asked = await self._of_session(request, StopRequest)
        self.world.stop(session, asked.reason)
        return ok()

    async def keep_alive(self, request: Request) -> Response:
        session, _ = await self._of_session(request, SessionRequest)
        self.world.keep_alive(session)
        return ok()

    async def listed(self, request: Request) -> Response:
        self._keyed(request)
        asked = ListRequest.model_validate(dict(request.query_params))
        self.world.settle()
        state = "running" if asked.type == "active" else "ended"
        ran = [each for each in self.world.sessions.values() if each.started is not None]
        found = [each for each in ran if each.state == state]
        found.sort(key=lambda each: each.created, reverse=True)
        first = (asked.page - 1) * asked.page_size
        last = first + asked.page_size
        return ok(
            {
                "count": len(found),
                "next": _page(request, asked.page + 1) if last < len(found) else None,
                "previous": _page(request, asked.page - 1) if asked.page > 1 else None,
                "results": [self._entry(each) for each in found[first:last]],
            }
        )

    async def one(self, request: Request) -> Response:
        self._keyed(request)
        return ok(self._entry(self.world.named(request.path_params["session_id"])))

    async def credits(self, request: Request) -> Response:
        self._keyed(request)
        self.world.settle()
        return ok({"credits_left": str(self.world.credits_left())})

    async def own_avatars(self, request: Request) -> Response:
        return self._list(request, OWN_AVATARS)

    async def public_avatars(self, request: Request) -> Response:
        return self._list(request, PUBLIC_AVATARS)

    async def voices(self, request: Request) -> Response:
        return self._list(request, VOICES)

    async def languages(self, request: Request) -> Response:
        return self._list(request, LANGUAGES)

    def _list(self, request: Request, entries: list[Json]) -> Response:
        self._keyed(request)
        return ok({"count": len(entries), "next": None, "previous": None, "results": entries})

    def _started(self, request: Request, session: Session) -> Json:
        """Addresses below the mount under which this request came."""
        tokens = self.world.tokens
        scheme = "wss" if request.url.scheme == "https" else "ws"
        mount = f"{scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
        lite = session.mode == "LITE"
        return {
            "session_id": session.id,
            "livekit_url": f"{mount}/livekit",
            "livekit_client_token": tokens.livekit(session, f"client-{session.id}"),
            "livekit_agent_token": tokens.livekit(session, f"liveavatar-agent-{session.id}"),
            "max_session_duration": int(session.max_seconds),
            "ws_url": f"{mount}/ws/{session.id}?token={tokens.socket(session)}" if lite else None,
        }

    def _entry(self, session: Session) -> Json:
        now = self.world.now
        entry = {
            "id": session.id,
            "created_at": self._iso(session.created),
            "updated_at": self._iso(session.updated),
            "duration": int(session.seconds(now)),
            "source": "API",
            "mode": session.mode,
            "is_sandbox": session.sandbox,
            "credits_consumed": session.credits(now),
        }
        if session.ended is None:
            return entry
        return {**entry, "end_at": self._iso(session.ended), "end_reason": session.end_reason}

    def _iso(self, at: float) -> str:
        return self.world.utc(at).isoformat().replace("+00:00", "Z")

    def _keyed(self, request: Request) -> None:
        key = request.headers.get("x-api-key", "")
        if not hmac.compare_digest(key.encode(), self.world.key.encode()):
            raise Refusal(401, 4001, "Invalid API key")

    async def _of_session(self, request: Request, model: type[Named]) -> tuple[Session, Named]:
        """For calls that take the key and a session's id, or that session's own token."""
        token = _bearer(request)
        own = None if token is None else self.world.session_of(token)
        if own is None:
            self._keyed(request)
        asked = await _parsed(request, model, empty=own is not None)
        if own is not None:
            _same(own, asked.session_id)
        elif asked.session_id is None:
            raise Refusal(422, 4220, "session_id is required")
        session = own or self.world.named(asked.session_id or "")
        _tell(request, session_id=session.id)
        return session, asked


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _same(session: Session, named: str | None) -> None:
    if named not in {None, session.id}:
        raise Refusal(403, 4030, "The token is another session's")


async def _parsed(request: Request, model: type[Body], *, empty: bool = False) -> Body:
    """The body, also told to the journal. `empty`: none at all is as good as `{}`."""
    raw = await request.body()
    body = model.model_validate_json(b"{}" if empty and not raw.strip() else raw)
    told = body.model_dump(mode="json", exclude_unset=True)
    _tell(request, body={name: value for name, value in told.items() if name in TOLD})
    return body


def _tell(request: Request, **fields: object) -> None:
    request.state.entry.update(fields)


def _page(request: Request, number: int) -> str:
    return str(request.url.include_query_params(page=number))
