"""The events of one turn, over as many connections as they need."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import TracebackType
from typing import Self

from ..calls import TURN_SECONDS, ApiCall, get, path_of
from ..errors import ApiError, ConnectionLostError, UnexpectedAnswerError
from ..models import ChatEvent, ConversationAnswer, DoneEvent, TextEvent, TurnEvent
from ..received import Claim, Received, read_event
from ..server_sent_events import EventParser
from .transport import AsyncTransport

EVENT_STREAM = "text/event-stream"
LOOK_SECONDS = 0.5
"""Seconds between two looks at a turn whose stream was lost."""


class AsyncChatStream:
    """The events of one turn: `async for event in stream`. `done` is the last one.

    A stream that breaks is taken up: the request is sent again with the same Idempotency-Key. While
    the turn still runs, its conversation is read instead. No word is lost, and none comes twice.
    Events of the lost part that are not text (`tool`, `sentence`, `audio`) may be missing.

    Leave the stream early with `await stream.aclose()`, or use it in `async with`: the API then ends
    the turn. Iterating raises ApiError if the API refuses the message or cannot be reached.
    """

    def __init__(self, transport: AsyncTransport, call: ApiCall, key: str) -> None:
        self.key = key
        self._transport = transport
        self._call = call
        self._received = Received()
        self._done: DoneEvent | None = None
        self._seconds_left = TURN_SECONDS
        self._events = self._all()

    @property
    def text(self) -> str:
        """The reply so far."""
        return self._received.text

    @property
    def turn(self) -> TurnEvent | None:
        """The turn and its conversation. None before its first event."""
        return self._received.turn

    async def finish(self) -> DoneEvent:
        """Read the events that are left, and return the last one. Raises ApiError."""
        async for _ in self:
            pass
        if self._done is None:
            raise ConnectionLostError("the stream was closed before its end")
        return self._done

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ChatEvent:
        return await self._events.__anext__()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._events.aclose()

    async def _all(self) -> AsyncGenerator[ChatEvent, None]:
        """Yield each event once, until `done`."""
        retries = self._transport.retries(repeatable=True)
        while self._done is None:
            try:
                async with aclosing(self._one_stream()) as events:
                    async for event in events:
                        retries.reset()
                        yield event
                continue
            except ApiError as error:
                claim = Claim.of(error)
                seconds = LOOK_SECONDS if claim else retries.seconds_before_next(error)
                if seconds is None or self._seconds_left <= 0:
                    raise
            await self._wait(seconds)
            if claim is not None:
                async with aclosing(self._follow(claim)) as pieces:
                    async for piece in pieces:
                        yield piece

    async def _one_stream(self) -> AsyncGenerator[ChatEvent, None]:
        """Yield the events of one connection that are new. Raises ConnectionLostError before `done`.

        The body is read to its end, so that the connection can be used again.
        """
        answer = await self._transport.open(self._call)
        try:
            if not answer.headers.get("content-type", "").startswith(EVENT_STREAM):
                raise UnexpectedAnswerError(f"{self._call.path} did not answer with a stream")
            self._received.begin_stream()
            parser = EventParser()
            with self._call.losses_reported():
                async for data in answer.aiter_bytes():
                    for event in map(read_event, parser.feed(data)):
                        new = self._received.add(event) if event is not None else None
                        if isinstance(new, DoneEvent):
                            self._done = new
                        if new is not None:
                            yield new
        except ConnectionLostError:
            if self._done is None:
                raise
        finally:
            await answer.aclose()
        if self._done is None:
            raise ConnectionLostError("the stream ended before the turn was done")

    async def _follow(self, claim: Claim) -> AsyncGenerator[TextEvent, None]:
        """Yield the new text of the turn while it runs, as its conversation shows it."""
        look = get(path_of("conversations", claim.conversation_id))
        while self._seconds_left > 0:
            try:
                found = await self._transport.ask(look, ConversationAnswer)
            except ApiError:
                return
            turn = found.last_turn
            if turn is None or turn.turn_id != claim.turn_id:
                return
            piece = self._received.add_text(turn.text)
            if piece is not None:
                yield piece
            if turn.state != "running":
                return
            await self._wait(LOOK_SECONDS)

    async def _wait(self, seconds: float) -> None:
        self._seconds_left -= seconds
        await self._transport.sleep(seconds)
