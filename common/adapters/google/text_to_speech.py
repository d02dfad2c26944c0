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
from common.domain.voices import language_of

SERVICE = "voice"
ADDRESS = "https://texttospeech.googleapis.com"
RATE = 24_000
"""Samples a second."""
MAX_TEXT_BYTES = 5_000
"""Google's limit for the text of one request."""
QUEUE_SECONDS = 5.0
"""How long a request waits while `concurrency` others run."""


class GoogleSpeech:
    """Google Cloud Text-to-Speech.

    At most `concurrency` requests run at the same time. A further one waits `QUEUE_SECONDS`, and is
    then `Busy`. `base_url` replaces Google's address by a simulator's.
    """

    def __init__(
        self,
        auth: Auth,
        http_client: HttpClient,
        *,
        base_url: str | None = None,
        concurrency: int = 50,
    ) -> None:
        root = f"{(base_url or ADDRESS).rstrip('/')}/v1"
        self._url, self._voices_url = f"{root}/text:synthesize", f"{root}/voices?languageCode=en-US"
        self._auth = auth
        self._http_client = http_client
        self._slots = asyncio.Semaphore(concurrency)

    async def check(self) -> None:
        """List the voices, which is free. Raises an `Upstream` error if the service is down."""
        request = OutboundRequest(SERVICE, "GET", self._voices_url, auth=self._auth, changes=False)
        answer = await self._http_client.call(request, deadline=5, cap=2 * MB, retry=NO_RETRY)
        if not answer.ok:
            raise refusal(request, answer)

    async def synthesize(self, text: str, voice: str, language: str) -> bytes:
        """Return the speech as signed 16-bit samples, mono, 24,000 Hz.

        Raises UnsupportedVoice if Google has no such voice or language, and ValueError if `text` has
        more than 5,000 bytes in UTF-8 or holds a lone surrogate.
        """
        if len(text.encode()) > MAX_TEXT_BYTES:
            raise ValueError("the text of one request has at most 5,000 bytes")
        body = {
            "input": {"text": text},
            "voice": {
                "languageCode": language_of(voice, language),
                **({"name": voice} if voice else {}),
            },
            "audioConfig": {"audioEncoding": "LINEAR16", "sampleRateHertz": RATE},
        }
        request = OutboundRequest(
            SERVICE, "POST", self._url, auth=self._auth, body=body, changes=False
        )
        async with self._slot():
            answer = await self._http_client.call(
                request, deadline=15, cap=32 * MB, retry=RETRY_BILLED
            )
        if answer.status == 400:  # noqa: PLR2004 - invalid argument; the text is one that Google takes
            raise errors.UnsupportedVoice(SERVICE, "answered 400")
        if not answer.ok:
            raise refusal(request, answer)
        return _pcm(answer.json())

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(QUEUE_SECONDS):
                await self._slots.acquire()
        except TimeoutError:
            raise errors.Busy(SERVICE, "too many of our own requests", retry_after=1) from None
        try:
            yield
        finally:
            self._slots.release()


def _pcm(answer: Any) -> bytes:  # noqa: ANN401 - any JSON value
    content = answer.get("audioContent") if isinstance(answer, dict) else None
    try:
        audio = base64.b64decode(content, validate=True) if isinstance(content, str) else b""
    except (binascii.Error, ValueError):
        audio = b""
    pcm = strip_header(audio)
    if not pcm:
        raise errors.Failed(SERVICE, "no usable audio in the answer")
    return pcm


def strip_header(audio: bytes) -> bytes:
    """Return the samples of a WAV file, or of raw LINEAR16 audio, which has no header.

    Returns no bytes if a WAV file holds no samples or is not mono, 16 bit, 24,000 Hz: such audio
    would be played as noise or at the wrong speed.
    """
    if audio[:4] != b"RIFF" or audio[8:12] != b"WAVE":
        return audio[: len(audio) // 2 * 2]
    for name, chunk in _chunks(audio):
        if name == b"fmt " and not _is_expected_format(chunk):
            return b""
        if name == b"data":
            return chunk[: len(chunk) // 2 * 2]
    return b""


def _chunks(audio: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name and the content of each chunk of a WAV file.

    A chunk is a name of 4 bytes, a size of 4 bytes, the content, and a byte of padding if the size
    is odd. In a stream the size of the last chunk is unknown and all ones: it extends to the end.
    """
    at = 12
    while at + 8 <= len(audio):
        size = int.from_bytes(audio[at + 4 : at + 8], "little")
        yield audio[at : at + 4], audio[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _is_expected_format(fmt: bytes) -> bool:
    channels, rate = int.from_bytes(fmt[2:4], "little"), int.from_bytes(fmt[4:8], "little")
    bits = int.from_bytes(fmt[14:16], "little")
    return (channels, rate, bits) == (1, RATE, 16)
