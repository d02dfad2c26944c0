"""Make a function of its operations: route, authenticate, parse, answer.

A request passes these gates in this order: path, method, token, body or query, fields,
Idempotency-Key.
"""

import gc

gc.disable()  # During imports the collector costs 10 % of a cold start. It is enabled below.

import asyncio
from collections.abc import Mapping
from typing import Protocol, cast

import functions_framework.aio
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from common.api.cors import allow_origin
from common.api.request_log import LoggedResponse
from common.api.requests import (
    bearer_token,
    idempotency_key,
    kind_of_body,
    parse_body,
    parse_query,
    query_fields,
    read_body,
    refuse_body,
    trace_parent,
)
from common.api.responses import handle_errors
from common.api.routes import Declaration, Operation, Route
from common.api.shutdown import end_turns_on_sigterm
from common.api.streaming import EVENT_STREAM, accepts_events, to_response
from common.app import App
from common.bootstrap import app_of
from common.domain.errors import Ambiguous, Invalid, NotFound, Unavailable
from common.domain.ids import UserId
from common.domain.user import User
from common.observability.cloud_logging import log_to_cloud, restore_logging
from common.observability.request_trace import (
    RequestTrace,
    annotate,
    annotate_ids,
    current_trace,
    start_trace,
    timed,
)
from common.schemas.base import Answer, BrowserRequest, Request
from common.settings import is_deployed
from common.transactions.idempotency import IdempotencyKey

__all__ = ["App", "Function", "IdempotencyKey", "Route", "User", "endpoint"]

ANONYMOUS = User(UserId("-"))
"""The caller of a public or an internal route."""

Parameters = Mapping[str, str]


class Function(Protocol):
    """A function that `functions_framework.aio` serves."""

    declaration: Declaration

    async def __call__(self, request: HttpRequest) -> Response: ...


def endpoint(*operations: Operation, name: str = "") -> Function:
    """Make one deployable function of operations.

    `name` is the name of the function's folder. A function of one operation may leave it out: then
    it has the operation's name. The function keeps its `declaration`.
    """
    if is_deployed():
        log_to_cloud()
    declaration = Declaration(name or operations[0].name, operations)

    async def function(request: HttpRequest) -> Response:
        restore_logging()
        trace = start_trace(RequestTrace(declaration.name, trace_parent(request)))
        response = await handle_errors(_respond(request, declaration, trace), declaration.name)
        return LoggedResponse(response, trace)

    function.__name__ = declaration.name
    vars(function)["declaration"] = declaration
    functions_framework.aio.http(function)
    return cast("Function", function)


async def _respond(request: HttpRequest, declaration: Declaration, trace: RequestTrace) -> Response:
    app = app_of(request.scope)
    if app.settings.deployed_as is not None:
        end_turns_on_sigterm(app)
    trace.project, trace.exporter = app.settings.project, app.traces
    path = declaration.path_of(request.scope["path"], request.scope.get("root_path", ""))
    served = declaration.at(path)
    methods = [m for method in served for m in (method, *(["HEAD"] * (method == "GET")))]
    work = _serve(request, declaration, served, app)
    response = await handle_errors(work, declaration.name, declaration.field_names)
    if response.status_code == 405:  # noqa: PLR2004 - method not allowed
        response.headers["allow"] = ", ".join((*methods, "OPTIONS"))
    return allow_origin(response, request, app.settings.allowed_origins, methods)


async def _serve(
    request: HttpRequest,
    declaration: Declaration,
    served: Mapping[str, tuple[Operation, Parameters]],
    app: App,
) -> Response:
    if not served:
        raise NotFound("This function has no such path.")
    if request.method == "OPTIONS":
        return Response(status_code=204)
    method = "GET" if request.method == "HEAD" else request.method
    if method not in served:
        names = " or ".join(served)
        raise Invalid(f"Use {names}.", status=405, fields=[("method", f"must be {names}")])
    operation, parameters = served[method]
    if operation.name != declaration.name:
        annotate(operation=operation.name)
    deadline = asyncio.get_running_loop().time() + operation.route.seconds
    try:
        async with asyncio.timeout_at(deadline):
            caller, asked, key = await _admit(request, operation, parameters, app)
    except TimeoutError:  # the use case has not begun
        raise Unavailable("request", "deadline exceeded", retry_after=5) from None
    annotate_ids(asked)
    try:
        async with asyncio.timeout_at(deadline):
            result = await operation.use_case(caller, asked, app, key)
    except TimeoutError:
        late = Unavailable if operation.route.only_reads else Ambiguous
        raise late("request", "deadline exceeded", retry_after=5) from None
    annotate_ids(result)
    return to_response(result, request)


async def _admit(
    request: HttpRequest, operation: Operation, parameters: Parameters, app: App
) -> tuple[User, Request, IdempotencyKey]:
    """Return the caller, the parsed request and its key. Nothing is done yet."""
    route = operation.route
    caller = await _verify(request, app) if route.callers == "users" else ANONYMOUS
    asked = await _parse(request, route, parameters)
    if asked.needs_stream and not accepts_events(request):
        fields = [("Accept", f"must be {EVENT_STREAM} for this request")]
        raise Invalid("This request needs a stream.", fields=fields)
    key = idempotency_key(request)
    if not key or not route.keyed:
        return caller, asked, IdempotencyKey()
    body = asked.model_dump_json().encode()
    return caller, asked, IdempotencyKey.of(caller.uid, operation.name, key, body)


async def _verify(request: HttpRequest, app: App) -> User:
    with timed("identity"):
        caller = await app.identity.verify(bearer_token(request))
    if (trace := current_trace()) is not None:
        trace.user = caller.uid
    return caller


async def _parse(
    request: HttpRequest, route: Route[Request, Answer], parameters: Parameters
) -> Request:
    query = query_fields(request)
    if route.has_body:
        content_type = request.headers.get("content-type", "")
        kind = kind_of_body(content_type, route.bodies)
        asked = parse_body(
            await read_body(request, kind.max_bytes),
            route.request,
            parameters,
            kind=kind,
            content_type=content_type,
            query=query,
        )
    else:
        if request.method == "DELETE":
            refuse_body(await read_body(request))
        asked = parse_query(query, route.request, parameters)
    if isinstance(asked, BrowserRequest):
        asked.note_headers(request.headers)
    return asked


gc.enable()
gc.freeze()  # Imported objects stay: the collector skips them, and a fork does not copy their pages.
