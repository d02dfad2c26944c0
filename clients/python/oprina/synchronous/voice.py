# Generated from ../asynchronous by infra/docs/client_modules.py.
from collections.abc import Callable
from dataclasses import dataclass

from ..calls import KEY, ApiCall, kind_of_audio, path_of, send
from ..models import SynthesizeRequest, TranscribeAnswer
from .transport import Transport

ROOT = "voice"


@dataclass(frozen=True)
class Voice:
    """Speech to text, and text to speech. Every method raises ApiError."""

    _transport: Transport
    _new_key: Callable[[], str]

    def transcribe(
        self, recording: bytes, *, language: str | None = None, key: str | None = None
    ) -> TranscribeAnswer:
        """Turn 0.25 to 60 s of speech into words. WAV (16 bit, mono, 16 kHz) or WebM (Opus)."""
        query = {} if language is None else {"language": language}
        headers = {"content-type": kind_of_audio(recording), KEY: key or self._new_key()}
        call = ApiCall("POST", path_of(ROOT, "transcribe"), query, headers, recording)
        return self._transport.ask(call, TranscribeAnswer)

    def synthesize(
        self, text: str, *, voice: str | None = None, language: str | None = None
    ) -> bytes:
        """Speak a text. Return a WAV file. A repeated request is charged again."""
        body = SynthesizeRequest(text=text, voice=voice, language=language)
        answer = self._transport.call(send("POST", path_of(ROOT, "synthesize"), body))
        return answer.content
