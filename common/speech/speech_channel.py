import asyncio
from typing import Protocol

from common.ports.avatar import AvatarEvent
from common.schemas.events import SentenceEvent, SpeechEvent
from common.speech.playback import Utterance


class SpeechEvents(Protocol):
    """Receives the events of a turn's speech."""

    def emit(self, event: SentenceEvent | SpeechEvent) -> None: ...


class MayAct(Protocol):
    """Says whether an effect may start (conversations/heartbeat.py)."""

    async def may_act(self) -> bool: ...


class SpeechChannel(Protocol):
    """Takes the audio of one turn to its listener (avatar_channel.py).

    `run` keeps the channel; `ready` waits until audio may be sent. `events` holds what was reported
    of the playback, and None when the channel has failed.
    """

    events: asyncio.Queue[AvatarEvent | None]

    @property
    def opened_at(self) -> float | None:
        """When the channel first opened, and silenced the avatar; event loop time."""
        ...

    @property
    def is_over(self) -> bool:
        """Return True if the provider said that the avatar session has ended."""
        ...

    async def run(self) -> None:
        """Work until the channel fails for good, or this is cancelled."""

    async def ready(self) -> None:
        """Wait until audio that is sent is played. Raises Unavailable if the channel has failed."""

    async def wait_open(self) -> None:
        """Wait until the channel is open, and the avatar silenced. Raises Unavailable."""

    async def ask_if_over(self) -> bool:
        """Return True if the provider says that the session has ended. Sets `is_over` then."""
        ...

    async def speak(self, utterance: Utterance, pcm: bytes) -> None:
        """Send the next chunk of an utterance. Raises Unavailable if the connection is gone."""

    async def finish(self, utterance: Utterance) -> None:
        """Say that all chunks of an utterance are sent. Raises Unavailable."""

    async def interrupt(self) -> None:
        """Silence the avatar, if the channel is open. Takes at most 2 s."""

    async def close(self) -> None: ...
