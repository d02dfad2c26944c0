"""What every function does around its use case: parse, authenticate, answer, and nothing else.

A request passes these gates in this order: method, origin, token, body, fields, Idempotency-Key.
"""

import gc

gc.disable()  # a tenth of a cold start is spent looking for garbage among what stays; see the end

import asyncio
from collections.abc import Awaitable, Callable

import functions_framework.aio
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from common.app import App, app_of
from common.domain.errors import Invalid, Unavailable
from common.domain.ids import UserId
from common.domain.user import User
from common.incoming import Model, bearer, body_of, idempotency_key, parsed
from common.models import Answer
from common.outgoing import UnderWay, rendered, told
from common.services.idempotency import Once
from common.settings import check_deployment

__all__ = ["App", "Once", "User", "endpoint"]

SECONDS = 30.0
"""No request waits longer than this for its answer, or for its stream to begin."""

Use = Callable[[User, Model, App, Once], Awaitable[Answer | UnderWay]]
Function = Callable[[HttpRequest], Awaitable[Response]]

NOBODY = User(UserId("-"))
"""The caller of an internal function, whom IAM has let in."""


def endpoint(
    model: type[Model], *, internal: bool = False, seconds: float = SECONDS
) -> Callable[[Use[Model]], Function]:
    """Makes a use case a function that `functions_framework.aio` serves.

    `internal`: only IAM says who may call it; Google takes the token's signature away behind that
    check, so that it cannot be verified here.
    """
    check_deployment()

    def decorate(use: Use[Model]) -> Function:
        name = getattr(use, "__name__", "")

        async def function(request: HttpRequest) -> Response:
            app = app_of(request.scope)
            return _with_origin(await told(_served(request, app), name), request, app)

        async def _served(request: HttpRequest, app: App) -> Response:
            if request.method == "OPTIONS":
                return Response(status_code=204)
            if request.method != "POST":
                raise Invalid("Use POST.", status=405, fields=[("method", "is not POST")])
            try:
                async with asyncio.timeout(seconds):
                    given = await _used(request, app)
            except TimeoutError:
                raise Unavailable("request", "it took too long", retry_after=5) from None
            return rendered(given, request)

        async def _used(request: HttpRequest, app: App) -> Answer | UnderWay:
            caller = NOBODY if internal else await app.identity.verify(bearer(request))
            asked = parsed(await body_of(request), model)
            key = idempotency_key(request)
            body = asked.model_dump_json().encode()
            once = Once.of(caller.uid, name, key, body) if key else Once()
            with app.at_work.alone(once):
                return await use(caller, asked, app, once)

        function.__name__ = name
        functions_framework.aio.http(function)
        return function

    return decorate


def _with_origin(response: Response, request: HttpRequest, app: App) -> Response:
    """CORS for the origins that are named, letter by letter, and for nobody else."""
    origin = request.headers.get("origin")
    response.headers["vary"] = "Origin"
    if origin in app.settings.allowed_origins:
        response.headers["access-control-allow-origin"] = origin
        response.headers["access-control-expose-headers"] = "retry-after"
        if request.method == "OPTIONS":
            response.headers["access-control-allow-methods"] = "POST"
            response.headers["access-control-allow-headers"] = (
                "authorization, content-type, idempotency-key"
            )
            response.headers["access-control-max-age"] = "3600"
    return response


gc.enable()
gc.freeze()  # what was imported stays: it is not looked at again, nor copied by a fork
