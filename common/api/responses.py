"""From what a use case gives to a response."""

from collections.abc import Awaitable

from starlette.responses import JSONResponse, Response

from common.domain.errors import OprinaError, Unauthenticated
from common.observability.log import log
from common.observability.request_trace import annotate
from common.schemas.answers import ChatAnswer
from common.schemas.base import Answer

NO_STORE = {"cache-control": "no-store"}


async def handle_errors(doing: Awaitable[Response], what: str) -> Response:
    """Where everything is caught at last: a bug is told to nobody, and logged in full."""
    try:
        return await doing
    except OprinaError as error:
        annotate(code=error.code)
        return problem_response(error)
    except Exception:
        log.exception("%s failed", what)
        annotate(code=OprinaError.code)
        return problem_response(OprinaError("It has been noted. Trying again may help."))


def answer_response(answer: Answer) -> Response:
    if isinstance(answer, ChatAnswer) and answer.error:
        annotate(code=answer.error.code)
    return JSONResponse(
        answer.model_dump(mode="json", exclude_none=True),
        status_code=answer.status_code,
        headers=NO_STORE,
    )


def problem_response(error: OprinaError) -> Response:
    headers = dict(NO_STORE)
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    if isinstance(error, Unauthenticated):
        headers["www-authenticate"] = "Bearer"
    return JSONResponse(
        error.problem(),
        status_code=error.status,
        headers=headers,
        media_type="application/problem+json",
    )
