"""The contract with callers: what each function takes, gives and streams.

Every request refuses unknown fields and is strict about types. Every time is UTC, ISO 8601.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from common.domain.ids import ID
from common.domain.quota import Meter
from common.domain.values import RESERVED

MAX_MESSAGE = 8_000
MAX_SPEECH = 4_000


def _text(value: str) -> str:
    if any("\ud800" <= char <= "\udfff" for char in value):
        msg = "holds a lone surrogate, which is no character"
        raise ValueError(msg)
    if not value.strip():
        msg = "is empty"
        raise ValueError(msg)
    return value


def _id(value: str) -> str:
    if not ID.fullmatch(value) or RESERVED.fullmatch(value):
        msg = "is no identifier: 1 to 64 letters, digits, '-' or '_'"
        raise ValueError(msg)
    return value


Id = Annotated[str, AfterValidator(_id), Field(json_schema_extra={"pattern": f"^{ID.pattern}$"})]
Text = Annotated[str, AfterValidator(_text), Field(json_schema_extra={"pattern": r"\S"})]
Name = Annotated[Text, Field(min_length=1, max_length=100)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
Quality = Literal["very_high", "high", "medium", "low"]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Answer(BaseModel):
    # Built when first used: a function starts without those of its neighbours.
    model_config = ConfigDict(frozen=True, defer_build=True)

    @property
    def status_code(self) -> int:
        return 200


# ── requests ─────────────────────────────────────────────────────────────────────────────────────


class StartAvatar(Request):
    """Without a conversation, a new one is begun."""

    conversation_id: Id | None = None
    avatar_id: Id | None = None
    voice: Name | None = None
    quality: Quality | None = None
    language: Language | None = None


class Chat(Request):
    """`speak`: false keeps the avatar silent; true asks for a word on why, if it cannot speak; left
    out, the avatar speaks if there is one. `wait`: false answers when all audio was handed over,
    and does not stay until the avatar has finished."""

    message: Annotated[Text, Field(max_length=MAX_MESSAGE)]
    conversation_id: Id | None = None
    speak: bool | None = None
    wait: bool = True


class Speak(Request):
    """`interrupt` stops the avatar first, which any new speech does anyway; alone, only that."""

    avatar_session_id: Id
    text: Annotated[Text, Field(max_length=MAX_SPEECH)] | None = None
    interrupt: bool = False
    wait: bool = True


class KeepAlive(Request):
    avatar_session_id: Id


class EndSession(Request):
    avatar_session_id: Id


class SweepExpired(Request):
    """With a session: looks at that one only."""

    avatar_session_id: Id | None = None


class CheckHealth(Request):
    """`deep`: whether the services behind us answer; else only whether we do."""

    deep: bool = False


# ── answers ──────────────────────────────────────────────────────────────────────────────────────


class MeterUsage(Answer):
    used: int
    reserved: int
    allowance: int
    left: int


class Usage(Answer):
    """This month's meters: whole seconds, tokens, characters."""

    month: str
    resets_at: datetime
    meters: dict[Meter, MeterUsage]


class AvatarStarted(Answer):
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


class KeptAlive(Answer):
    avatar_session_id: str
    expires_at: datetime
    idle_at: datetime
    usage: Usage


class SessionEnded(Answer):
    """`state` is `ending` while the provider has not confirmed; a sweep goes on trying, and `seconds`
    is then what it has cost so far."""

    avatar_session_id: str
    state: Literal["ending", "ended"]
    seconds: int
    usage: Usage


class Spoken(Answer):
    """`utterance_id` is that of the first piece, None if nothing was to be said. `seconds` of audio
    were made; `ended` says whether they were heard."""

    utterance_id: str | None = None
    seconds: float
    ended: Literal["complete", "handed_over", "interrupted", "failed"]
    usage: Usage


class Swept(Answer):
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


class Health(Answer):
    """`down` names those that do not answer, and nothing is said of why; left out where nobody asked
    for it."""

    status: Literal["ok", "degraded"] = "ok"
    down: list[Dependency] | None = None

    @property
    def status_code(self) -> int:
        return 503 if self.down else 200


# ── events of a chat ─────────────────────────────────────────────────────────────────────────────


class TurnEvent(Answer):
    """The first: the turn is admitted and paid for. `avatar` is the session that will speak."""

    event: Literal["turn"] = "turn"
    turn_id: str
    conversation_id: str
    message_id: str
    avatar_session_id: str | None = None


class TextEvent(Answer):
    event: Literal["text"] = "text"
    text: str


class ToolEvent(Answer):
    event: Literal["tool"] = "tool"
    id: str
    name: str
    state: Literal["called", "answered"]


class SentenceEvent(Answer):
    """A sentence was released to speech, as it is written."""

    event: Literal["sentence"] = "sentence"
    utterance_id: str
    text: str


class SpeechEvent(Answer):
    """`unavailable`: this turn has no speech, `code` and `detail` say why. `started`, `ended`: the
    avatar began, finished an utterance. `skipped`: one sentence could not be spoken. `stopped`: the
    rest goes on as text. `interrupted`: the avatar was cut."""

    event: Literal["speech"] = "speech"
    state: Literal["unavailable", "started", "ended", "skipped", "stopped", "interrupted"]
    utterance_id: str | None = None
    code: str | None = None
    detail: str | None = None
    seconds: float | None = None


class UsageEvent(Answer):
    """What this turn cost, and where the month stands after it."""

    event: Literal["usage"] = "usage"
    agent_tokens: int
    voice_characters: int
    usage: Usage


class ErrorEvent(Answer):
    """A problem document (RFC 9457) in the stream. What was said before it stands."""

    event: Literal["error"] = "error"
    type: str
    title: str
    status: int
    detail: str
    code: str
    retry_after: int | None = None
    still_works: str | None = None


TurnEnd = Literal["complete", "interrupted", "incomplete", "failed", "cancelled"]


class DoneEvent(Answer):
    """Always the last. `incomplete`: the agent broke off; `failed`: it said nothing; `cancelled`:
    the caller went away."""

    event: Literal["done"] = "done"
    ended: TurnEnd
    turn_id: str
    message_id: str | None = None
    text: str
    spoken: str


ChatEvent = (
    TurnEvent
    | TextEvent
    | ToolEvent
    | SentenceEvent
    | SpeechEvent
    | UsageEvent
    | ErrorEvent
    | DoneEvent
)


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
