"""LiveAvatar's websocket: audio in, the avatar's state out. JSON text messages with a `type`."""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from common.domain import errors
from common.domain.ids import UtteranceId
from common.ports.avatar import AvatarEvent

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

SERVICE = "avatar"

OPEN_SECONDS = 5.0
CLOSE_SECONDS = 1.0
SEND_SECONDS = 5.0
MOST_INCOMING_BYTES = 256 * 1024
MOST_PCM_BYTES = 700_000
"""1 MB a message is the provider's limit, and base64 makes four of three."""


def is_socket(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"ws", "wss"} and bool(parts.hostname)


async def open_connection(ws_url: str) -> "LiveAvatarConnection":
    """`Missing`: there is no such session (any more). `Busy`, `Unavailable`: perhaps later."""
    from websockets import exceptions  # noqa: PLC0415 - 55 ms of cold start, for speech only
    from websockets.asyncio.client import connect  # noqa: PLC0415 - as above

    class Straight(connect):
        def process_redirect(self, exc: Exception) -> Exception | str:
            return exc  # the address is a secret: it goes to no other host

    if not is_socket(ws_url):
        raise errors.Failed(SERVICE, "the line's address makes no sense")
    logging.getLogger("websockets").setLevel(logging.WARNING)  # it logs addresses at DEBUG
    try:
        return LiveAvatarConnection(
            await Straight(
                ws_url,
                open_timeout=OPEN_SECONDS,
                close_timeout=CLOSE_SECONDS,
                max_size=MOST_INCOMING_BYTES,
                compression=None,  # sound does not get smaller, and it costs a processor
                proxy=None,
            )
        )
    except exceptions.InvalidStatus as refused:
        failure = _refused(refused.response.status_code)
    except (TimeoutError, OSError, ValueError, exceptions.WebSocketException):
        failure = errors.Unavailable(SERVICE, "the line cannot be opened")
    raise failure


def _refused(status: int) -> errors.Upstream:
    why = f"the line answered {status}"
    if status in {403, 404, 410}:
        return errors.UpstreamNotFound(SERVICE, why)
    if status == 429:  # noqa: PLR2004 - too many requests
        return errors.Busy(SERVICE, why, retry_after=1)
    if status >= 500:  # noqa: PLR2004 - its own fault
        return errors.Unavailable(SERVICE, why)
    return errors.Failed(SERVICE, why)


class LiveAvatarConnection:
    """An open socket. Sends on a closed one raise `Unavailable`."""

    def __init__(self, socket: "ClientConnection") -> None:
        self._socket = socket
        self._ear = EventNormaliser()

    async def speak(self, utterance: UtteranceId, pcm: bytes) -> None:
        if len(pcm) > MOST_PCM_BYTES:
            raise ValueError("a chunk of speech has at most 700 KB")
        self._ear.spoken.add(utterance)
        audio = base64.b64encode(pcm).decode()
        await self._send({"type": "agent.speak", "event_id": utterance, "audio": audio})

    async def finish(self, utterance: UtteranceId) -> None:
        await self._send({"type": "agent.speak_end", "event_id": utterance})

    async def interrupt(self) -> None:
        self._ear.expect_silence()
        await self._send({"type": "agent.interrupt"})

    async def keep_alive(self) -> None:
        await self._send({"type": "session.keep_alive", "event_id": "keep-alive"})

    async def events(self) -> AsyncIterator[AvatarEvent]:
        from websockets.exceptions import ConnectionClosed  # noqa: PLC0415 - loaded with the socket

        closed = False
        while not closed:
            try:
                message = await self._socket.recv()
            except ConnectionClosed:
                closed = True
            else:
                for event in self._ear.hear(message):
                    yield event
        yield AvatarEvent("closed")

    async def close(self) -> None:
        """Takes at most about 2 seconds."""
        try:
            async with asyncio.timeout(2 * CLOSE_SECONDS):
                await self._socket.close()
        except TimeoutError:
            self._socket.transport.abort()

    async def _send(self, message: dict[str, Any]) -> None:
        from websockets.exceptions import ConnectionClosed  # noqa: PLC0415 - loaded with the socket

        failure = None
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._socket.send(json.dumps(message))
        except ConnectionClosed:
            failure = errors.Unavailable(SERVICE, "the line is closed")
        except TimeoutError:
            failure = errors.Unavailable(SERVICE, "the line takes nothing")
        if failure is not None:
            raise failure


class EventNormaliser:
    """Messages to events. The provider says some things in two forms (`agent.speak_started`, and
    `agent.state_updated` to `talking`), in one or the other, or in both: they become one event.
    """

    def __init__(self) -> None:
        self.spoken: set[UtteranceId] = set()
        """What was sent here. An `event_id` may also be the message's own; then it says nothing."""
        self._cutting = False
        """We asked for silence: an end that comes now is an interruption, in whichever form."""
        self._connected = False
        self._talking = False
        self._cut = False
        self._current: UtteranceId | None = None

    def expect_silence(self) -> None:
        self._cutting, self._cut = True, False

    def hear(self, message: str | bytes) -> Iterator[AvatarEvent]:
        heard = _message(message)
        which = heard.get("event_id")
        utterance = UtteranceId(which) if isinstance(which, str) and which in self.spoken else None
        match heard.get("type"), heard.get("new_state") or heard.get("state"):
            case "session.state_updated", "connected" if not self._connected:
                self._connected = True
                yield AvatarEvent("connected")
            case ("agent.speak_started", _) | ("agent.state_updated", "talking"):
                yield from self._started(utterance)
            case ("agent.speak_ended", _) | ("agent.state_updated", "idle" | "listening"):
                yield from self._ended(utterance)
            case "agent.speak_interrupted", _:
                yield from self._interrupted()
            case "error", _:
                yield AvatarEvent("error", detail="the avatar reports an error")

    def _started(self, utterance: UtteranceId | None) -> Iterator[AvatarEvent]:
        another = None not in {utterance, self._current} and utterance != self._current
        if not self._talking or another:
            self._talking, self._cut, self._cutting = True, False, False
            yield AvatarEvent("started", utterance)
        self._current = utterance or self._current

    def _ended(self, utterance: UtteranceId | None) -> Iterator[AvatarEvent]:
        if not self._talking:
            return
        if self._cutting:
            yield from self._interrupted()
        elif utterance is not None and self._current not in {None, utterance}:
            yield AvatarEvent("ended", utterance)  # the one before: the next has begun already
        else:
            self._talking = False
            yield AvatarEvent("ended", utterance or self._current)
            self._current = None

    def _interrupted(self) -> Iterator[AvatarEvent]:
        if not self._cut:
            yield AvatarEvent("interrupted", self._current)
        self._talking, self._cut, self._cutting, self._current = False, True, False, None


def _message(text: str | bytes) -> dict[str, Any]:
    """Empty for what is none: types we do not know may come at any time."""
    try:
        message = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        message = None
    return message if isinstance(message, dict) else {}
