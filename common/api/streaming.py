"""Responses of work that goes on while it is answered: event streams and deferred answers."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import anyio
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from common.api.responses import answer_response, handle_errors, with_still_works
from common.conversations.running_turn import RunningChat
from common.domain import deadlines
from common.domain.errors import OprinaError
from common.observability.log import log
from common.observability.request_trace import annotate
from common.schemas.answers import ChatAnswer
from common.schemas.base import Answer
from common.schemas.events import ChatEvent, DoneEvent, ErrorEvent, TextEvent, TurnEvent

EVENT_STREAM = "text/event-stream"
REFUSED = re.compile(r"q=0(\.0{0,3})?")
"""The weight of a media type that the caller does not accept (RFC 9110)."""
LINE_ENDS = re.compile("[\\x85\\u2028\\u2029]")
"""Line ends of Unicode that the JSON encoder leaves as they are."""
HEADERS = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
FAILURE = "work in progress"


class InProgress(Protocol):
    """Work that goes on while it is answered. It is cancelled when the caller leaves."""

    async def answer(self) -> Answer: ...

    async def cancel(self) -> None: ...


class DeferredResponse(Response):
    """One JSON answer, sent when the work has ended. The work is cancelled if the caller leaves."""

    def __init__(self, work: InProgress) -> None:
        super().__init__()
        self.raw_headers = []
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def respond() -> None:
            response = await handle_errors(self._answer(), FAILURE)
            response.raw_headers += self.raw_headers
            await response(scope, receive, send)

        await _run_until_disconnect(self._work, respond, receive)

    async def _answer(self) -> Response:
        return answer_response(await self._work.answer())


class EventStream(StreamingResponse):
    """Server-sent events, each sent when it happens.

    The work is cancelled if the caller leaves. The response ends after the work has ended.
    """

    def __init__(self, work: "RunningChat | ReplayedTurn") -> None:
        super().__init__(_chunks(work), media_type=EVENT_STREAM, headers=HEADERS)
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - a parameter of ASGI
        async def respond() -> None:
            await self.stream_response(send)
            await _cancel(self._work)

        await _run_until_disconnect(self._work, respond, receive)


async def _run_until_disconnect(
    work: "InProgress | ReplayedTurn", respond: Callable[[], Awaitable[None]], receive: Receive
) -> None:
    """Respond, and cancel the work as soon as the caller disconnects.

    `respond` is awaited also then: cancelled work still builds its answer, which is stored and is
    given to a later request with the same Idempotency-Key.
    """
    responding = asyncio.ensure_future(respond())
    leaving = asyncio.ensure_future(_disconnect(receive))
    try:
        await asyncio.wait({responding, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not responding.done():
            await _cancel(work)
        await responding
    finally:
        leaving.cancel()
        if not responding.done():  # the server is stopping
            responding.cancel()
            with anyio.CancelScope(shield=True):
                await _cancel(work)


async def _cancel(work: "InProgress | ReplayedTurn") -> None:
    await contain_errors(work.cancel())


async def contain_errors(work: Awaitable[None]) -> None:
    """Log an exception and do not raise it. For errors after the first byte of a response.

    The caller cannot be told of them. The server would log the exception's message, which may
    contain text of a user; without the exception it closes the incomplete response.
    """
    try:
        await work
    except Exception:
        log.exception("%s failed", FAILURE)
        annotate(code=OprinaError.code)


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class ReplayedTurn:
    """The stored answer of a turn as a stream of events."""

    def __init__(self, answer: ChatAnswer) -> None:
        self._events = _events(answer)

    async def next_events(self) -> list[ChatEvent]:
        news, self._events = self._events, []
        return news

    async def cancel(self) -> None:
        pass


def to_response(result: Answer | InProgress | Response, request: HttpRequest) -> Response:
    """Make the response that a use case's result and the Accept header ask for."""
    if isinstance(result, Response):
        return result
    if accepts_events(request):
        if isinstance(result, RunningChat):
            return EventStream(result)
        if isinstance(result, ChatAnswer):
            return EventStream(ReplayedTurn(result))
    return answer_response(result) if isinstance(result, Answer) else DeferredResponse(result)


def accepts_events(request: HttpRequest) -> bool:
    """Return True if the Accept header names event streams, in any case, with a weight above 0."""
    for named in ",".join(request.headers.getlist("accept")).lower().split(","):
        media_type, *parameters = (part.strip() for part in named.split(";"))
        if media_type == EVENT_STREAM:
            return not any(REFUSED.fullmatch(each) for each in parameters)
    return False


async def _chunks(work: "RunningChat | ReplayedTurn") -> AsyncIterator[bytes]:
    """Yield the events as they come, several together where they came at once.

    A comment line breaks every silence of 10 s: proxies close streams that are silent for longer.
    """
    while True:
        try:
            async with asyncio.timeout(deadlines.SILENT_STREAM):
                events = await work.next_events()
        except TimeoutError:
            yield b": still working\n\n"
            continue
        if not events:
            return
        yield "".join(map(_format, events)).encode()


def _format(event: ChatEvent) -> str:
    """Return a server-sent event: the name in `event:`, the other members in `data:`."""
    if isinstance(event, ErrorEvent):
        annotate(code=event.code)
        event = with_still_works(event)
    data = event.model_dump_json(exclude={"event"}, exclude_none=True)
    return f"event: {event.event}\ndata: {_escape_line_ends(data)}\n\n"


def _escape_line_ends(data: str) -> str:
    """Escape Unicode's line ends.

    Some clients split the stream at them, which the standard forbids.
    """
    return LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", data)


def _events(answer: ChatAnswer) -> list[ChatEvent]:
    names = {"turn_id": answer.turn_id, "message_id": answer.message_id}
    turn = {
        **names,
        "message_id": answer.message_id or "",
        "user_message_id": answer.user_message_id,
        "conversation_id": answer.conversation_id,
    }
    begins = [TurnEvent.model_validate(turn)] if answer.conversation_id else []  # or only heard
    done = DoneEvent.model_validate(
        {**names, "ended": answer.ended, "text": answer.text, "spoken": answer.spoken}
    )
    text = [TextEvent(text=answer.text)] if answer.text else []
    between = [event for event in (answer.speech, answer.error, answer.usage) if event]
    heard = [answer.heard] if answer.heard else []
    notices, proposals = answer.notices or [], answer.proposals or []
    return [*heard, *begins, *notices, *text, *proposals, *between, done]
