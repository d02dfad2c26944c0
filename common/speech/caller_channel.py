"""Speech for a caller that plays the sound itself: audio is sent as events of the turn's stream."""

import asyncio
import base64
from collections.abc import Callable

from common.domain.ids import UtteranceId
from common.ports.avatar import AvatarEvent
from common.schemas.events import AudioEvent
from common.speech import audio
from common.speech.playback import Utterance

AHEAD_SECONDS = 2.0
"""At most this much sound is sent before it is played: an interruption saves what is behind it."""


class CallerChannel:
    """Sends audio to the caller as `audio` events (a `SpeechChannel`), at the pace of playback.

    The caller reports nothing, so playback is reported by the clock: an utterance plays at once, or
    when the one before it ends.
    """

    def __init__(self, emit: Callable[[AudioEvent], None]) -> None:
        self.events: asyncio.Queue[AvatarEvent | None] = asyncio.Queue()
        self.opened_at: float | None = None
        self._emit = emit
        self._quiet_at = 0.0
        self._sent: dict[UtteranceId, tuple[int, float]] = {}
        """The number of chunks of each utterance that were sent, and their seconds."""

    @property
    def is_over(self) -> bool:
        return False

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def ready(self) -> None:
        return

    async def wait_open(self) -> None:
        return

    async def ask_if_over(self) -> bool:
        return False

    async def speak(self, utterance: Utterance, pcm: bytes) -> None:
        """Send one chunk, as soon as no more than `AHEAD_SECONDS` are sent and not played."""
        await asyncio.sleep(max(0.0, self._quiet_at - AHEAD_SECONDS - _now()))
        index, begins = self._sent.get(utterance.id, (0, 0.0))
        if index == 0:
            self.events.put_nowait(AvatarEvent("started", utterance.id))
            await asyncio.sleep(0)  # the captions come before the sound
        seconds = audio.seconds(pcm)
        starting = [
            caption.text
            for caption in utterance.captions()
            if begins <= caption.offset < begins + seconds
        ]
        self._emit(
            AudioEvent(
                utterance_id=utterance.id,
                index=index,
                data=base64.b64encode(pcm).decode(),
                seconds=round(seconds, 3),
                text=" ".join(starting),
            )
        )
        self._sent[utterance.id] = index + 1, begins + seconds
        self._quiet_at = max(self._quiet_at, _now()) + seconds

    async def finish(self, utterance: Utterance) -> None:
        """Report the end of the utterance when it has had time to play."""
        ended = AvatarEvent("ended", utterance.id)
        asyncio.get_running_loop().call_at(self._quiet_at, self.events.put_nowait, ended)

    async def interrupt(self) -> None:
        return

    async def close(self) -> None:
        return


def _now() -> float:
    return asyncio.get_running_loop().time()
