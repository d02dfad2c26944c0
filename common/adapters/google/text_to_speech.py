"""Google Cloud Text-to-Speech over REST: `text:synthesize`, LINEAR16 at 24,000 Hz."""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from common.adapters.http.client import HttpClient
from common.adapters.http.request import MB, NO_RETRY, RETRY_BILLED, Auth, OutboundRequest, refusal
from common.domain import errors

SERVICE = "voice"
ADDRESS = "https://texttospeech.googleapis.com"
RATE = 24_000
MOST_TEXT_BYTES = 5_000
"""Google's limit of a request's text."""
TURN_SECONDS = 5.0


class GoogleSpeech:
    """`at_once`: how many requests may be under way together; one more waits 5 s for its turn, and
    is then `Busy`."""

    def __init__(
        self, auth: Auth, http_client: HttpClient, *, base_url: str = ADDRESS, at_once: int = 50
    ) -> None:
        root = f"{base_url.rstrip('/')}/v1"
        self._url, self._voices_url = f"{root}/text:synthesize", f"{root}/voices?languageCode=en-US"
        self._auth = auth
        self._http_client = http_client
        self._room = asyncio.Semaphore(at_once)

    async def check(self) -> None:
        """Lists voices, which costs nothing."""
        request = OutboundRequest(SERVICE, "GET", self._voices_url, auth=self._auth, changes=False)
        answer = await self._http_client.call(request, deadline=5, cap=2 * MB, retry=NO_RETRY)
        if not answer.ok:
            raise refusal(request, answer)

    async def synthesize(self, text: str, voice: str, language: str) -> bytes:
        """ValueError: `text` has more than 5,000 bytes, or half a character."""
        if len(text.encode()) > MOST_TEXT_BYTES:
            raise ValueError("the text of one request has at most 5,000 bytes")
        body = {
            "input": {"text": text},
            "voice": {"languageCode": language, "name": voice},
            "audioConfig": {"audioEncoding": "LINEAR16", "sampleRateHertz": RATE},
        }
        request = OutboundRequest(
            SERVICE, "POST", self._url, auth=self._auth, body=body, changes=False
        )
        async with self._turn():
            answer = await self._http_client.call(
                request, deadline=15, cap=32 * MB, retry=RETRY_BILLED
            )
        if not answer.ok:
            raise refusal(request, answer)
        return _pcm(answer.json())

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._room.acquire()
        except TimeoutError:
            raise errors.Busy(SERVICE, "too many requests of ours", retry_after=1) from None
        try:
            yield
        finally:
            self._room.release()


def _pcm(answer: Any) -> bytes:  # noqa: ANN401 - JSON is anything
    content = answer.get("audioContent") if isinstance(answer, dict) else None
    try:
        audio = base64.b64decode(content, validate=True) if isinstance(content, str) else b""
    except (binascii.Error, ValueError):
        audio = b""
    pcm = without_header(audio)
    if not pcm:
        raise errors.Failed(SERVICE, "the speech makes no sense")
    return pcm


def without_header(audio: bytes) -> bytes:
    """The samples of a WAV file, or of none: LINEAR16 may come without. Empty where a WAV file has
    none, or is of another kind than mono, 16 bit, 24,000 Hz: it would be noise, or a mouse."""
    if audio[:4] != b"RIFF" or audio[8:12] != b"WAVE":
        return audio[: len(audio) // 2 * 2]
    for name, chunk in _chunks(audio):
        if name == b"fmt " and not _is_ours(chunk):
            return b""
        if name == b"data":
            return chunk[: len(chunk) // 2 * 2]
    return b""


def _chunks(audio: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each has a name of 4 bytes, its size in 4, its content, and a byte of padding if that is odd.
    A size that is not known yet (a stream's) is all ones: the rest is meant."""
    at = 12
    while at + 8 <= len(audio):
        size = int.from_bytes(audio[at + 4 : at + 8], "little")
        yield audio[at : at + 4], audio[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _is_ours(fmt: bytes) -> bool:
    channels, rate = int.from_bytes(fmt[2:4], "little"), int.from_bytes(fmt[4:8], "little")
    bits = int.from_bytes(fmt[14:16], "little")
    return (channels, rate, bits) == (1, RATE, 16)
