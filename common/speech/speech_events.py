from typing import Protocol

from common.schemas.events import SentenceEvent, SpeechEvent


class SpeechEvents(Protocol):
    """Where speech reports what happens."""

    def emit(self, event: SentenceEvent | SpeechEvent) -> None: ...
