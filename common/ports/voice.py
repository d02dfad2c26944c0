from typing import Protocol


class TextToSpeech(Protocol):
    async def synthesize(self, text: str, voice: str, language: str) -> bytes:
        """Speech: signed 16-bit little endian, mono, 24,000 Hz, no header. `text` of at most 5,000
        bytes in UTF-8. `language` is BCP 47, e.g. en-US; `voice` a name of the provider's."""
