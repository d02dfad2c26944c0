import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import anyio
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from common.api.responses import answer_response, handle_errors
from common.conversations.turn import Turn
from common.domain.errors import OprinaError
from common.observability.log import log
from common.observability.request_trace import annotate
from common.schemas.answers import ChatAnswer
from common.schemas.base import Answer
from common.schemas.events import ChatEvent, DoneEvent, ErrorEvent, TextEvent, TurnEvent

LINE_ENDS = re.compile("[\\x85\\u2028\\u2029]")
"""Those that JSON does not escape by itself."""
STREAM = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}


class InProgress(Protocol):
    """Work that goes on while it is answered, and ends when the caller goes away."""

    async def answer(self) -> Answer: ...

    async def cancel(self) -> None: ...


class DeferredResponse(Response):
    """Answers when the work has ended. A caller who goes away before ends it."""

    def __init__(self, work: InProgress) -> None:
        super().__init__()
        self.raw_headers = []
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def respond() -> None:
            response = await handle_errors(self._answered(), "what was under way")
            response.raw_headers += self.raw_headers
            await response(scope, receive, send)

        await _while_there(self._work, respond, receive)

    async def _answered(self) -> Response:
        return answer_response(await self._work.answer())


class EventStream(StreamingResponse):
    """Server-sent events, each as it comes. A caller who goes away ends the work, and the response
    is not over before the work is."""

    def __init__(self, work: "Turn | Replayed") -> None:
        super().__init__(_lines(work), media_type="text/event-stream", headers=STREAM)
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        async def respond() -> None:
            await self.stream_response(send)
            await _left(self._work)

        await _while_there(self._work, respond, receive)


async def _while_there(
    work: "InProgress | Replayed", respond: Callable[[], Awaitable[None]], receive: Receive
) -> None:
    """Responds, and leaves the work as soon as the caller goes away: at once, not only when the next
    thing is sent. What was to be answered is still made, and kept for whoever asks again."""
    responding = asyncio.ensure_future(respond())
    leaving = asyncio.ensure_future(_until_gone(receive))
    try:
        await asyncio.wait({responding, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not responding.done():
            await _left(work)
        await responding
    finally:
        leaving.cancel()
        if not responding.done():  # the server stops
            responding.cancel()
            with anyio.CancelScope(shield=True):
                await _left(work)


async def _left(work: "InProgress | Replayed") -> None:
    await _through(work.cancel())


async def _through(doing: Awaitable[None]) -> None:
    """When the response has begun, there is nobody to tell of a bug any more. The server, which would
    log all that it says, is not told either: it ends what has no end."""
    try:
        await doing
    except Exception:
        log.exception("what was under way failed")
        annotate(code=OprinaError.code)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Replayed:
    """A turn that was answered before, as a stream."""

    def __init__(self, answer: ChatAnswer) -> None:
        self._events = _events(answer)

    async def news(self) -> list[ChatEvent]:
        news, self._events = self._events, []
        return news

    async def cancel(self) -> None:
        pass


def to_response(given: Answer | InProgress, request: HttpRequest) -> Response:
    if wants_events(request):
        if isinstance(given, Turn):
            return EventStream(given)
        if isinstance(given, ChatAnswer):
            return EventStream(Replayed(given))
    return answer_response(given) if isinstance(given, Answer) else DeferredResponse(given)


def wants_events(request: HttpRequest) -> bool:
    return "text/event-stream" in request.headers.get("accept", "")


async def _lines(work: "Turn | Replayed") -> AsyncIterator[bytes]:
    """Whatever has come goes out together: many in one write where there is no time for each."""
    while news := await work.news():
        yield "".join(map(_line, news)).encode()


def _line(event: ChatEvent) -> str:
    if isinstance(event, ErrorEvent):
        annotate(code=event.code)
    data = event.model_dump_json(exclude={"event"}, exclude_none=True)
    return f"event: {event.event}\ndata: {_on_one_line(data)}\n\n"


def _on_one_line(data: str) -> str:
    """Some readers split at every kind of line end that Unicode has, and not only at those that end
    a line of server-sent events: so none of them stands there as it is."""
    return LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", data)


def _events(answer: ChatAnswer) -> list[ChatEvent]:
    names = {"turn_id": answer.turn_id, "message_id": answer.message_id}
    turn = TurnEvent.model_validate(
        {**names, "message_id": answer.message_id or "", "conversation_id": answer.conversation_id}
    )
    done = DoneEvent.model_validate(
        {**names, "ended": answer.ended, "text": answer.text, "spoken": answer.spoken}
    )
    text = [TextEvent(text=answer.text)] if answer.text else []
    between = [event for event in (answer.speech, answer.error, answer.usage) if event]
    return [turn, *text, *between, done]
