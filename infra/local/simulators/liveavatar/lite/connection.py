"""One LITE websocket of a session, from its acceptance to its end."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect

from infra.local.simulators.liveavatar.account import LiveAvatarAccount
from infra.local.simulators.liveavatar.lite import dialect
from infra.local.simulators.liveavatar.lite.messages import (
    BadMessageError,
    ClientMessage,
    Interrupt,
    Json,
    KeepAlive,
    Speak,
    SpeakEnd,
    UnknownMessageError,
    parse,
    read_heading,
)
from infra.local.simulators.liveavatar.playback import SessionEvent
from infra.local.simulators.liveavatar.session import LiveAvatarSession
from infra.local.simulators.liveavatar.watch import SessionWatch


@dataclass
class LiteConnection:
    """An open websocket. `number` names it in the journal.

    All connections of a session are sent all of its events. The one that wakes first settles them.
    """

    account: LiveAvatarAccount
    session: LiveAvatarSession
    websocket: WebSocket
    number: int
    _outbox: asyncio.Queue[Json | None] = field(default_factory=asyncio.Queue)
    _watch: SessionWatch = field(init=False)
    _replaced: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._watch = SessionWatch(self.account, self.session)

    async def run(self) -> None:
        """Serve until either side closes the websocket."""
        self._open()
        try:
            async with anyio.create_task_group() as tasks:
                for part in (self._watch.run, self._write, self._read, self._give_way):
                    tasks.start_soon(self._until_one_ends, part, tasks.cancel_scope)
        finally:
            self._close()

    def close_for_another(self) -> None:
        """Close this websocket, as another one was opened, by the settings after a while."""
        self._replaced.set()

    def _open(self) -> None:
        account, session = self.account, self.session
        self._note("socket_opened")
        is_connected = session.hears(account.now)
        self._outbox.put_nowait(dialect.session_state("connecting"))
        if is_connected and account.settings.connected_to_second_socket:
            self._outbox.put_nowait(dialect.session_state("connected"))
        session.open_socket(account.now, account.settings.connected_delay_seconds)
        account.subscribe(session, self._receive_event)
        if session.state == "ended":
            self._outbox.put_nowait(None)

    def _close(self) -> None:
        account, session = self.account, self.session
        account.unsubscribe(session, self._receive_event)
        session.close_socket()
        self._note("socket_closed")
        account.settle()
        last = not session.sockets and session.state == "running"
        if last and account.settings.close_stops_playback:
            account.publish(session, session.playback.interrupt(account.now, None))

    async def _until_one_ends(
        self, part: Callable[[], Awaitable[None]], scope: anyio.CancelScope
    ) -> None:
        with suppress(WebSocketDisconnect):
            await part()
        scope.cancel()

    async def _give_way(self) -> None:
        await self._replaced.wait()
        await self.account.clock.sleep(self.account.settings.closes_first_after_seconds)
        self._outbox.put_nowait(None)
        await asyncio.Event().wait()  # `_write` ends the connection

    async def _write(self) -> None:
        while (message := await self._outbox.get()) is not None:
            await self.websocket.send_text(json.dumps(message))
        await self.websocket.close(1000)

    async def _read(self) -> None:
        while (message := await self.websocket.receive())["type"] == "websocket.receive":
            self._take(message.get("text"))

    def _receive_event(self, event: SessionEvent, messages: list[Json]) -> None:
        for message in messages:
            self._outbox.put_nowait(message)
        if event.kind == "closed":
            self._outbox.put_nowait(None)
        self._watch.wake()

    def _take(self, text: str | None) -> None:
        """Obey one message. Before `connected`, and after a silent end, drop it in silence."""
        self.account.settle()
        if not self.session.hears(self.account.now):
            self._note("message", **read_heading(text), dropped=True)
            return
        try:
            message = parse(text, self.account.settings.message_bytes)
        except BadMessageError as bad:
            self._note("message", **read_heading(text), dropped=False, error=str(bad))
            self._outbox.put_nowait(_complaint(bad))
            return
        heading: Json = {"type": message.type, "event_id": message.event_id}
        if isinstance(message, Speak | SpeakEnd) and message.audio:
            heading["audio_bytes"] = len(message.audio)
        self._note("message", **heading, dropped=False)
        self.account.publish(self.session, self._obey(message))

    def _obey(self, message: ClientMessage) -> list[SessionEvent]:
        playback, now = self.session.playback, self.account.now
        match message:
            case Speak():
                return self._append(message.event_id, message.audio)
            case SpeakEnd():
                last = self._append(message.event_id, message.audio) if message.audio else []
                return last + playback.finish(now, message.event_id)
            case Interrupt():
                return playback.interrupt(now, message.event_id)
            case KeepAlive():
                self.session.keep_alive(now)
                return []
        return playback.listen(now, on=message.type == "agent.start_listening")

    def _append(self, event_id: str | None, audio: bytes) -> list[SessionEvent]:
        playback = self.session.playback
        utterance, events = playback.append(self.account.now, event_id, audio)
        self.account.shelf.keep(utterance, len(audio))
        return events

    def _note(self, kind: str, **fields: object) -> None:
        self.account.journal.add(
            self.account.now, kind, session_id=self.session.id, socket=self.number, **fields
        )


def _complaint(bad: BadMessageError) -> Json:
    if isinstance(bad, UnknownMessageError):
        return dialect.warning("unknown_event", str(bad))
    return dialect.error("invalid_request_error", str(bad), bad.event_id)
