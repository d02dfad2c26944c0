from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import WebSocketRoute

from infra.local.simulators.liveavatar.account import LiveAvatarAccount, Refusal
from infra.local.simulators.liveavatar.answers import on_http, on_invalid, on_refusal
from infra.local.simulators.liveavatar.api import Api
from infra.local.simulators.liveavatar.journal_api import journal_routes
from infra.local.simulators.liveavatar.lite import LiteSocket
from infra.local.simulators.liveavatar.request_journal import Arrivals

LOCAL_ORIGIN = r"http://(localhost|127\.0\.0\.1)(:\d+)?"


def liveavatar_app(world: LiveAvatarAccount) -> Starlette:
    """To be mounted anywhere; its addresses follow the mount. The provider's own web client calls
    it from a page, with credentials, so that the answer must name the page's origin.
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
            *Api(world).routes(),
            *journal_routes(world),
            WebSocketRoute("/ws/{session_id}", LiteSocket(world).endpoint),
        ],
        middleware=[cors, Middleware(Arrivals, world=world)],
        exception_handlers={
            Refusal: on_refusal,
            ValidationError: on_invalid,
            HTTPException: on_http,
        },
    )
