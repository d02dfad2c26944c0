from starlette.responses import RedirectResponse, Response

from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.connections.google_connections import Redirect
from common.domain.errors import AccountClosing, NotFound
from common.domain.google.errors import (
    GoogleDisconnecting,
    GoogleNotAllowed,
    GoogleNotSetUp,
    GoogleStateUnknown,
)
from common.schemas.connections import (
    BeginGoogleRequest,
    ConnectGoogleRequest,
    ConsentPage,
    FinishGoogleRequest,
    GoogleConnectionAnswer,
    GoogleRequest,
    SwitchGoogleRequest,
)

NO_STORE = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


@Route(
    "GET",
    "/google",
    GoogleRequest,
    GoogleConnectionAnswer,
    answers={200: "The connection, also where there is none."},
)
async def read_google(
    caller: User, _request: GoogleRequest, app: App, _key: IdempotencyKey
) -> GoogleConnectionAnswer:
    """Return the state of the Google connection, and what is allowed and switched on."""
    return await app.connections.read(caller)


@Route(
    "POST",
    "/google",
    ConnectGoogleRequest,
    ConsentPage,
    answers={200: "A one-use address that the browser must visit within two minutes."},
    raises=(AccountClosing, GoogleDisconnecting, GoogleNotSetUp),
)
async def connect_google(
    caller: User, request: ConnectGoogleRequest, app: App, _key: IdempotencyKey
) -> ConsentPage:
    """Begin to connect a Google account, or to allow more services of the connected one."""
    return await app.connections.ask(caller, request)


@Route(
    "GET",
    "/google/begin",
    BeginGoogleRequest,
    None,
    answers={
        303: "To Google's consent page, with a cookie; or to the page, with `?google=<code>`."
    },
    raises=(GoogleStateUnknown,),
    callers="public",
)
async def begin_google(
    _caller: User, request: BeginGoogleRequest, app: App, _key: IdempotencyKey
) -> Response:
    """Send the browser to Google's consent page. Only the one-use address leads here."""
    return _respond(await app.connections.begin(request))


@Route(
    "GET",
    "/google/callback",
    FinishGoogleRequest,
    None,
    answers={303: "To the page, with `?google=connected`, `partial`, or the code of a problem."},
    raises=(GoogleStateUnknown,),
    callers="public",
)
async def finish_google(
    _caller: User, request: FinishGoogleRequest, app: App, _key: IdempotencyKey
) -> Response:
    """Finish a consent. Google sends the browser here."""
    return _respond(await app.connections.finish(request))


@Route(
    "PATCH",
    "/google",
    SwitchGoogleRequest,
    GoogleConnectionAnswer,
    answers={200: "The connection."},
    raises=(NotFound, GoogleNotAllowed),
)
async def switch_google(
    caller: User, request: SwitchGoogleRequest, app: App, _key: IdempotencyKey
) -> GoogleConnectionAnswer:
    """Switch mail or calendar on or off. Google's permission stays as it is."""
    return await app.connections.switch(caller, request)


@Route(
    "DELETE",
    "/google",
    GoogleRequest,
    GoogleConnectionAnswer,
    answers={200: "`none`, or `disconnecting` until the revocation is finished."},
)
async def disconnect_google(
    caller: User, _request: GoogleRequest, app: App, _key: IdempotencyKey
) -> GoogleConnectionAnswer:
    """Revoke Google's permission for mail and calendar, and delete the connection."""
    return await app.connections.disconnect(caller)


def _respond(redirect: Redirect) -> Response:
    headers = NO_STORE | ({"set-cookie": redirect.cookie} if redirect.cookie else {})
    return RedirectResponse(redirect.url, 303, headers)


connections = endpoint(
    read_google,
    connect_google,
    begin_google,
    finish_google,
    switch_google,
    disconnect_google,
    name="connections",
)
