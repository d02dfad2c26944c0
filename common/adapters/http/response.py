"""Takes what comes back over HTTP, whole or as a stream, within its size and its time; and words
what did not come back as errors: the service and a few fixed words.
"""

import asyncio
from collections.abc import Callable
from enum import Enum

import httpx

from common.adapters.http.request import Answer, Lines, Request, TooLongError, refusal, retry_after
from common.domain import errors
from common.timers import Silence


class Loss(Enum):
    """Why there is no answer."""

    UNREACHABLE = "cannot be reached"
    UNWRITABLE = "the call cannot be written"
    UNSENT = "no time left to send"
    SILENT = "no answer in time"
    BROKEN = "the connection was cut"
    TOO_LONG = "the answer is too long"


def call_lost(request: Request, loss: Loss) -> errors.Upstream:
    match loss:
        case Loss.UNREACHABLE | Loss.UNSENT:
            return errors.Unavailable(request.service, loss.value)
        case Loss.UNWRITABLE:
            return errors.Failed(request.service, loss.value)
    return request.lost(loss.value)


def stream_lost(service: str, loss: Loss) -> errors.Upstream:
    match loss:
        case Loss.UNREACHABLE | Loss.UNSENT:
            return errors.Unavailable(service, loss.value)
        case Loss.SILENT:
            return errors.Failed(service, loss.value, kind="silent")
        case Loss.UNWRITABLE:
            return errors.Failed(service, loss.value)
    return errors.Failed(service, loss.value, kind="broken")


def stream_refused(request: Request, answer: Answer) -> errors.Upstream:
    if answer.status == 503:  # noqa: PLR2004 - unavailable
        return errors.Unavailable(request.service, "answered 503", retry_after=answer.retry_after)
    refused = refusal(request, answer)
    if isinstance(refused, errors.Ambiguous):
        return errors.Failed(request.service, refused.why)
    return refused


async def taken(response: httpx.Response, cap: int | None) -> Answer | Loss:
    answer = Answer(response.status_code, retry_after(response))
    if cap is None and answer.ok and not _packed(response):
        return Answer(answer.status, response=response)
    try:
        body = await _read(response, cap or 0)
    finally:
        await response.aclose()
    if body is None:  # what is no success says enough by its status
        return Loss.TOO_LONG if answer.ok else answer
    return Answer(answer.status, answer.retry_after, body)


def _packed(response: httpx.Response) -> bool:
    """We ask for none: what is packed has no size before it is unpacked."""
    return bool(response.headers.get("content-encoding", "identity") != "identity")


async def _read(response: httpx.Response, cap: int) -> bytes | None:
    """None: more than `cap` bytes."""
    body = bytearray()
    if _packed(response):
        return None
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > cap:
            return None
    return bytes(body)


async def streamed(
    response: httpx.Response,
    lines: Lines,
    take: Callable[[bytes], None],
    idle: float,
    ends: float,
) -> Loss | None:
    """Gives its lines to `take`, and closes it however it ends. None: it was whole. `ends` is a time of
    the loop's clock; `idle` seconds without a byte end it as well."""
    try:
        async with asyncio.timeout_at(ends), asyncio.timeout(None) as silent:
            silence = Silence(idle, lambda: silent.reschedule(0))
            silence.heard()
            try:
                async for chunk in response.aiter_raw():
                    silence.heard()
                    for line in lines.feed(chunk):
                        take(line)
            finally:
                silence.end()
        if lines.rest():
            take(lines.rest())
    except TimeoutError:
        return Loss.SILENT
    except TooLongError:
        return Loss.TOO_LONG
    except (httpx.HTTPError, httpx.StreamError):
        return Loss.BROKEN
    finally:
        await response.aclose()
    return None
