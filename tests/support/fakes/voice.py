import asyncio
import math
from array import array
from collections.abc import Mapping

RATE = 24_000


class FakeVoice:
    """Returns silence, or a tone of 220 Hz, of `seconds_per_character`.

    Each call takes `seconds` of the event loop's time. `fails` holds the errors to raise, by the
    number of the call, from 1.
    """

    def __init__(
        self,
        *,
        seconds: float = 0.0,
        tone: bool = False,
        fails: Mapping[int, Exception] | None = None,
    ) -> None:
        self.texts: list[str] = []
        self.seconds = seconds
        self.seconds_per_character = 0.06
        self.fails = dict(fails or {})
        self._tone = tone

    async def synthesize(self, text: str, voice: str, language: str) -> bytes:  # noqa: ARG002 - a parameter of the port
        if len(text.encode()) > 5_000:
            raise ValueError("the text of one request has at most 5,000 bytes")
        self.texts.append(text)
        if failure := self.fails.get(len(self.texts)):
            raise failure
        if self.seconds:
            await asyncio.sleep(self.seconds)
        samples = round(len(text) * self.seconds_per_character * RATE)
        return _tone(samples) if self._tone else bytes(2 * samples)


def _tone(samples: int) -> bytes:
    turn = 2 * math.pi * 220 / RATE
    return array("h", (int(8_000 * math.sin(turn * at)) for at in range(samples))).tobytes()
