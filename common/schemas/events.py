"""The events of a chat's stream."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType

from common.schemas.base import Answer
from common.schemas.usage import Usage


class HeardEvent(Answer):
    """The words of a spoken message: the first event of its stream, before `turn`.

    `confidence` is between 0 and 1, and left out if the model gives none. `seconds` is the length of
    the recording.
    """

    event: Literal["heard"] = "heard"
    text: str
    confidence: float | None = None
    seconds: float


class TurnEvent(Answer):
    """The first event of a typed message: the turn is admitted.

    `message_id` will be the id of the reply, `user_message_id` is that of the message that it answers.
    `avatar_session_id` is the session that will speak.
    """

    event: Literal["turn"] = "turn"
    turn_id: str
    conversation_id: str
    message_id: str
    user_message_id: str | None = None
    avatar_session_id: str | None = None


class TextEvent(Answer):
    """A piece of the reply, as the agent writes it."""

    event: Literal["text"] = "text"
    text: str


class ToolEvent(Answer):
    """The agent called a tool, or the tool answered. `summary` says what it found or did."""

    event: Literal["tool"] = "tool"
    id: str
    name: str
    state: Literal["called", "answered"]
    summary: str | None = None


class ProposalEvent(Answer):
    """The agent asks before it acts. `confirm` of a later request answers it, until `expires_at`.

    `title` says what would be done, `arguments` with what exactly.
    """

    event: Literal["proposal"] = "proposal"
    id: str
    tool: str
    title: str
    arguments: dict[str, Any]
    expires_at: datetime


class SentenceEvent(Answer):
    """A sentence was sent to speech synthesis. `text` is the sentence as it is written.

    It is announced once, also if it is spoken in several utterances.
    """

    event: Literal["sentence"] = "sentence"
    utterance_id: str
    text: str


class Caption(BaseModel):
    """A sentence with its place in the utterance, in seconds."""

    text: str
    offset: float
    seconds: float


class SpeechEvent(Answer):
    """The state of the turn's speech.

    `unavailable`: the turn has no speech; `code` and `detail` give the reason. `started`: the
    avatar began an utterance, whose `sentences` are placed in it. `ended`: it finished one.
    `skipped`: one sentence could not be spoken. `stopped`: the rest of the reply is text only.
    `interrupted`: the avatar was interrupted.
    """

    event: Literal["speech"] = "speech"
    state: Literal["unavailable", "started", "ended", "skipped", "stopped", "interrupted"]
    utterance_id: str | None = None
    code: str | None = None
    detail: str | None = None
    seconds: float | None = None
    sentences: list[Caption] | None = None


class AudioEvent(Answer):
    """A piece of speech that no avatar speaks (`speak: "audio"`), to be played in order.

    `data` is base64 of signed 16-bit samples, little endian, mono, 24,000 a second. `seconds` is its
    length, `index` its number in the utterance, from 0. `text` has the sentences that begin in it. At
    most 2 s are sent ahead. A `speech` event `started` places the sentences in the utterance. After
    `interrupted` the caller drops what it has not played.
    """

    event: Literal["audio"] = "audio"
    utterance_id: str
    index: int
    data: str
    seconds: float
    text: str


class UsageEvent(Answer):
    """The charge for the turn, and this month's usage after it."""

    event: Literal["usage"] = "usage"
    agent_tokens: int
    voice_characters: int
    transcribed_seconds: int = 0
    usage: Usage


class ErrorEvent(Answer):
    """A problem document (RFC 9457) in the stream. The text of earlier events stays valid."""

    event: Literal["error"] = "error"
    type: str
    title: str
    status: int
    detail: str
    code: str
    retry_after: int | None = None
    still_works: str | None = None


class NoticeEvent(Answer):
    """Something that the person should know.

    `memory_renewed`: the agent's memory of the conversation was lost; it was given the last
    messages. `google_reconnect`: Google has withdrawn its permission, connect again.
    `google_unavailable`: Google gave no access for this turn, a later one may have it.
    """

    event: Literal["notice"] = "notice"
    code: Literal["memory_renewed", "google_reconnect", "google_unavailable"] = "memory_renewed"
    detail: str = (
        "The assistant has lost its memory of this conversation and was given the last messages."
    )


TurnEnd = Literal[
    "complete", "interrupted", "incomplete", "failed", "cancelled", "waiting", "lost", "not_heard"
]


class DoneEvent(Answer):
    """The last event of every stream.

    `incomplete`: the agent's reply was cut off. `failed`: there is no reply. `cancelled`: the caller
    disconnected. `interrupted`: a newer turn took over, or a person stopped it. `waiting`: a tool
    of the agent has not answered yet. `lost`: the process that ran the turn died; what it had
    written is kept. `not_heard`: no words were found in the recording, or too uncertain ones; the
    agent was not asked.
    """

    event: Literal["done"] = "done"
    ended: TurnEnd
    turn_id: str
    message_id: str | None = None
    text: str
    spoken: str


ChatEvent = TypeAliasType(
    "ChatEvent",
    Annotated[
        HeardEvent
        | TurnEvent
        | AudioEvent
        | TextEvent
        | ToolEvent
        | ProposalEvent
        | SentenceEvent
        | SpeechEvent
        | NoticeEvent
        | UsageEvent
        | ErrorEvent
        | DoneEvent,
        Field(discriminator="event"),
    ],
)
