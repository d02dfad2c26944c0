"""Speech that begins with the avatar and ends with the caller, because the avatar's time ends."""

import asyncio
import math

from common.domain.conversation import CurrentAvatar
from common.domain.errors import Unavailable
from common.domain.ids import UtteranceId
from common.ports.avatar import AvatarEvent
from common.ports.dependencies import Dependencies
from common.speech.avatar_channel import AvatarChannel
from common.speech.caller_channel import CallerChannel
from common.speech.speech_channel import MayAct, SpeechChannel

SPARE_SECONDS = 2.0
"""The avatar gets nothing that plays in the last seconds of its session: it may begin late, and at
the end of its time it falls silent without an event."""


class RelayChannel:
    """The avatar's channel while its session lasts, then the caller's (a `SpeechChannel`).

    `ends_at` is when the session ends, in event loop time.
    """

    def __init__(self, avatar: AvatarChannel, caller: CallerChannel, ends_at: float) -> None:
        self.events: asyncio.Queue[AvatarEvent | None] = asyncio.Queue()
        self.plays_until = ends_at - SPARE_SECONDS
        self._avatar, self._caller = avatar, caller
        self._current: AvatarChannel | CallerChannel = avatar
        caller.events = self.events

    @property
    def opened_at(self) -> float | None:
        return self._avatar.opened_at

    @property
    def is_over(self) -> bool:
        return self._current.is_over

    async def run(self) -> None:
        """Keep the avatar's channel while its time lasts. Returns if it fails before."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pass_on())
            await self._avatar.run()
        if self._is_time_over():
            await self._caller.run()
        self.events.put_nowait(None)

    async def ready(self) -> None:
        try:
            await self._current.ready()
        except Unavailable:
            if not self._is_time_over():
                raise

    async def wait_open(self) -> None:
        await self._current.wait_open()

    async def ask_if_over(self) -> bool:
        return await self._current.ask_if_over()

    async def speak(self, utterance: UtteranceId, pcm: bytes) -> None:
        await self._current.speak(utterance, pcm)

    async def finish(self, utterance: UtteranceId) -> None:
        await self._current.finish(utterance)

    def change_listener(self) -> None:
        """Let the caller play what follows. What the avatar reports from now on is dropped."""
        self._current, self.plays_until = self._caller, math.inf

    async def interrupt(self) -> None:
        await self._avatar.interrupt()

    async def close(self) -> None:
        await self._avatar.close()

    async def _pass_on(self) -> None:
        """Report what the avatar reports, until the caller plays."""
        while (event := await self._avatar.events.get()) is not None:
            if self._current is self._avatar:
                self.events.put_nowait(event)

    def _is_time_over(self) -> bool:
        return self._current is self._caller or _now() >= self.plays_until


def channel_to(
    deps: Dependencies, avatar: CurrentAvatar | None, caller: CallerChannel | None, guard: MayAct
) -> SpeechChannel:
    """Return the channel of a turn: to its avatar, then to its caller, or to one of them."""
    if avatar is None:
        if caller is None:
            raise ValueError("speech needs a listener")
        return caller
    channel = AvatarChannel(deps, avatar, guard)
    if caller is None or avatar.expires_at is None:
        return channel
    left = (avatar.expires_at - deps.clock.now()).total_seconds()
    return RelayChannel(channel, caller, _now() + left)


def _now() -> float:
    return asyncio.get_running_loop().time()
