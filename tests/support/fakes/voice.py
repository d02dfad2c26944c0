import asyncio
import math
from array import array
from collections.abc import Mapping

RATE = 24_000
SAMPLES_A_CHARACTER = 1_440
"""60 ms."""


class FakeVoice:
    """60 ms of sound a character. `fails` names errors by the number of the call, from 1; each call
    takes `seconds` of the event loop's time; with `tone` the sound is 220 Hz instead of silence."""

    def __init__(
        self,
        *,
        seconds: float = 0.0,
        tone: bool = False,
        fails: Mapping[int, Exception] | None = None,
    ) -> None:
        self.texts: list[str] = []
        self.seconds = seconds
        self.fails = dict(fails or {})
        self._tone = tone

    async def synthesize(self, text: str, voice: str, language: str) -> bytes:  # noqa: ARG002 - the port's
        if len(text.encode()) > 5_000:
            raise ValueError("the text of one request has at most 5,000 bytes")
        self.texts.append(text)
        if failure := self.fails.get(len(self.texts)):
            raise failure
        if self.seconds:
            await asyncio.sleep(self.seconds)
        samples = len(text) * SAMPLES_A_CHARACTER
        return _tone(samples) if self._tone else bytes(2 * samples)


def _tone(samples: int) -> bytes:
    turn = 2 * math.pi * 220 / RATE
    return array("h", (int(8_000 * math.sin(turn * at)) for at in range(samples))).tobytes()
