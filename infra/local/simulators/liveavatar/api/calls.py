"""The provider's HTTP calls about sessions and credits."""

import hmac
from typing import TypeVar

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.simulators.liveavatar.account import LiveAvatarAccount
from infra.local.simulators.liveavatar.api.answers import ok
from infra.local.simulators.liveavatar.api.bodies import (
    Json,
    SessionListRequest,
    SessionPath,
    SessionRequest,
    StopRequest,
    TokenRequest,
)
from infra.local.simulators.liveavatar.api.pages import page_of
from infra.local.simulators.liveavatar.journal.record import SHOWN_FIELDS
from infra.local.simulators.liveavatar.media.fields import room_fields
from infra.local.simulators.liveavatar.refusal import RequestRefusedError
from infra.local.simulators.liveavatar.session import LiveAvatarSession

Body = TypeVar("Body", bound=BaseModel)
AboutSession = TypeVar("AboutSession", bound=SessionRequest)


class SessionCalls:
    """Handlers of the calls about sessions and credits."""

    def __init__(self, account: LiveAvatarAccount) -> None:
        self.account = account

    def routes(self) -> list[Route]:
        """Return the calls by method and path."""
        return [
            Route("/v1/sessions/token", self.create_token, methods=["POST"]),
            Route("/v1/sessions/start", self.start, methods=["POST"]),
            Route("/v1/sessions/stop", self.stop, methods=["POST"]),
            Route("/v1/sessions/keep-alive", self.keep_alive, methods=["POST"]),
            Route("/v1/sessions", self.list_sessions, methods=["GET"]),
            Route("/v1/sessions/{session_id}", self.show_session, methods=["GET"]),
            Route("/v1/users/credits", self.show_credits, methods=["GET"]),
        ]

    async def create_token(self, request: Request) -> Response:
        """Create a session, which does not run yet."""
        check_key(self.account, request)
        asked = await _parse(request, TokenRequest)
        session = self.account.create(asked.plan())
        _note(request, session_id=session.id)
        token = self.account.tokens.session(session)
        return ok({"session_id": session.id, "session_token": token})

    async def start(self, request: Request) -> Response:
        """Start the session of the token."""
        token = _bearer(request)
        if token is None:
            raise RequestRefusedError(403, 4030, "Not authenticated")
        session = self.account.authenticate(token)
        asked = await _parse(request, SessionRequest, empty=True)
        _note(request, session_id=session.id)
        _check_same(session, asked)
        self.account.start(session)
        if self.account.settings.start_delay_seconds:
            await self.account.clock.sleep(self.account.settings.start_delay_seconds)
        return ok(self._start_answer(request, session), 201)

    async def stop(self, request: Request) -> Response:
        """Stop a session."""
        session, asked = await self._find(request, StopRequest)
        self.account.stop(session, asked.reason)
        return ok()

    async def keep_alive(self, request: Request) -> Response:
        """Begin a session's idle time again."""
        session, _ = await self._find(request, SessionRequest)
        self.account.keep_alive(session)
        return ok()

    async def list_sessions(self, request: Request) -> Response:
        """List the sessions that run, or that have ended, newest first."""
        check_key(self.account, request)
        asked = SessionListRequest.model_validate(dict(request.query_params))
        self.account.settle()
        state = "running" if asked.type == "active" else "ended"
        ran = [each for each in self.account.sessions.values() if each.started is not None]
        found = [each for each in ran if each.state == state]
        found.sort(key=lambda each: each.created, reverse=True)
        return ok(page_of(request, asked, [self._entry(each) for each in found]))

    async def show_session(self, request: Request) -> Response:
        """Show one session."""
        check_key(self.account, request)
        asked = SessionPath.model_validate(request.path_params)
        return ok(self._entry(self.account.find(str(asked.session_id))))

    async def show_credits(self, request: Request) -> Response:
        """Show the credits that are left, as a text."""
        check_key(self.account, request)
        self.account.settle()
        return ok({"credits_left": str(self.account.credits_left())})

    def _start_answer(self, request: Request, session: LiveAvatarSession) -> Json:
        """Return a start's answer. Its addresses are below the mount of this request."""
        tokens = self.account.tokens
        scheme = "wss" if request.url.scheme == "https" else "ws"
        mount = f"{scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
        socket = f"{mount}/ws/{session.id}?token={tokens.socket(session)}"
        return {
            "session_id": session.id,
            **room_fields(session, mount, tokens),
            "max_session_duration": int(session.max_seconds),
            "ws_url": socket if session.plan.has_socket else None,
        }

    def _entry(self, session: LiveAvatarSession) -> Json:
        now = self.account.now
        entry = {
            "id": session.id,
            "created_at": self._iso(session.created),
            "updated_at": self._iso(session.updated),
            "duration": int(session.seconds(now)),
            "source": "API",
            "mode": session.plan.mode,
            "is_sandbox": session.plan.sandbox,
            "credits_consumed": session.credits(now),
        }
        if session.ended is None:
            return entry
        return {**entry, "end_at": self._iso(session.ended), "end_reason": session.end_reason}

    def _iso(self, at: float) -> str:
        return self.account.utc(at).isoformat().replace("+00:00", "Z")

    async def _find(
        self, request: Request, model: type[AboutSession]
    ) -> tuple[LiveAvatarSession, AboutSession]:
        """Return the session of a call, and its body.

        The call has the account's key and the session's id, or the session's own token.
        """
        token = _bearer(request)
        own = None if token is None else self.account.authenticate(token)
        if own is None:
            check_key(self.account, request)
        asked = await _parse(request, model, empty=own is not None)
        if own is not None:
            _check_same(own, asked)
        elif asked.session_id is None:
            raise RequestRefusedError(422, 4220, "session_id is required")
        session = own or self.account.find(str(asked.session_id))
        _note(request, session_id=session.id)
        return session, asked


def check_key(account: LiveAvatarAccount, request: Request) -> None:
    """Raise `RequestRefusedError` (401) unless the request has the account's key."""
    key = request.headers.get("x-api-key", "")
    if not hmac.compare_digest(key.encode(), account.key.encode()):
        raise RequestRefusedError(401, 4001, "Invalid API key")


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _check_same(session: LiveAvatarSession, asked: SessionRequest) -> None:
    if asked.session_id is not None and str(asked.session_id) != session.id:
        raise RequestRefusedError(403, 4030, "The token is another session's")


async def _parse(request: Request, model: type[Body], *, empty: bool = False) -> Body:
    """Return the body, and note it in the journal. `empty`: no body counts as `{}`."""
    raw = await request.body()
    body = model.model_validate_json(b"{}" if empty and not raw.strip() else raw)
    sent = body.model_dump(mode="json", exclude_unset=True)
    _note(request, body={name: sent[name] for name in SHOWN_FIELDS if name in sent})
    return body


def _note(request: Request, **fields: object) -> None:
    request.state.entry.update(fields)
