"""The contract with callers: what each function takes, gives and streams.

Every request refuses unknown fields and is strict about types. Every time is UTC, ISO 8601.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from common.schemas.base import Answer
from common.schemas.events import ErrorEvent, SpeechEvent, TurnEnd, UsageEvent
from common.schemas.usage import Usage


class StartAvatarAnswer(Answer):
    """What a browser needs to see the avatar. `livekit_token` admits its bearer to the room.
    `resumed`: it was running already (200 instead of 201), and nothing new is paid."""

    avatar_session_id: str
    conversation_id: str
    livekit_url: str
    livekit_token: str = Field(repr=False)
    expires_at: datetime
    reserved_seconds: int
    usage: Usage
    resumed: bool = False

    @property
    def status_code(self) -> int:
        return 200 if self.resumed else 201


class KeepAliveAnswer(Answer):
    avatar_session_id: str
    expires_at: datetime
    idle_at: datetime
    usage: Usage


class EndSessionAnswer(Answer):
    """`state` is `ending` while the provider has not confirmed; a sweep goes on trying, and `seconds`
    is then what it has cost so far."""

    avatar_session_id: str
    state: Literal["ending", "ended"]
    seconds: int
    usage: Usage


class SpeakAnswer(Answer):
    """`utterance_id` is that of the first piece, None if nothing was to be said. `seconds` of audio
    were made; `ended` says whether they were heard."""

    utterance_id: str | None = None
    seconds: float
    ended: Literal["complete", "handed_over", "interrupted", "failed"]
    usage: Usage


class SweepAnswer(Answer):
    """How many sessions and turns the sweep dealt with, and how."""

    expired: int = 0
    idle: int = 0
    stuck: int = 0
    leases_freed: int = 0
    stopped_again: int = 0
    unknown: int = 0
    failed: int = 0
    more: bool = False


Dependency = Literal["agent", "avatar", "store", "tasks", "vault", "voice"]


class HealthAnswer(Answer):
    """`down` names those that do not answer, and nothing is said of why; left out where nobody asked
    for it."""

    status: Literal["ok", "degraded"] = "ok"
    down: list[Dependency] | None = None

    @property
    def status_code(self) -> int:
        return 503 if self.down else 200


class ChatAnswer(Answer):
    """A whole turn at once, for callers who do not ask for `text/event-stream`."""

    turn_id: str
    conversation_id: str
    message_id: str | None = None
    ended: TurnEnd
    text: str
    spoken: str
    speech: SpeechEvent | None = None
    error: ErrorEvent | None = None
    usage: UsageEvent | None = None
