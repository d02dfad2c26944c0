"""Reading of answers within a size and a time, and the errors of answers that were lost.

An error holds the service's name and a few fixed words.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from enum import Enum

import httpx

from common.adapters.http.request import (
    HttpAnswer,
    LineSplitter,
    OutboundRequest,
    TooLongError,
    refusal,
    retry_after,
)
from common.domain import errors
from common.timers import IdleTimer


class TransportFailure(Enum):
    """The reason why there is no answer."""

    UNREACHABLE = "cannot be reached"
    UNWRITABLE = "the call cannot be written"
    UNSENT = "no time left to send"
    SILENT = "no answer in time"
    BROKEN = "the connection was cut"
    TOO_LONG = "the answer is too long"


def call_error(request: OutboundRequest, failure: TransportFailure) -> errors.Upstream:
    match failure:
        case TransportFailure.UNREACHABLE | TransportFailure.UNSENT:
            return errors.Unavailable(request.service, failure.value)
        case TransportFailure.UNWRITABLE:
            return errors.Failed(request.service, failure.value)
    return request.lost_answer(failure.value)


def stream_error(service: str, failure: TransportFailure) -> errors.Upstream:
    match failure:
        case TransportFailure.UNREACHABLE | TransportFailure.UNSENT:
            return errors.Unavailable(service, failure.value)
        case TransportFailure.SILENT:
            return errors.Failed(service, failure.value, kind="silent")
        case TransportFailure.UNWRITABLE:
            return errors.Failed(service, failure.value)
    return errors.Failed(service, failure.value, kind="broken")


def stream_refusal(request: OutboundRequest, answer: HttpAnswer) -> errors.Upstream:
    if answer.status == 503:  # noqa: PLR2004 - service unavailable
        return errors.Unavailable(request.service, "answered 503", retry_after=answer.retry_after)
    refused = refusal(request, answer)
    if isinstance(refused, errors.Ambiguous):
        return errors.Failed(request.service, refused.why)
    return refused


async def read_response(response: httpx.Response, cap: int | None) -> HttpAnswer | TransportFailure:
    """Read at most `cap` bytes of the body. With `cap` None, leave the body of a success open.

    The body of a refusal may be longer than the cap: its status is enough.
    """
    answer = HttpAnswer(
        response.status_code,
        retry_after(response),
        cache_control=response.headers.get("cache-control", ""),
    )
    if cap is None and answer.ok and not _is_compressed(response):
        return replace(answer, response=response)
    try:
        body = await _read(response, cap or 0)
    finally:
        await response.aclose()
    if body is None:
        return TransportFailure.TOO_LONG if answer.ok else answer
    return replace(answer, body=body)


def _is_compressed(response: httpx.Response) -> bool:
    """Tell whether the body is compressed although we ask for none.

    The size of a compressed body is not known before it is decompressed.
    """
    return bool(response.headers.get("content-encoding", "identity") != "identity")


async def _read(response: httpx.Response, cap: int) -> bytes | None:
    """Return the body, or None if it is longer than `cap` bytes."""
    body = bytearray()
    if _is_compressed(response):
        return None
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > cap:
            return None
    return bytes(body)


async def read_stream(
    response: httpx.Response,
    lines: LineSplitter,
    take: Callable[[bytes], None],
    idle: float,
    ends: float,
) -> TransportFailure | None:
    """Call `take` with each line of the body, and close the response.

    Returns None if the body was complete.

    `ends` is a time of the event loop's clock. `idle` is the longest time in seconds without a
    byte.
    """
    try:
        async with asyncio.timeout_at(ends), asyncio.timeout(None) as silent:
            timer = IdleTimer(idle, lambda: silent.reschedule(0))
            timer.restart()
            try:
                async for chunk in response.aiter_raw():
                    timer.restart()
                    for line in lines.feed(chunk):
                        take(line)
            finally:
                timer.stop()
        if lines.rest():
            take(lines.rest())
    except TimeoutError:
        return TransportFailure.SILENT
    except TooLongError:
        return TransportFailure.TOO_LONG
    except (httpx.HTTPError, httpx.StreamError):
        return TransportFailure.BROKEN
    finally:
        await response.aclose()
    return None
