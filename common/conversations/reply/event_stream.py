import asyncio

from common.schemas.events import AudioEvent, ChatEvent, TextEvent


class TurnEvents:
    """The events of one turn on their way to its caller, in order."""

    def __init__(self) -> None:
        self.kept: list[ChatEvent] = []
        """All but text and audio, for the answer in one piece."""
        self._pending: list[ChatEvent] = []
        self._wanted: asyncio.Future[None] | None = None
        self._closed = False

    def emit(self, event: ChatEvent) -> None:
        if not isinstance(event, TextEvent | AudioEvent):
            self.kept.append(event)
        self._pending.append(event)
        self._wake()

    def close(self) -> None:
        """No event follows."""
        self._closed = True
        self._wake()

    async def next(self) -> list[ChatEvent]:
        """Return all events since the last call, as soon as there is one; nothing at the end."""
        if not self._pending and not self._closed:
            self._wanted = asyncio.get_running_loop().create_future()
            await self._wanted
        events, self._pending = self._pending, []
        return events

    def _wake(self) -> None:
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)
