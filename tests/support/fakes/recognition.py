import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from common.ports.voice import Recording, Transcript


@dataclass
class FakeRecognition:
    """Hears `text` in every recording. Each call takes `seconds` of the event loop's time.

    `fails` holds the errors to raise, by the number of the call, from 1.
    """

    text: str = "What time is it?"
    confidence: float | None = 0.9
    seconds: float = 0.0
    fails: Mapping[int, Exception] = field(default_factory=dict)
    heard: list[tuple[Recording, tuple[str, ...]]] = field(default_factory=list)

    async def recognize(self, recording: Recording, languages: Sequence[str]) -> Transcript:
        self.heard.append((recording, tuple(languages)))
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if failure := self.fails.get(len(self.heard)):
            raise failure
        return Transcript(self.text, self.confidence if self.text else None, languages[0])
