"""Takes what comes back over HTTP, whole or as a stream, within its size and its time; and words
what did not come back as errors: the service and a few fixed words.
"""

import asyncio
from collections.abc import Callable
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
    """Why there is no answer."""

    UNREACHABLE = "cannot be reached"
    UNWRITABLE = "the call cannot be written"
    UNSENT = "no time left to send"
    SILENT = "no answer in time"
    BROKEN = "the connection was cut"
    TOO_LONG = "the answer is too long"


def call_lost(request: OutboundRequest, loss: TransportFailure) -> errors.Upstream:
    match loss:
        case TransportFailure.UNREACHABLE | TransportFailure.UNSENT:
            return errors.Unavailable(request.service, loss.value)
        case TransportFailure.UNWRITABLE:
            return errors.Failed(request.service, loss.value)
    return request.lost(loss.value)


def stream_lost(service: str, loss: TransportFailure) -> errors.Upstream:
    match loss:
        case TransportFailure.UNREACHABLE | TransportFailure.UNSENT:
            return errors.Unavailable(service, loss.value)
        case TransportFailure.SILENT:
            return errors.Failed(service, loss.value, kind="silent")
        case TransportFailure.UNWRITABLE:
            return errors.Failed(service, loss.value)
    return errors.Failed(service, loss.value, kind="broken")


def stream_refused(request: OutboundRequest, answer: HttpAnswer) -> errors.Upstream:
    if answer.status == 503:  # noqa: PLR2004 - unavailable
        return errors.Unavailable(request.service, "answered 503", retry_after=answer.retry_after)
    refused = refusal(request, answer)
    if isinstance(refused, errors.Ambiguous):
        return errors.Failed(request.service, refused.why)
    return refused


async def read_response(response: httpx.Response, cap: int | None) -> HttpAnswer | TransportFailure:
    answer = HttpAnswer(response.status_code, retry_after(response))
    if cap is None and answer.ok and not _packed(response):
        return HttpAnswer(answer.status, response=response)
    try:
        body = await _read(response, cap or 0)
    finally:
        await response.aclose()
    if body is None:  # what is no success says enough by its status
        return TransportFailure.TOO_LONG if answer.ok else answer
    return HttpAnswer(answer.status, answer.retry_after, body)


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
    lines: LineSplitter,
    take: Callable[[bytes], None],
    idle: float,
    ends: float,
) -> TransportFailure | None:
    """Gives its lines to `take`, and closes it however it ends. None: it was whole. `ends` is a time of
    the loop's clock; `idle` seconds without a byte end it as well."""
    try:
        async with asyncio.timeout_at(ends), asyncio.timeout(None) as silent:
            silence = IdleTimer(idle, lambda: silent.reschedule(0))
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
        return TransportFailure.SILENT
    except TooLongError:
        return TransportFailure.TOO_LONG
    except (httpx.HTTPError, httpx.StreamError):
        return TransportFailure.BROKEN
    finally:
        await response.aclose()
    return None
