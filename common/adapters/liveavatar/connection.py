"""LiveAvatar's websocket, which takes audio and reports the avatar's state.

Messages are JSON objects with a `type`.
"""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from common.adapters.liveavatar.events import EventNormaliser
from common.domain import errors
from common.domain.ids import UtteranceId
from common.ports.avatar import AvatarEvent

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

SERVICE = "avatar"

OPEN_SECONDS = 5.0
CLOSE_SECONDS = 1.0
SEND_SECONDS = 5.0
MAX_INCOMING_BYTES = 256 * 1024
MAX_PCM_BYTES = 700_000
"""The provider's limit is 1 MB a message, and base64 makes four bytes of three."""
BYTES_PER_SECOND = 2 * 24_000
"""The provider's audio: signed 16-bit, mono, 24,000 Hz."""


def is_websocket_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"ws", "wss"} and bool(parts.hostname)


async def open_connection(ws_url: str) -> "LiveAvatarConnection":
    """Open the websocket of a session.

    Raises:
        UpstreamNotFound: There is no such session, or it has ended.
        Busy, Unavailable: The connection may work later.
        Failed: The URL is malformed, or the provider refused with another status.
    """
    from websockets import exceptions  # noqa: PLC0415 - 55 ms of cold start, for speech only
    from websockets.asyncio.client import connect  # noqa: PLC0415 - as above

    class ConnectWithoutRedirect(connect):
        def process_redirect(self, exc: Exception) -> Exception | str:
            return exc  # the URL is a secret: it is not sent to another host

    if not is_websocket_url(ws_url):
        raise errors.Failed(SERVICE, "malformed websocket URL")
    logging.getLogger("websockets").setLevel(logging.WARNING)  # it logs URLs at DEBUG
    try:
        return LiveAvatarConnection(
            await ConnectWithoutRedirect(
                ws_url,
                open_timeout=OPEN_SECONDS,
                close_timeout=CLOSE_SECONDS,
                max_size=MAX_INCOMING_BYTES,
                compression=None,  # audio does not get smaller, and compressing costs CPU
                proxy=None,
            )
        )
    except exceptions.InvalidStatus as refused:
        failure = _refusal(refused.response.status_code)
    except (TimeoutError, OSError, ValueError, exceptions.WebSocketException):
        failure = errors.Unavailable(SERVICE, "the connection cannot be opened")
    raise failure


def _refusal(status: int) -> errors.Upstream:
    why = f"the connection answered {status}"
    if status in {403, 404, 410}:
        return errors.UpstreamNotFound(SERVICE, why)
    if status == 429:  # noqa: PLR2004 - too many requests
        return errors.Busy(SERVICE, why, retry_after=1)
    if status >= 500:  # noqa: PLR2004 - a server error
        return errors.Unavailable(SERVICE, why)
    return errors.Failed(SERVICE, why)


class LiveAvatarConnection:
    """An open websocket. Sending on a closed one raises `Unavailable`."""

    def __init__(self, socket: "ClientConnection") -> None:
        self._socket = socket
        self._events = EventNormaliser()

    async def speak(self, utterance: UtteranceId, pcm: bytes) -> None:
        if len(pcm) > MAX_PCM_BYTES:
            raise ValueError("a chunk of speech has at most 700 KB")
        self._events.add_audio(utterance, len(pcm) / BYTES_PER_SECOND)
        audio = base64.b64encode(pcm).decode()
        await self._send({"type": "agent.speak", "event_id": utterance, "audio": audio})

    async def finish(self, utterance: UtteranceId) -> None:
        self._events.complete(utterance)
        await self._send({"type": "agent.speak_end", "event_id": utterance})

    async def interrupt(self) -> None:
        self._events.expect_interruption()
        await self._send({"type": "agent.interrupt"})

    async def keep_alive(self) -> None:
        await self._send({"type": "session.keep_alive", "event_id": "keep-alive"})

    async def events(self) -> AsyncIterator[AvatarEvent]:
        from websockets.exceptions import ConnectionClosed  # noqa: PLC0415 - loaded with the socket

        now = asyncio.get_running_loop().time
        while True:
            try:
                async with asyncio.timeout_at(self._events.next_due()):
                    message = await self._socket.recv()
            except TimeoutError:
                events = self._events.advance(now())
            except ConnectionClosed:
                break
            else:
                events = self._events.hear(message, now())
            for event in events:
                yield event
        yield AvatarEvent("closed")

    async def close(self) -> None:
        """Close the websocket within about 2 seconds."""
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
            failure = errors.Unavailable(SERVICE, "the connection is closed")
        except TimeoutError:
            failure = errors.Unavailable(SERVICE, "the connection does not accept data")
        if failure is not None:
            raise failure
