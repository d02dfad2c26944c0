"""Turn an answer, a refusal or a failure into a response."""

import io
import wave
from collections.abc import Awaitable, Collection

from starlette.responses import JSONResponse, Response

from common.domain.errors import Invalid, OprinaError, Unauthenticated
from common.observability.log import log
from common.observability.request_trace import annotate
from common.schemas.answers import ChatAnswer
from common.schemas.base import Answer
from common.schemas.events import ErrorEvent
from common.speech.audio import RATE

UNKNOWN_FIELD = "(unknown)"
"""Stands in the log for a name that the caller chose."""
NO_STORE = {"cache-control": "no-store"}
FAILED = 500

STILL_WORKS = {
    "avatar": "Text chat.",
    "voice": "Text chat.",
    "speech": "Typed messages.",
    "agent": "A running avatar session: it can speak, be kept alive and be ended.",
    "store": "A running avatar session goes on until it expires.",
}
"""Operations that still work while a service is unavailable, by service. For callers."""


async def handle_errors(
    work: Awaitable[Response], name: str, known: Collection[str] | None = None
) -> Response:
    """Handle every error at the top level.

    An `OprinaError` becomes a problem document; the log line gets its code and the names of the
    refused fields. Any other exception is logged with its stack, and the caller gets a 500 without
    details. `name` is what failed, for the log. `known` are the names that the log may hold: a caller
    can choose others. None: the caller has chosen none.
    """
    try:
        return await work
    except OprinaError as error:
        annotate(code=error.code, fields=_refused_fields(error, known))
        return problem_response(error)
    except Exception:
        log.exception("%s failed", name)
        annotate(code=OprinaError.code)
        return problem_response(OprinaError("Internal error. Try again."))


def _refused_fields(error: OprinaError, known: Collection[str] | None) -> list[str] | None:
    """Return the names of the fields that a request was refused for, each once, or None.

    The name of a part, such as `preferences.voice`, becomes the name of its field.
    """
    if not isinstance(error, Invalid):
        return None
    names = [name.partition(".")[0] for name, _ in error.fields]
    if known is not None:
        names = [name if name in known else UNKNOWN_FIELD for name in names]
    return list(dict.fromkeys(names)) or None


def answer_response(answer: Answer) -> Response:
    if isinstance(answer, ChatAnswer) and answer.error:
        annotate(code=answer.error.code)
        answer = answer.model_copy(update={"error": with_still_works(answer.error)})
    return JSONResponse(
        answer.model_dump(mode="json", exclude_none=True),
        status_code=answer.status_code,
        headers=NO_STORE,
    )


def wav_response(pcm: bytes) -> Response:
    """Return 16-bit samples, mono, 24,000 a second, as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(pcm)
    return Response(file.getvalue(), media_type="audio/wav", headers=NO_STORE)


def problem_response(error: OprinaError) -> Response:
    """Render the error as `application/problem+json` (RFC 9457)."""
    headers = dict(NO_STORE)
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    if isinstance(error, Unauthenticated):
        headers["www-authenticate"] = "Bearer"
    problem = error.problem()
    if works := _still_works(error.code, error.status):
        problem["still_works"] = works
    return JSONResponse(
        problem,
        status_code=error.status,
        headers=headers,
        media_type="application/problem+json",
    )


def with_still_works(event: ErrorEvent) -> ErrorEvent:
    """Add what still works to the error of a turn."""
    return event.model_copy(update={"still_works": _still_works(event.code, event.status)})


def _still_works(code: str, status: int) -> str | None:
    """Return what still works after a failure. Its code begins with the name of the service."""
    return STILL_WORKS.get(code.partition("_")[0]) if status >= FAILED else None
