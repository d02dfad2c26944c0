from typing import Literal

from common.schemas.base import Answer
from common.schemas.usage import Usage

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
