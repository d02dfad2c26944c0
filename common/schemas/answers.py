"""The answers of the functions. All times are in UTC, in ISO 8601."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from common.schemas.base import Answer
from common.schemas.events import (
    ErrorEvent,
    HeardEvent,
    NoticeEvent,
    ProposalEvent,
    SpeechEvent,
    TurnEnd,
    UsageEvent,
)
from common.schemas.usage import Usage


class StartAvatarAnswer(Answer):
    """The room in which a browser shows the avatar.

    `livekit_token` admits its bearer to the room. `resumed`: the session ran already (200 instead
    of 201), and nothing new is charged.
    """

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
    """When the session ends: at `expires_at` at the latest, at `idle_at` if it is not used."""

    avatar_session_id: str
    expires_at: datetime
    idle_at: datetime
    usage: Usage


class EndSessionAnswer(Answer):
    """The cost of the session.

    `state` is `ending` until the provider has confirmed the end. Until then a sweep tries again,
    and `seconds` is the cost so far.
    """

    avatar_session_id: str
    state: Literal["ending", "ended"]
    seconds: int
    usage: Usage


class SpeakAnswer(Answer):
    """How the speech ended.

    `utterance_id` is that of the first utterance, null if there was nothing to say. `seconds` is
    the length of the synthesised audio. `handed_over`: the avatar has all audio and may still be
    speaking.
    """

    utterance_id: str | None = None
    seconds: float
    ended: Literal["complete", "handed_over", "interrupted", "failed"]
    usage: Usage


class TranscribeAnswer(Answer):
    """The words of a recording. `text` is empty if no speech was found.

    `confidence` is between 0 and 1, and left out if the model gives none. `seconds` is the length of
    the recording. `language` is the one that was recognised, in BCP 47.
    """

    text: str
    confidence: float | None = None
    seconds: float
    language: str
    usage: Usage


class SweepAnswer(Answer):
    """How many sessions, turns and conversations the sweep handled, by action.

    `more`: others may still be due.
    """

    expired: int = 0
    idle: int = 0
    stuck: int = 0
    leases_freed: int = 0
    confirmed: int = 0
    stopped: int = 0
    stopped_again: int = 0
    unknown: int = 0
    accounts_deleted: int = 0
    deleted: int = 0
    failed: int = 0
    more: bool = False


Dependency = Literal["agent", "avatar", "store", "tasks", "vault", "voice"]


class HealthAnswer(Answer):
    """Health of the function. With `deep`, `down` lists the services that do not answer."""

    status: Literal["ok", "degraded"] = "ok"
    down: list[Dependency] | None = None

    @property
    def status_code(self) -> int:
        return 503 if self.down else 200


class ChatAnswer(Answer):
    """A whole turn in one answer, for callers that do not accept `text/event-stream`.

    `conversation_id` is empty if a spoken message began no turn.
    """

    turn_id: str
    conversation_id: str
    message_id: str | None = None
    user_message_id: str | None = None
    heard: HeardEvent | None = None
    ended: TurnEnd
    text: str
    spoken: str
    speech: SpeechEvent | None = None
    error: ErrorEvent | None = None
    usage: UsageEvent | None = None
    proposals: list[ProposalEvent] | None = None
    notices: list[NoticeEvent] | None = None
