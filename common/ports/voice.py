from typing import Protocol


class TextToSpeech(Protocol):
    async def synthesize(self, text: str, voice: str, language: str) -> bytes:
        """Return speech: signed 16-bit little endian, mono, 24,000 Hz, without a header.

        `text` has at most 5,000 bytes in UTF-8. `language` is BCP 47, such as en-US. `voice` names a
        voice; "" leaves the choice to the service, which goes by the language.
        """
