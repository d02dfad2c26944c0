"""The simulated provider as one ASGI app."""

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount, WebSocketRoute

from infra.local.simulators.liveavatar.account import LiveAvatarAccount
from infra.local.simulators.liveavatar.api.answers import on_http, on_invalid, on_refusal
from infra.local.simulators.liveavatar.api.calls import SessionCalls
from infra.local.simulators.liveavatar.api.lists import CatalogueCalls
from infra.local.simulators.liveavatar.journal.requests import RequestJournal
from infra.local.simulators.liveavatar.journal.routes import journal_routes
from infra.local.simulators.liveavatar.lite.socket import LiteSocket
from infra.local.simulators.liveavatar.media.rooms import SessionRooms
from infra.local.simulators.liveavatar.refusal import RequestRefusedError
from infra.local.simulators.livekit import LiveKitServer

LOCAL_ORIGIN = r"http://(localhost|127\.0\.0\.1)(:\d+)?"


def liveavatar_app(account: LiveAvatarAccount, rooms: SessionRooms | None = None) -> Starlette:
    """Return the app. Mount it anywhere: the addresses in its answers follow the mount.

    `rooms` are the account's, for a caller that closes them at the end. The provider's own web client
    calls the app from a page, with credentials, so that an answer must name the page's origin.
    """
    cors = Middleware(
        CORSMiddleware,
        allow_origin_regex=LOCAL_ORIGIN,
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
    )
    return Starlette(
        routes=[
            *CatalogueCalls(account).routes(),
            *SessionCalls(account).routes(),
            *journal_routes(account),
            WebSocketRoute("/ws/{session_id}", LiteSocket(account).endpoint),
            Mount("/livekit", routes=LiveKitServer(rooms or SessionRooms(account)).routes()),
        ],
        middleware=[cors, Middleware(RequestJournal, account=account)],
        exception_handlers={
            RequestRefusedError: on_refusal,
            ValidationError: on_invalid,
            HTTPException: on_http,
        },
    )
