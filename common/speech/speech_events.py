from typing import Protocol

from common.schemas.events import SentenceEvent, SpeechEvent


class SpeechEvents(Protocol):
    """Receives the events of a turn's speech."""

    def emit(self, event: SentenceEvent | SpeechEvent) -> None: ...
