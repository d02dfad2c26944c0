from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol


class TextToSpeech(Protocol):
    async def synthesize(self, text: str, voice: str, language: str) -> bytes:
        """Return speech: signed 16-bit little endian, mono, 24,000 Hz, without a header.

        `text` has at most 5,000 bytes in UTF-8. `language` is BCP 47, such as en-US. `voice` names a
        voice; "" leaves the choice to the service, which goes by the language.
        """


@dataclass(frozen=True)
class Recording:
    """Recorded speech whose container was read and found right.

    `pcm` sound is signed 16-bit little endian without a header; `webm` sound is a WebM file with one
    Opus track. `rate` is in samples a second.
    """

    kind: Literal["pcm", "webm"]
    sound: bytes = field(repr=False)
    rate: int
    channels: int
    seconds: float


@dataclass(frozen=True)
class Transcript:
    """The words of a recording. `text` is empty if no speech was found.

    `confidence` is between 0 and 1, and None if the model gives none.
    """

    text: str
    confidence: float | None
    language: str


class SpeechToText(Protocol):
    async def recognize(self, recording: Recording, languages: Sequence[str]) -> Transcript:
        """Return the words of a recording of at most 60 seconds.

        `languages` are 1 to 3 in BCP 47, the most likely first. Raises `Busy` or `Unavailable`
        (nothing was billed, as far as known), `Failed`, or `Invalid` for a language that the service
        does not have.
        """
