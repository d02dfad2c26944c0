import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from infra.local.recogniser.recogniser import Recogniser, Recognition
from infra.local.simulators.google_api import PerMinute

SCRIPTED = {
    "de": "Wie spät ist es?",
    "es": "¿Qué hora es?",
    "fr": "Quelle heure est-il ?",
    "it": "Che ore sono?",
    "pt": "Que horas são?",
    "ja": "今何時ですか。",
    "cmn": "现在几点？",
    "hi": "अभी क्या समय हुआ है?",
}
"""The answer in each language that the recogniser does not have: it has English only."""


@dataclass
class RecognitionSimulator:
    """State and settings of the simulator. Settings may be changed while it runs."""

    recognise: Callable[[bytes], Awaitable[Recognition]] = field(default_factory=Recogniser)
    """Recognises the English speech of a WAV or WebM file (infra/local/recogniser/)."""
    requests_a_minute: int | None = None
    """Limit of requests. Google's differs by region. None: no limit."""
    gives_confidence: bool = True
    """Some of Google's models give no confidence."""
    latency_seconds: float = 0.0
    """Delay of each answer, in addition to the recognition."""
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    requests: int = 0
    """Requests that were answered."""
    seconds: int = 0
    """Billed seconds of these requests: each is rounded up."""
    quota: PerMinute = field(default_factory=lambda: PerMinute("Recognize requests"))

    async def close(self) -> None:
        """End the recogniser's process."""
        if isinstance(self.recognise, Recogniser):
            await self.recognise.close()
