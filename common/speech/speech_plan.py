import asyncio
import math
from dataclasses import dataclass

from common.domain.conversation import CurrentAvatar
from common.ports.dependencies import Dependencies
from common.speech.avatar_channel import AvatarChannel
from common.speech.caller_channel import CallerChannel
from common.speech.speech_channel import MayAct, SpeechChannel

SPARE_SECONDS = 2.0
"""The avatar gets nothing that plays in the last seconds of its session: it may begin late, and at
the end of its time it falls silent without an event."""


@dataclass(frozen=True)
class SpeechListener:
    """The avatar or the caller, who hears a turn's speech through `channel`.

    Audio that would play later than `plays_until` (event loop time) goes to the next listener.
    """

    channel: SpeechChannel
    plays_until: float = math.inf


@dataclass(frozen=True)
class SpeechPlan:
    """The listeners of a turn's speech, its limits and its context.

    `listeners` hear the speech one after the other; there is at least one. `characters` are
    reserved; with 0 the avatar is only silenced. `deadline` is in event loop time.

    `after` is set when the turn that we superseded in this process sends nothing any more;
    `from_elsewhere`: it may run in another process.
    """

    listeners: tuple[SpeechListener, ...]
    voice: str
    language: str
    characters: int
    wait: bool
    deadline: float
    after: asyncio.Event | None = None
    from_elsewhere: bool = False


def listeners_of(
    deps: Dependencies, avatar: CurrentAvatar | None, caller: CallerChannel | None, guard: MayAct
) -> tuple[SpeechListener, ...]:
    """Return the listeners of a turn: its avatar, its caller, or the caller after the avatar."""
    last = (SpeechListener(caller),) if caller is not None else ()
    if avatar is None:
        return last
    channel = AvatarChannel(deps, avatar, guard)
    if caller is None or avatar.expires_at is None:
        return (SpeechListener(channel),)
    left = (avatar.expires_at - deps.clock.now()).total_seconds()
    ends_at = asyncio.get_running_loop().time() + left
    return SpeechListener(channel, ends_at - SPARE_SECONDS), *last
