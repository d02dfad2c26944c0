"""The websocket to the avatar for one turn: opens it, keeps it, and gives its events.

The phases and what follows from each event are in `connection_state`; this class does the I/O.
"""

import asyncio
import contextlib
from dataclasses import replace

from common.domain import deadlines
from common.domain.conversation import CurrentAvatar
from common.domain.errors import OprinaError, Unavailable, Upstream
from common.observability.log import best_effort
from common.ports.avatar import AvatarConnection, AvatarEvent
from common.ports.dependencies import Dependencies
from common.ports.standing import standing
from common.speech.connection_state import ConnectionState, Event, step
from common.speech.playback import Utterance
from common.speech.speech_channel import MayAct

CONNECTED_SECONDS = 5.0
"""After a session's start, `connected` is awaited for this long: what is sent before is dropped."""
CONNECTED_AGAIN_SECONDS = 0.5
"""On a later connection. It is not known whether a second one to a session hears `connected`
again."""
REOPEN_SECONDS = 0.3
INTERRUPT_SECONDS = 2.0


class AvatarChannel:
    """The websocket of one turn (a `SpeechChannel`)."""

    def __init__(self, deps: Dependencies, avatar: CurrentAvatar, guard: MayAct) -> None:
        self.events: asyncio.Queue[AvatarEvent | None] = asyncio.Queue()
        self.opened_at: float | None = None
        self.state = ConnectionState()
        self._deps = deps
        self._avatar = avatar
        self._guard = guard
        self._socket: AvatarConnection | None = None
        self._changed = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Return True if the provider said that the session has ended."""
        return self.state.over

    async def run(self) -> None:
        """Open the connection and read its events, until it fails for good or this is cancelled."""
        while self.state.phase != "failed":
            match self.state.phase:
                case "opening":
                    await self._open()
                case "in_doubt":
                    await self._close_socket()
                    found = await standing(self._deps.avatars, self._avatar.avatar_session_id)
                    self._apply(found.state)
                    await asyncio.sleep(REOPEN_SECONDS)
                case _:
                    await self._listen()
        self.events.put_nowait(None)

    async def ready(self) -> None:
        """Wait until audio that is sent is played. Raises Unavailable if the channel has failed."""
        await self._wait_until_open()
        if self.state.phase == "open":
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._connected_seconds()):
                    while self.state.phase == "open":
                        await self._wait_for_change()
            await self._command("connected_timeout")
        if self.state.phase == "failed":
            raise Unavailable("avatar", "the connection failed")

    async def wait_open(self) -> None:
        """Wait until the connection is open, and the avatar silenced. Raises Unavailable."""
        await self._wait_until_open()
        if self.state.phase == "failed":
            raise Unavailable("avatar", "the connection failed")

    async def ask_if_over(self) -> bool:
        """Return True if the provider says that the session has ended."""
        found = await standing(self._deps.avatars, self._avatar.avatar_session_id)
        if found.state == "over":
            self.state = replace(self.state, phase="failed", over=True)
            self._changed.set()
        return self.state.over

    async def speak(self, utterance: Utterance, pcm: bytes) -> None:
        """Send the next chunk of an utterance. Raises Unavailable if the connection is gone."""
        self.state = replace(self.state, sent=True)
        await self._require().speak(utterance.id, pcm)

    async def finish(self, utterance: Utterance) -> None:
        await self._require().finish(utterance.id)

    async def interrupt(self) -> None:
        """Silence the avatar, if the connection is there. Takes at most 2 s."""
        if self._socket is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(INTERRUPT_SECONDS):
                    await best_effort("interrupting the avatar", self._socket.interrupt())

    async def close(self) -> None:
        await self._close_socket()

    # ── phases ───────────────────────────────────────────────────────────────────────────────────

    async def _open(self) -> None:
        deps, avatar = self._deps, self._avatar
        try:
            tokens = await deps.vault.open(avatar.avatar_session_id, avatar.vault)
            self._socket = await deps.avatars.connect(tokens.ws_url)
        except OprinaError:
            await self._command("open_failed")
            return
        await self._command("opened")
        if self.opened_at is None:
            self.opened_at = asyncio.get_running_loop().time()

    async def _listen(self) -> None:
        async for event in self._require().events():
            if event.kind == "connected":
                await self._command("connected")
            elif event.kind != "closed":
                self.events.put_nowait(event)
        self._socket = None
        self._apply("dropped")

    async def _command(self, event: Event) -> None:
        """Apply an event and carry out what follows from it.

        A turn that may not act any more, or was frozen and does not know, silences nothing.
        """
        may_act = event in {"opened", "connected"} and await self._guard.may_act()
        for command in self._apply(event):
            socket = self._socket
            if socket is None:
                return
            if command == "interrupt" and not may_act:
                continue
            with contextlib.suppress(Upstream):  # a dropped connection is noticed by `_listen`
                await (socket.interrupt() if command == "interrupt" else socket.keep_alive())

    def _apply(self, event: Event) -> list[str]:
        self.state, commands = step(self.state, event)
        self._changed.set()
        return [*commands]

    async def _wait_until_open(self) -> None:
        """Wait until the connection is open, or has failed. Raises Unavailable after 15 s."""
        try:
            async with asyncio.timeout(deadlines.CONNECT):
                while self.state.phase in {"opening", "in_doubt"}:
                    await self._wait_for_change()
        except TimeoutError:
            raise Unavailable("avatar", "the connection did not open in time") from None

    async def _wait_for_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _connected_seconds(self) -> float:
        since = self._avatar.since
        age = (self._deps.clock.now() - since).total_seconds() if since else 0.0
        return max(CONNECTED_SECONDS - age, CONNECTED_AGAIN_SECONDS)

    def _require(self) -> AvatarConnection:
        if self._socket is None:
            raise Unavailable("avatar", "the connection is closed")
        return self._socket

    async def _close_socket(self) -> None:
        socket, self._socket = self._socket, None

        async def close() -> None:
            if socket is not None:
                await socket.close()

        await best_effort("closing the connection", close())
