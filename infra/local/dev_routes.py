"""The routes of the local stack beside the functions: sign-in, sweep, API reference, simulators."""

from collections.abc import Iterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from common.api.responses import problem_response
from common.domain.errors import Invalid, NotFound, OprinaError
from infra.local.api_reference import reference_routes
from infra.local.middleware.origins import LOCAL_ORIGIN
from infra.local.middleware.request_lines import LogRequests
from infra.local.scheduler import Scheduler
from infra.local.sign_in import LocalSignIn
from infra.local.simulators.all import (
    AGENT_ENGINE,
    GMAIL,
    GOOGLE_ACCOUNTS,
    GOOGLE_CALENDAR,
    LIVEAVATAR,
    RECOGNITION,
    SPEECH,
    Simulators,
)
from infra.registry import declarations

INDEX = """\
Oprina's local stack. Its routes:

  GET  /docs                               the API reference; requests can be sent from it
  GET  /openapi.json                       the same for generators
  POST /local/sign-in {"name": "ada"}      an ID token, for `Authorization: Bearer <id_token>`
  POST /local/sweep                        end what has expired, as the scheduler does each minute
  GET  /simulators/liveavatar/journal      what the avatar received, and when it spoke
  POST /simulators/faults                  {"service", "path", "mode", "times"}: inject a fault
                                           (GET lists the faults, DELETE clears them)

The functions, also below /api, and with hyphens for underscores:

{functions}

README.md has a conversation with curl.
"""
UNLOGGED = (
    *(LIVEAVATAR, AGENT_ENGINE, SPEECH, GOOGLE_ACCOUNTS, GMAIL, GOOGLE_CALENDAR, RECOGNITION),
    "/docs/",
)
"""Prefixes of paths that the functions and the API reference call by themselves."""


async def index(_: Request) -> Response:
    functions = "\n".join(_operations())
    return PlainTextResponse(INDEX.replace("{functions}", functions))


def _operations() -> Iterator[str]:
    """Yield a line for each operation, except the internal ones."""
    for name, function in declarations().items():
        for operation in function.operations:
            path = f"/{name}{operation.route.path}".rstrip("/")
            summary = (operation.use_case.__doc__ or "").split(".")[0]
            if operation.route.callers != "internal":
                yield f"  {operation.route.method:<6} {path:<33} {summary}"


async def on_http(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return problem_response(_refusal(status))


def _refusal(status: int) -> OprinaError:
    if status == 404:  # noqa: PLR2004 - not found
        return NotFound("Not found. GET / lists the routes.")
    return Invalid("Wrong method. GET / lists the routes.", status=status)


def dev_routes(simulators: Simulators, sign_in: LocalSignIn, scheduler: Scheduler) -> Starlette:
    cors = Middleware(
        CORSMiddleware,
        allow_origin_regex=LOCAL_ORIGIN.pattern,
        allow_methods=["POST"],
        allow_headers=["content-type"],
    )
    return Starlette(
        routes=[
            Route("/", index, methods=["GET"]),
            Route(
                "/local/sign-in", sign_in.endpoint, methods=["POST", "OPTIONS"], middleware=[cors]
            ),
            Route("/local/sweep", scheduler.endpoint, methods=["POST"]),
            *reference_routes(),
            *simulators.routes(),
        ],
        middleware=[Middleware(LogRequests, quiet=UNLOGGED)],
        exception_handlers={HTTPException: on_http},
    )
