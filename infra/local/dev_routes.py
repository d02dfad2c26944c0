"""What the stack's address shows beside the functions."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from common.api.responses import problem_response
from common.domain.errors import Invalid, NotFound, OprinaError
from common.settings import Settings
from infra.local.scheduler import Scheduler
from infra.local.sign_in import SignInDesk
from infra.local.simulators.all import Simulators

HERE = """\
Oprina, all of it on this machine. What is here:

  POST /local/sign-in {"name": "ada"}      an ID token, for `Authorization: Bearer <id_token>`
  POST /start_avatar  /chat  /speak        the functions, as they are deployed
       /keep_alive  /end_session
  GET  /health  /health?deep=true          whether it serves; whether what it calls does
  POST /local/sweep                        what the scheduler does: ends what has expired
  GET  /simulators/liveavatar/journal      what the avatar was sent, and said, and when
  POST /simulators/faults                  {"service", "path", "mode", "times"}: something goes wrong
                                           (GET lists them, DELETE clears them)

The README has the lines for curl.
"""


async def here(_: Request) -> Response:
    return PlainTextResponse(HERE)


async def on_http(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return problem_response(_refusal(status))


def _refusal(status: int) -> OprinaError:
    if status == 404:  # noqa: PLR2004 - not found
        return NotFound("Nothing is here; `GET /` says what is where.")
    return Invalid("That is not how this is called; `GET /` says how.", status=status)


def front(
    settings: Settings, worlds: Simulators, desk: SignInDesk, scheduler: Scheduler
) -> Starlette:
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["POST"],
        allow_headers=["content-type"],
    )
    return Starlette(
        routes=[
            Route("/", here, methods=["GET"]),
            Route("/local/sign-in", desk.endpoint, methods=["POST", "OPTIONS"], middleware=[cors]),
            Route("/local/sweep", scheduler.endpoint, methods=["POST"]),
            *worlds.routes(),
        ],
        exception_handlers={HTTPException: on_http},
    )
