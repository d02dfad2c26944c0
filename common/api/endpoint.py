"""What every function does around its use case: parse, authenticate, answer, and nothing else.

A request passes these gates in this order: method, origin, token, body (or query), fields,
Idempotency-Key.
"""

import gc

gc.disable()  # a tenth of a cold start is spent looking for garbage among what stays; see the end

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import functions_framework.aio
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from common.api.request_log import LoggedResponse
from common.api.requests import (
    Model,
    bearer_token,
    idempotency_key,
    parse_body,
    parse_query,
    read_body,
    trace_parent,
)
from common.api.responses import handle_errors
from common.api.streaming import InProgress, to_response
from common.bootstrap import App, app_of
from common.domain.errors import Invalid, Unavailable
from common.domain.ids import UserId
from common.domain.user import User
from common.observability.cloud_logging import log_to_cloud, restore_logging
from common.observability.request_trace import (
    RequestTrace,
    annotate_ids,
    current_trace,
    start_trace,
    timed,
)
from common.schemas.base import Answer
from common.settings import is_deployed
from common.transactions.idempotency import IdempotencyKey

__all__ = ["App", "IdempotencyKey", "User", "endpoint"]

SECONDS = 30.0
"""No request waits longer than this for its answer, or for its stream to begin."""

Use = Callable[[User, Model, App, IdempotencyKey], Awaitable[Answer | InProgress]]
Function = Callable[[HttpRequest], Awaitable[Response]]

NOBODY = User(UserId("-"))
"""The caller of an internal function, whom IAM has let in; and whoever calls one for anybody."""


def endpoint(
    model: type[Model],
    *,
    methods: Sequence[str] = ("POST",),
    internal: bool = False,
    anybody: bool = False,
    seconds: float = SECONDS,
) -> Callable[[Use[Model]], Function]:
    """Makes a use case a function that `functions_framework.aio` serves. What it takes comes in the
    body of a POST, and in the query of anything else.

    `internal`: only IAM says who may call it; Google takes the token's signature away behind that
    check, so that it cannot be verified here. `anybody`: nobody is asked who they are.
    """
    if is_deployed():
        log_to_cloud()

    def decorate(use: Use[Model]) -> Function:
        name = getattr(use, "__name__", "")

        async def function(request: HttpRequest) -> Response:
            restore_logging()
            notes = start_trace(RequestTrace(name, trace_parent(request)))
            return LoggedResponse(await handle_errors(_answered(request, notes), name), notes)

        async def _answered(request: HttpRequest, notes: RequestTrace) -> Response:
            app = app_of(request.scope)
            notes.project, notes.exporter = app.settings.project, app.traces
            response = await handle_errors(_served(request, app), name)
            return _with_origin(response, request, app, methods)

        async def _served(request: HttpRequest, app: App) -> Response:
            if request.method == "OPTIONS":
                return Response(status_code=204)
            if request.method not in methods:
                wrong = [("method", f"is not {methods[0]}")]
                raise Invalid(f"Use {methods[0]}.", status=405, fields=wrong)
            try:
                async with asyncio.timeout(seconds):
                    given = await _used(request, app)
            except TimeoutError:
                raise Unavailable("request", "it took too long", retry_after=5) from None
            return to_response(given, request)

        async def _used(request: HttpRequest, app: App) -> Answer | InProgress:
            caller = NOBODY if internal or anybody else await _verified(request, app)
            asked = await _asked(request, model)
            key = idempotency_key(request)
            body = asked.model_dump_json().encode()
            once = IdempotencyKey.of(caller.uid, name, key, body) if key else IdempotencyKey()
            annotate_ids(asked)
            with app.in_flight.reserve(once):
                given = await use(caller, asked, app, once)
            annotate_ids(given)
            return given

        function.__name__ = name
        functions_framework.aio.http(function)
        return function

    return decorate


async def _verified(request: HttpRequest, app: App) -> User:
    with timed("identity"):
        caller = await app.identity.verify(bearer_token(request))
    if (notes := current_trace()) is not None:
        notes.user = caller.uid
    return caller


async def _asked(request: HttpRequest, model: type[Model]) -> Model:
    if request.method == "POST":
        return parse_body(await read_body(request), model)
    return parse_query(request.query_params.multi_items(), model)


def _with_origin(
    response: Response, request: HttpRequest, app: App, methods: Sequence[str]
) -> Response:
    """CORS for the origins that are named, letter by letter, and for nobody else."""
    origin = request.headers.get("origin")
    response.headers["vary"] = "Origin"
    if response.status_code == 405:  # noqa: PLR2004 - method not allowed
        response.headers["allow"] = ", ".join((*methods, "OPTIONS"))
    if origin in app.settings.allowed_origins:
        response.headers["access-control-allow-origin"] = origin
        response.headers["access-control-expose-headers"] = "retry-after"
        if request.method == "OPTIONS":
            response.headers["access-control-allow-methods"] = ", ".join(methods)
            response.headers["access-control-allow-headers"] = (
                "authorization, content-type, idempotency-key"
            )
            response.headers["access-control-max-age"] = "3600"
    return response


gc.enable()
gc.freeze()  # what was imported stays: it is not looked at again, nor copied by a fork
