"""The LITE websocket: audio in, the avatar's states out."""

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import anyio
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from infra.local.simulators.liveavatar.account import LiveAvatarAccount, Refusal
from infra.local.simulators.liveavatar.bodies import Json, SocketMessage, Speak, SpeakEnd
from infra.local.simulators.liveavatar.playback import Event
from infra.local.simulators.liveavatar.sessions import Session

_MESSAGE: TypeAdapter[SocketMessage] = TypeAdapter(SocketMessage)


class LiteSocket:
    def __init__(self, world: LiveAvatarAccount) -> None:
        self.world = world
        self._opened = 0

    async def endpoint(self, websocket: WebSocket) -> None:
        try:
            session = self._admitted(websocket)
        except Refusal as refusal:
            await websocket.send_denial_response(Response(refusal.message, refusal.status))
            return
        await websocket.accept()
        self._opened += 1
        await Connection(self.world, session, websocket, self._opened).run()

    def _admitted(self, websocket: WebSocket) -> Session:
        session = self.world.session_of(websocket.query_params.get("token", ""), "socket")
        if session.id != websocket.path_params["session_id"]:
            raise Refusal(403, 4030, "The token is another session's")
        if session.state != "running":
            raise Refusal(404, 4004, "Session is not running")
        return session


@dataclass
class Connection:
    """One websocket of a session, from its acceptance to its end. `number` names it in the journal.

    All of a session's connections hear all that happens; whichever wakes first makes it happen.
    """

    world: LiveAvatarAccount
    session: Session
    websocket: WebSocket
    number: int
    _outbox: asyncio.Queue[Json | None] = field(default_factory=asyncio.Queue)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        self._open()
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._until, self._watch, tasks.cancel_scope)
                tasks.start_soon(self._until, self._write, tasks.cancel_scope)
                tasks.start_soon(self._until, self._read, tasks.cancel_scope)
        finally:
            self._close()

    def _open(self) -> None:
        world, session = self.world, self.session
        self._note("socket_opened")
        told = session.hears(world.now)
        self._outbox.put_nowait({"type": "session.state_updated", "state": "connecting"})
        if told and world.settings.connected_to_second_socket:
            self._outbox.put_nowait({"type": "session.state_updated", "state": "connected"})
        session.opened(world.now, world.settings.connected_delay_seconds)
        world.listen(session, self._hear)
        if session.state == "ended":
            self._outbox.put_nowait(None)

    def _close(self) -> None:
        world, session = self.world, self.session
        world.unlisten(session, self._hear)
        self._note("socket_closed")
        if world.settings.close_stops_playback and not world.listeners(session):
            world.settle()
            world.tell(session, session.playback.interrupt(world.now))

    async def _until(self, part: Callable[[], Awaitable[None]], scope: anyio.CancelScope) -> None:
        """When one part of the connection ends, all do."""
        with suppress(WebSocketDisconnect):
            await part()
        scope.cancel()

    async def _watch(self) -> None:
        while True:
            self.world.settle()
            self._changed.clear()
            due = self.session.next_due()
            await self._sleep(None if due is None else due - self.world.now)

    async def _sleep(self, seconds: float | None) -> None:
        """Until then, or until something has changed what is due."""
        if seconds is None:
            await self._changed.wait()
            return
        async with anyio.create_task_group() as race:
            race.start_soon(self._wake, seconds)
            await self._changed.wait()
            race.cancel_scope.cancel()

    async def _wake(self, seconds: float) -> None:
        await self.world.clock.sleep(seconds)
        self._changed.set()

    async def _write(self) -> None:
        while (message := await self._outbox.get()) is not None:
            await self.websocket.send_text(json.dumps(message))
        await self.websocket.close(1000)

    async def _read(self) -> None:
        while (message := await self.websocket.receive())["type"] == "websocket.receive":
            self._take(message.get("text"))

    def _hear(self, event: Event) -> None:
        self._outbox.put_nowait(event.message())
        if self.session.state == "ended":
            self._outbox.put_nowait(None)
        self._changed.set()

    def _take(self, text: str | None) -> None:
        """What comes before `connected` is lost, errors and all, and nobody says so."""
        self.world.settle()
        if not self.session.hears(self.world.now):
            self._note("message", **_heading(text), dropped=True)
            return
        try:
            message = self._parsed(text)
            audio = _audio(message)
        except ValueError as error:
            self._note("message", **_heading(text), dropped=False, error=str(error))
            self._outbox.put_nowait({"type": "error", "error": str(error)})
            return
        more = {} if audio is None else {"audio_bytes": len(audio)}
        self._note("message", **_named(message), **more, dropped=False)
        self.world.tell(self.session, self._obey(message, audio))

    def _parsed(self, text: str | None) -> SocketMessage:
        """Raises ValueError that says what is wrong, without the message itself."""
        if text is None:
            raise ValueError("messages are text")
        most = self.world.settings.message_bytes
        if len(text) > most:  # base64 and the rest are ASCII: as many bytes as characters, or more
            raise ValueError(f"a message has at most {most} bytes")
        try:
            return _MESSAGE.validate_json(text)
        except ValidationError as error:
            raise ValueError(_wrong(error)) from None

    def _obey(self, message: SocketMessage, audio: bytes | None) -> list[Event]:
        playback, now = self.session.playback, self.world.now
        if audio is not None:
            utterance, events = playback.append(now, message.event_id, audio)
            self.world.shelf.grown(utterance, len(audio))
            return events
        if isinstance(message, SpeakEnd):
            return playback.finish(now, message.event_id)
        if message.type == "agent.interrupt":
            return playback.interrupt(now)
        if message.type == "session.keep_alive":
            self.session.keep_alive(now)
            return []
        return playback.listen(now, on=message.type == "agent.start_listening")

    def _note(self, kind: str, **fields: object) -> None:
        self.world.journal.add(
            self.world.now, kind, session_id=self.session.id, socket=self.number, **fields
        )


def _audio(message: SocketMessage) -> bytes | None:
    if not isinstance(message, Speak):
        return None
    try:
        return base64.b64decode(message.audio, validate=True)
    except binascii.Error:
        raise ValueError("audio is not base64") from None


def _heading(text: str | None) -> Json:
    """What the journal tells of a message that was not obeyed; nothing, if it makes no sense."""
    try:
        return _named(_MESSAGE.validate_json(text or ""))
    except ValidationError:
        return {"type": None, "event_id": None}


def _named(message: SocketMessage) -> Json:
    return {"type": message.type, "event_id": message.event_id}


def _wrong(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    told = {"json_invalid": "not JSON", "union_tag_invalid": "unknown type"}
    where = ".".join(str(part) for part in first["loc"][1:])
    return told.get(first["type"], f"{where} {first['msg']}".strip())
